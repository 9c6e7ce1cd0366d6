#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "media/image.h"
#include "vision/face_engine.h"

namespace facegate::vision::testing {

/// The same picture taken a little differently.
struct Variant {
    std::string name;
    media::Image image;
    cv::Matx23d to_original;  ///< where its pixels were before
};

media::Image mirrored(const media::Image& image);

/// The picture itself, mirrored, smaller, a little darker, softened, and turned by a few degrees either way.
std::vector<Variant> variants_of(const media::Image& image);

/// What can be drawn over a face.
enum class Cover { kMask, kMouthMask, kScarf, kSunglasses, kHandOnMouth, kHandOnEye, kPhone, kBeard };

media::Image covered(const media::Image& image, const FaceMesh& mesh, Cover cover);

/// The face of `found` whose box's centre is nearest to that of `wanted`, if it is within half its width.
const Detection* same_face(const std::vector<Detection>& found, const Box& wanted);

}  // namespace facegate::vision::testing
