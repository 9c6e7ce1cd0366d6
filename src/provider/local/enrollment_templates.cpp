#include "provider/local/enrollment_templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace facegate::provider {

namespace {

constexpr float kFrontYaw = 25;
constexpr float kFrontPitch = 25;
constexpr double kPairDecades = 1;           // a false-match rate of 0.1
constexpr double kAgainstOthersDecades = 3;  // of 0.001
constexpr std::array<const char*, 5> kAngles = {"front", "left", "right", "up", "down"};

std::unexpected<Error> differs(std::size_t photo) {
    Error error{
        ErrorCode::kPhotosDiffer, fmt::format("Photo {} shows another person than the others", photo + 1), {}, {}};
    error.details["photo"] = static_cast<double>(photo);
    return std::unexpected(std::move(error));
}

/// The photo that fits the others least (of several alike the last), if the photos do not fit together.
std::optional<std::size_t> odd_one(const vision::FaceEngine& engine, std::span<const PhotoFace> photos) {
    if (photos.size() < 2) return std::nullopt;
    const auto decades = [&](const vision::FaceVector& a, const vision::FaceVector& b, std::size_t in_template) {
        return engine.calibration().false_match_rate(engine.score(a, b), static_cast<int>(in_template)).decades;
    };
    bool fit_together = true;
    std::size_t odd = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < photos.size(); ++i) {
        const vision::FaceVector& vector = photos[i].vectors.at(engine.pack_id());
        std::vector<vision::FaceVector> others;
        for (std::size_t k = 0; k < photos.size(); ++k) {
            if (k == i) continue;
            others.push_back(photos[k].vectors.at(engine.pack_id()));
            if (decades(vector, others.back(), 1) < kPairDecades) fit_together = false;
        }
        const std::vector<float> weights(others.size(), 1.0F);
        const double fit = decades(vector, engine.average(others, weights), others.size());
        if (fit < kAgainstOthersDecades) fit_together = false;
        if (fit <= least) odd = i;
        least = std::min(least, fit);
    }
    return fit_together ? std::nullopt : std::optional(odd);
}

}  // namespace

std::string angle_of(const vision::Pose& pose) {
    const float yaw = std::abs(pose.yaw) / kFrontYaw;
    const float pitch = std::abs(pose.pitch) / kFrontPitch;
    if (yaw <= 1 && pitch <= 1) return "front";
    // Yaw is positive towards the image's left, which is the person's right.
    if (yaw >= pitch) return pose.yaw > 0 ? "right" : "left";
    return pose.pitch > 0 ? "down" : "up";
}

Result<std::vector<EnrolledTemplate>> templates_of(const vision::EngineSet& engines,
                                                   std::span<const PhotoFace> photos) {
    if (const auto odd = odd_one(engines.current(), photos)) return differs(*odd);
    std::vector<EnrolledTemplate> templates;
    for (const char* angle : kAngles) {
        EnrolledTemplate made;
        made.angle = angle;
        std::vector<vision::FaceVectors> faces;
        for (const PhotoFace& photo : photos) {
            if (angle_of(photo.quality.pose) != angle) continue;
            faces.push_back(photo.vectors);
            made.confidence = std::max(made.confidence, static_cast<double>(photo.detection_score) * 100);
        }
        if (faces.empty()) continue;
        made.photos = static_cast<int>(faces.size());
        made.vectors = engines.average(faces, std::vector<float>(faces.size(), 1.0F));
        templates.push_back(std::move(made));
    }
    return templates;
}

}  // namespace facegate::provider
