#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "vision/geometry.h"
#include "vision/runtime/inference.h"

/// What the decoders of all families share.
namespace facegate::vision {

/// The values of one output, which must be `count`; std::runtime_error if they are not.
[[nodiscard]] const float* values_of(std::span<const Tensor> outputs, std::size_t position, std::size_t count);

/// Whether a decoded face on an input of `size` pixels can be one: score of 0-1, all coordinates finite and at most
/// four sizes away, width and height at least a pixel. Networks give anything on adversarial images, even NaN.
[[nodiscard]] bool is_plausible(const Detection& face, int size);

/// Right eye, left eye, nose, mouth corners, as YuNet and SCRFD order them, each x, y: from the corner (x, y) in units
/// of `stride` pixels.
[[nodiscard]] Keypoints keypoints_of_five(const float* points, float x, float y, float stride);

/// Weighted non-maximum suppression: each group of boxes that overlap its best one by more than `iou` becomes one box,
/// the mean weighted by score, with the best one's score. Only the 512 best candidates count.
[[nodiscard]] std::vector<Detection> merge_overlapping(std::vector<Detection> candidates, float iou);

}  // namespace facegate::vision
