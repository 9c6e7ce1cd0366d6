#pragma once

#include <opencv2/core.hpp>
#include <optional>

namespace facegate::liveness {

/// Half the side of the patch that is looked for, and how far from its place: pixels.
inline constexpr int kPatchRadius = 9;
inline constexpr int kSearchRadius = 8;
inline constexpr int kPatchMargin = kPatchRadius + kSearchRadius;

/// Where the patch of `from` around (x, y) lies in `in`, relative to (x, y), to a fraction of a pixel: the place of the
/// highest normalised cross-correlation within kSearchRadius, refined by a paraboloid. Nothing where the patch is too
/// even to be found, is not found (correlation under 0.8), is found at the rim of the search, or slides along an edge.
/// Both 8 bit grey and of one size; (x, y) at least kPatchMargin from every side. Pure.
std::optional<cv::Point2d> match_patch(const cv::Mat& from, const cv::Mat& in, int x, int y);

}  // namespace facegate::liveness
