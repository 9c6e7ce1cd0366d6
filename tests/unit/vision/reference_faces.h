#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "media/image.h"
#include "vision/face_engine.h"
#include "vision/geometry.h"

namespace facegate::vision::testing {

/// One face of tests/data/vision/reference_faces.json, measured by an independent implementation.
struct ReferenceFace {
    float score = 0;
    Box box;
    Keypoints keypoints;
    float presence = 0;
    std::map<std::size_t, Point3> mesh_points;
    Pose pose;  ///< its pitch without the correction of 3.5 degrees
    float mouth = 0;
    float right_eye = 0;  ///< openness
    float left_eye = 0;
};

struct ReferencePhoto {
    std::string name;
    int width = 0;
    int height = 0;
    std::vector<ReferenceFace> faces;
};

/// Photo and face by position, in the order of `reference_photos()`.
struct FaceId {
    std::size_t photo = 0;
    std::size_t face = 0;
    auto operator<=>(const FaceId&) const = default;
};

struct ReferencePair {
    FaceId a;
    FaceId b;
    double cosine_d = 0;
    double score = 0;
};

const std::vector<ReferencePhoto>& reference_photos();
const std::vector<ReferencePair>& reference_pairs();
/// Decoded once and kept.
const media::Image& sample(const std::string& name);
/// Loaded once for each runtime and kept; throws when it cannot be loaded.
const FaceEngine& engine(FaceEngine::RuntimeChoice runtime);
FaceEngine::Options options_for(FaceEngine::RuntimeChoice runtime);

}  // namespace facegate::vision::testing
