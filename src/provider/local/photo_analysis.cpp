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

struct SeenPhoto {
    media::Image image;
    std::vector<SeenFace> faces;  ///< at least one, the largest first
    double decode_ms = 0;
    vision::StageTimes times;
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

Result<SeenPhoto> see(const vision::FaceEngine& engine, ByteView image, std::size_t wanted) {
    const auto start = std::chrono::steady_clock::now();
    Result<media::Image> decoded = media::decode_image(image);
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    SeenPhoto photo;
    photo.image = std::move(*decoded);
    photo.decode_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    photo.faces = faces_in(engine, photo.image, wanted, photo.times);
    if (photo.faces.empty()) return fail(ErrorCode::kNoFaceDetected, "No face was found in the image");
    return photo;
}

std::unexpected<Error> overloaded() {
    return fail(ErrorCode::kOverloaded, "Too many faces are being analysed; try again in a moment");
}

Error low_quality(const std::vector<vision::QualityProblem>& problems) {
    std::vector<std::string> codes;
    std::vector<std::string> reasons;
    for (const vision::QualityProblem& problem : problems) {
        if (!codes.empty() && codes.back() == problem.code) continue;  // one problem, found by two measures
        codes.push_back(problem.code);
        reasons.push_back(problem.message);
    }
    Error error{ErrorCode::kLowFaceQuality, "The photo is not good enough to enroll", {}, {}};
    error.details["codes"] = std::move(codes);
    error.details["reasons"] = std::move(reasons);
    return error;
}

/// With the vector still to be made.
PhotoFace photo_face(const SeenPhoto& photo, const vision::FaceQuality& quality) {
    return {{}, quality, photo.faces.front().detection.score, photo.decode_ms, photo.times};
}

}  // namespace

// Everywhere below the place is taken before the photo is decoded: that is what a burst of large images would grow
// memory with.

Result<PhotoFace> PhotoAnalysis::largest_face(ByteView image) const {
    const auto place = inference_.acquire();
    if (!place) return overloaded();
    const Result<SeenPhoto> photo = see(engines_.current(), image, 1);
    if (!photo) return std::unexpected(photo.error());
    const vision::FaceMesh& mesh = photo->faces.front().mesh;
    PhotoFace face = photo_face(*photo, vision::quality_of(photo->image, mesh));
    face.vectors = engines_.embed(photo->image, mesh, &face.times);
    return face;
}

Result<PhotoFace> PhotoAnalysis::face_to_enroll(ByteView image) const {
    const auto place = inference_.acquire();
    if (!place) return overloaded();
    Result<SeenPhoto> photo = see(engines_.current(), image, 2);
    if (!photo) return std::unexpected(std::move(photo.error()));
    if (photo->faces.size() > 1) {
        return fail(ErrorCode::kMultipleFaces, "The image shows several faces; enroll one person at a time");
    }
    const auto& [detection, mesh] = photo->faces.front();
    const vision::FaceAttributes attributes =
        engines_.current().attributes(photo->image, detection, mesh, &photo->times);
    const auto problems = vision::quality_problems(attributes, engines_.current().quality_limits());
    if (!problems.empty()) return std::unexpected(low_quality(problems));
    PhotoFace face = photo_face(*photo, attributes.quality);
    face.vectors = engines_.embed(photo->image, mesh, &face.times);
    return face;
}

Result<InspectedPhoto> PhotoAnalysis::inspect(ByteView image) const {
    const auto place = inference_.acquire();
    if (!place) return overloaded();
    Result<SeenPhoto> photo = see(engines_.current(), image, kMaxLookedAt);
    if (!photo) return std::unexpected(std::move(photo.error()));
    const auto& [detection, mesh] = photo->faces.front();
    InspectedPhoto inspected;
    inspected.width = photo->image.width;
    inspected.height = photo->image.height;
    inspected.face_count = photo->faces.size();
    inspected.detection = detection;
    inspected.mesh = mesh;
    inspected.attributes = engines_.current().attributes(photo->image, detection, mesh, &photo->times);
    if (inspected.face_count > 1) {
        inspected.problems.push_back({"MULTIPLE_FACES", "The image shows several faces", "face_count",
                                      static_cast<double>(inspected.face_count), 1});
    }
    for (vision::QualityProblem& problem :
         vision::quality_problems(inspected.attributes, engines_.current().quality_limits()))
        inspected.problems.push_back(std::move(problem));
    inspected.decode_ms = photo->decode_ms;
    inspected.times = photo->times;
    return inspected;
}

}  // namespace facegate::provider
