#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "provider/local/photo_analysis.h"
#include "vision/engine_set.h"

namespace facegate::provider {

/// A template as it will be stored, for every model pack in use.
struct EnrolledTemplate {
    vision::FaceVectors vectors;
    double confidence = 0;        ///< that it is a face, 0-100
    int photos = 1;               ///< independent photos in it
    std::string angle = "front";  ///< front, left, right, up or down, as the person sees it
};

/// How a face is turned, in words: up to 25 degrees to the side and up or down it is `front`.
std::string angle_of(const vision::Pose& pose);

/// One template for each angle that the photos show, the mean of its photos; `front` first. kPhotosDiffer (with the
/// position of the photo in details.photo) unless they show one person: each pair must have a false-match rate of at
/// most 0.1, which one genuine pair in 1,000 misses, and each photo against the mean of the others one of at most
/// 0.001, which 4 % of genuine photos miss against one other and under 1 % against three. At least one photo.
Result<std::vector<EnrolledTemplate>> templates_of(const vision::EngineSet& engines, std::span<const PhotoFace> photos);

}  // namespace facegate::provider
