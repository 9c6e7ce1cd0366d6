#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "runtime/limiter.h"
#include "vision/engine_set.h"
#include "vision/quality.h"

namespace facegate::provider {

/// What was made of one photo.
struct PhotoFace {
    vision::FaceVectors vectors;
    vision::FaceQuality quality;
    float detection_score = 0;  ///< 0-1
    double decode_ms = 0;
    vision::StageTimes times;
};

/// Photos in, faces out, with a bound on how many are worked on at a time. Thread-safe.
class PhotoAnalysis {
public:
    PhotoAnalysis(const vision::EngineSet& engines, runtime::Limiter& inference)
        : engines_(engines), inference_(inference) {}

    /// The largest face of a JPEG or PNG. Errors: kInvalidImageFormat, kImageTooLarge, kNoFaceDetected, kOverloaded.
    Result<PhotoFace> largest_face(ByteView image) const;
    /// The only face, good enough to enroll. Errors as above, and kMultipleFaces, kLowFaceQuality (details.reasons).
    Result<PhotoFace> face_to_enroll(ByteView image) const;

private:
    Result<PhotoFace> analyse(ByteView image, bool enrolling) const;

    const vision::EngineSet& engines_;
    runtime::Limiter& inference_;
};

}  // namespace facegate::provider
