#include "provider/local/photo_analysis.h"

#include <chrono>

#include "media/image_decoder.h"

namespace facegate::provider {

namespace {

constexpr float kMinPresence = 0.5F;
constexpr std::size_t kMaxLookedAt = 16;

struct SeenFace {
    vision::Detection detection;
    vision::FaceMesh mesh;
};

/// The first `wanted` faces, the largest first. The mesh network knows better than the detector what is no face: the
/// detector alone takes a chequered card for one.
std::vector<SeenFace> faces_in(const vision::FaceEngine& engine, const media::Image& image, std::size_t wanted,
                               vision::StageTimes& times) {
    std::vector<vision::Detection> detections = engine.detect(image, &times);
    if (detections.size() > kMaxLookedAt) detections.resize(kMaxLookedAt);
    std::vector<SeenFace> faces;
    for (const vision::Detection& detection : detections) {
        const vision::FaceMesh mesh = engine.landmarks(image, detection, &times);
        if (mesh.presence < kMinPresence) continue;
        faces.push_back({detection, mesh});
        if (faces.size() == wanted) break;
    }
    return faces;
}

}  // namespace

Result<PhotoFace> PhotoAnalysis::largest_face(ByteView image) const {
    return analyse(image, false);
}
Result<PhotoFace> PhotoAnalysis::face_to_enroll(ByteView image) const {
    return analyse(image, true);
}

Result<PhotoFace> PhotoAnalysis::analyse(ByteView image, bool enrolling) const {
    // Decoding counts as well: it is what a burst of large images would grow memory with.
    const auto lease = inference_.acquire();
    if (!lease) return fail(ErrorCode::kOverloaded, "Too many faces are being analysed; try again in a moment");

    const auto start = std::chrono::steady_clock::now();
    const Result<media::Image> decoded = media::decode_image(image);
    if (!decoded) return std::unexpected(decoded.error());
    PhotoFace face;
    face.decode_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();

    const std::vector<SeenFace> faces = faces_in(engines_.current(), *decoded, enrolling ? 2 : 1, face.times);
    if (faces.empty()) return fail(ErrorCode::kNoFaceDetected, "No face was found in the image");
    if (enrolling && faces.size() > 1) {
        return fail(ErrorCode::kMultipleFaces, "The image shows several faces; enroll one person at a time");
    }
    face.detection_score = faces.front().detection.score;
    const vision::FaceMesh& mesh = faces.front().mesh;
    face.quality = vision::quality_of(*decoded, mesh);
    if (enrolling) {
        std::vector<std::string> problems = vision::quality_problems(face.quality);
        if (!problems.empty()) {
            Error error{ErrorCode::kLowFaceQuality, "The photo is not good enough to enroll", {}, {}};
            error.details["reasons"] = std::move(problems);
            return std::unexpected(std::move(error));
        }
    }
    face.vectors = engines_.embed(*decoded, mesh, &face.times);
    return face;
}

}  // namespace facegate::provider
