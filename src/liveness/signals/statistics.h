#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace facegate::liveness {

/// The middle value, the upper of two; at least one value.
inline double median(std::vector<double> values) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

}  // namespace facegate::liveness
