#include "vision/attributes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace facegate::vision {
namespace {

/// A covered face and one that is clear give values whose ratios, not differences, are alike.
double log_of(float value) {
    return std::log(std::max(double{value}, 1e-6));
}

}  // namespace

double confidence_in(const Decision& decision, double measured, double surest) {
    const double distance = std::abs(measured - decision.threshold) / decision.scatter;
    return 50 + (surest - 50) * std::erf(distance / std::numbers::sqrt2);
}

Finding eyes_open(const Eyes& eyes) {
    const double openness = double{eyes.openness()};
    return {openness > kEyesOpen.threshold, confidence_in(kEyesOpen, openness)};
}

Finding mouth_open(const FaceQuality& quality) {
    const double mouth = double{quality.mouth};
    return {mouth > kMouthOpen.threshold, confidence_in(kMouthOpen, mouth)};
}

Finding face_occluded(const Occlusion& occlusion) {
    const double jitter = log_of(occlusion.mesh_jitter);
    const double colour = log_of(occlusion.colour_difference);
    const bool by_jitter = jitter > kMeshJitter.threshold;
    const bool by_colour = colour > kColourDifference.threshold;
    if (!by_jitter && !by_colour) {
        return {false, std::min(confidence_in(kMeshJitter, jitter, kSurestClear),
                                confidence_in(kColourDifference, colour, kSurestClear))};
    }
    return {true, std::max(by_jitter ? confidence_in(kMeshJitter, jitter, kSurestOccluded) : 0,
                           by_colour ? confidence_in(kColourDifference, colour, kSurestOccluded) : 0)};
}

float part_outside(const media::Image& image, const FaceMesh& mesh) {
    const auto right = static_cast<float>(image.width - 1);
    const auto bottom = static_cast<float>(image.height - 1);
    const auto outside = std::ranges::count_if(mesh.points, [&](const Point3& point) {
        return point.x < 0 || point.y < 0 || point.x > right || point.y > bottom;
    });
    return static_cast<float>(outside) / kMeshPoints;
}

}  // namespace facegate::vision
