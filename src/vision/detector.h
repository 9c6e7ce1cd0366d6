#pragma once

#include <vector>

#include "media/image.h"
#include "vision/geometry.h"
#include "vision/image_network.h"
#include "vision/model_pack.h"

namespace facegate::vision {

/// A BlazeFace-like single-shot detector on the whole image. Immutable and thread-safe.
/// Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
class Detector {
public:
    Detector(const DetectorRole& role, ImageNetwork network);

    /// The largest box first; scores at least the role's threshold.
    [[nodiscard]] std::vector<Detection> detect(const media::Image& image, double* network_ms) const;

private:
    DetectorRole role_;
    ImageNetwork network_;
    std::vector<Point2> anchors_;  ///< in input pixels
};

/// Weighted non-maximum suppression: each group of boxes that overlap its best one by more than `iou` becomes one box,
/// the mean weighted by score, with the best one's score.
std::vector<Detection> merge_overlapping(std::vector<Detection> candidates, float iou);

}  // namespace facegate::vision
