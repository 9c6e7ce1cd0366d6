#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "runtime/limiter.h"
#include "vision/engine_set.h"
#include "vision/quality_gate.h"

namespace facegate::provider {

/// What was made of one photo.
struct PhotoFace {
    vision::FaceVectors vectors;
    vision::FaceQuality quality;
    float detection_score = 0;  ///< 0-1
    double decode_ms = 0;
    vision::StageTimes times;
};

/// What was measured of a photo's largest face.
struct InspectedPhoto {
    int width = 0;  ///< of the photo, upright
    int height = 0;
    std::size_t face_count = 0;  ///< at most 16 are looked at
    vision::Detection detection;
    vision::FaceMesh mesh;
    vision::FaceAttributes attributes;
    std::vector<vision::QualityProblem> problems;  ///< why it would not be enrolled; empty if it would
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
    /// The only face, good enough to enroll. Errors as above, and kMultipleFaces, kLowFaceQuality (`details.codes`:
    /// what the quality gate calls the problems; `details.reasons`: the same in words, as many).
    Result<PhotoFace> face_to_enroll(ByteView image) const;
    /// The largest face measured, and judged as `face_to_enroll` would; no vector is made. Errors as `largest_face`.
    Result<InspectedPhoto> inspect(ByteView image) const;

private:
    const vision::EngineSet& engines_;
    runtime::Limiter& inference_;
};

}  // namespace facegate::provider
