#pragma once

#include <string>
#include <vector>

#include "media/image.h"
#include "vision/geometry.h"

namespace facegate::vision {

/// What can be said of one face in one image before it is compared.
struct FaceQuality {
    float sharpness = 0;        ///< variance of the Laplacian of the grey 128 x 128 face; typical 276, blurred under 35
    float brightness = 0;       ///< mean grey of the face, 0-255
    float inter_ocular_px = 0;  ///< between the eyes' centres, in image pixels
    Pose pose;
    float mouth = 0;  ///< gap between the lips / width of the mouth; open from about 0.35
};

/// The limits below which a photo is not worth enrolling.
inline constexpr float kMinInterOcularPx = 40;
inline constexpr float kMinSharpness = 35;
inline constexpr float kMinBrightness = 40;
inline constexpr float kMaxBrightness = 230;
inline constexpr float kMaxYaw = 45;
inline constexpr float kMaxPitch = 35;

/// Variance of the Laplacian (Pech-Pacheco et al., 2000) on the levelled face, shrunk or enlarged to 128 x 128 grey
/// pixels. Higher is sharper.
[[nodiscard]] double sharpness(const media::Image& image, const FaceMesh& mesh);
/// Distance of the inner lips (13, 14) over that of the mouth's corners (61, 291).
[[nodiscard]] double mouth_openness(const FaceMesh& mesh);
/// Distance of the eyes' centres in the image, in pixels.
[[nodiscard]] double inter_ocular_distance(const FaceMesh& mesh);

[[nodiscard]] FaceQuality quality_of(const media::Image& image, const FaceMesh& mesh);

/// Why the photo is too poor to enroll, in words for its owner; empty when it is good enough.
[[nodiscard]] std::vector<std::string> quality_problems(const FaceQuality& quality);

}  // namespace facegate::vision
