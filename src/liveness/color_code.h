#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "liveness/challenge.h"

namespace facegate::liveness {

/// Colours shown after the opening black.
inline constexpr std::size_t kShownColors = 7;
using ColorOrder = std::array<Rgb, kShownColors>;

/// How much of the ideal chroma response to one order any other order of the code can imitate, at the best alignment
/// within one and a half colours: a bound on their correlation. A recording of one session is thereby refused in every
/// session that asks for another order, as long as the verdict asks for more than this.
inline constexpr double kMaxOrderCorrelation = 0.70;

/// The number of orders in the code.
std::size_t color_order_count();
/// One of them: saturated red, yellow, green, cyan, blue and magenta, no two neighbours equal, at least three
/// different ones. `index` < color_order_count().
ColorOrder color_order(std::size_t index);

}  // namespace facegate::liveness
