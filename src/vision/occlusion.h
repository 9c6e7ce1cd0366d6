#pragma once

#include "media/image.h"
#include "vision/attributes.h"
#include "vision/geometry.h"
#include "vision/landmarks.h"

namespace facegate::vision {

/// Looks for both signs: finds the mesh again four times.
[[nodiscard]] Occlusion occlusion_of(const media::Image& image, const FaceMesh& mesh, const Landmarker& landmarker,
                                     double* network_ms);

}  // namespace facegate::vision
