#pragma once

#include <opencv2/core.hpp>

#include "media/image.h"
#include "vision/geometry.h"

namespace facegate::liveness {

/// A face levelled and scaled by a similarity of its eyes, in grey: frames of one clip become comparable point by
/// point.
struct AlignedFace {
    static constexpr int kSide = 208;
    static constexpr float kEyesApart = 72;

    cv::Mat grey;           ///< kSide x kSide, 8 bit, slightly smoothed
    vision::FaceMesh mesh;  ///< in its pixels; depths in the same unit
    double scale = 1;       ///< its pixels for one of the frame
};

AlignedFace align_face(const media::Image& image, const vision::FaceMesh& mesh);

}  // namespace facegate::liveness
