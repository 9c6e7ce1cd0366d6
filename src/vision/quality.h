#pragma once

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

/// What a face must keep to be worth enrolling, as the pack's manifest says. Units as where each is measured
/// (FaceQuality, Eyes, Occlusion, FaceAttributes).
struct QualityLimits {
    float min_inter_ocular_px = 40;
    float max_outside_frame = 0.05F;
    float min_sharpness = 35;
    float min_brightness = 40;
    float max_brightness = 230;
    float max_yaw = 45;    ///< degrees to either side
    float max_pitch = 35;  ///< degrees up or down
    float min_eye_openness = 0.13F;
    float max_mesh_jitter = 0.012F;
    float max_colour_difference = 16;
};

class ManifestNode;

/// The manifest's `quality` section: every limit, and nothing else. Throws ManifestError.
QualityLimits parse_quality(const ManifestNode& node);

/// Variance of the Laplacian (Pech-Pacheco et al., 2000) on the levelled face, shrunk or enlarged to 128 x 128 grey
/// pixels. Higher is sharper.
[[nodiscard]] double sharpness(const media::Image& image, const FaceMesh& mesh);
/// Distance of the inner lips (13, 14) over that of the mouth's corners (61, 291).
[[nodiscard]] double mouth_openness(const FaceMesh& mesh);
/// Distance of the eyes' centres in the image, in pixels.
[[nodiscard]] double inter_ocular_distance(const FaceMesh& mesh);

[[nodiscard]] FaceQuality quality_of(const media::Image& image, const FaceMesh& mesh);

}  // namespace facegate::vision
