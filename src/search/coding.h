#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace facegate::search {

/// Codes of rows lie within -127 … 127.
constexpr int kMaxRowCode = 127;

/// Relative margin for the rounding of everything computed in double: norms here, and exact sums of at most 16,384
/// products, whose rounding is below 16,384 * 2^-53 of the product of the norms. With room to spare.
constexpr double kRounding = 1e-9;

/// Euclidean norms of a vector x and of what integer codes say about it, that it is about scale * codes.
struct CodingNorms {
    double whole = 0;     ///< |x|
    double residual = 0;  ///< |x - scale * codes|

    /// At least the residual, whatever the rounding of this and of exact sums.
    [[nodiscard]] double error() const { return residual * (1 + kRounding) + whole * kRounding; }
};

/// The float above `value`, which is finite and not negative.
inline float round_up(double value) {
    return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity());
}

inline double largest_magnitude(std::span<const float> x) {
    float largest = 0;
    for (const float v : x) largest = std::max(largest, std::abs(v));
    return static_cast<double>(largest);
}

/// Calls store(i, code) with the integer nearest to x[i] / scale for each value, `max_code` at most. `x` is finite.
template <class Store>
CodingNorms encode(std::span<const float> x, double scale, int max_code, Store store) {
    const double inverse = scale > 0 ? 1 / scale : 0;
    const double limit = max_code;
    CodingNorms squares;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto value = static_cast<double>(x[i]);
        const double wanted = std::clamp(value * inverse, -limit, limit);
        const int code = static_cast<int>(wanted + (wanted < 0 ? -0.5 : 0.5));
        const double coded = code * scale;
        store(i, code);
        squares.whole += value * value;
        squares.residual += (value - coded) * (value - coded);
    }
    return {std::sqrt(squares.whole), std::sqrt(squares.residual)};
}

}  // namespace facegate::search
