#include "search/vector_shape.h"

#include <algorithm>
#include <stdexcept>

namespace facegate::search {
namespace {

constexpr std::size_t kMaxDimension = 16'384;

}  // namespace

VectorShape::VectorShape(std::size_t values, std::size_t lead)
    : dimension(values), width(rounded_up(values, kValuePadding)), parts{} {
    if (dimension > kMaxDimension) throw std::invalid_argument("vector dimension out of range");
    if (lead == 0 || lead > dimension) throw std::invalid_argument("lead out of range");
    parts[0] = {0, lead, rounded_up(lead, kTileDepth)};
    // A quarter, a quarter and a half: each rules out most rows that were left, at a fraction of the reading.
    const std::size_t quarter = rounded_up((dimension - lead + 3) / 4, kRowPadding);
    const std::array<std::size_t, kParts - 1> wanted{quarter, quarter, dimension};
    for (std::size_t part = 1; part < kParts; ++part) {
        const std::size_t begin = parts[part - 1].begin + parts[part - 1].size;
        const std::size_t size = std::min(wanted[part - 1], dimension - begin);
        parts[part] = {begin, size, rounded_up(size, kRowPadding)};
    }
}

}  // namespace facegate::search
