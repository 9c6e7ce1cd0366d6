#pragma once

#include "media/image.h"
#include "vision/face_chip.h"
#include "vision/geometry.h"
#include "vision/image_network.h"
#include "vision/model_pack.h"

namespace facegate::vision {

/// Finds the face mesh in several passes, each on a square levelled and centred by the one before.
/// Immutable and thread-safe. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video", 2019.
class Landmarker {
public:
    Landmarker(const LandmarksRole& role, ImageNetwork network);

    [[nodiscard]] FaceMesh find(const media::Image& image, const Detection& face, double* network_ms) const;
    /// The mesh once more, from a first square that is shifted by `right` and `down` sides of itself along the level
    /// face, in two passes. A mesh that is sure of the face comes out the same.
    [[nodiscard]] FaceMesh find_shifted(const media::Image& image, const FaceMesh& mesh, float right, float down,
                                        double* network_ms) const;

private:
    [[nodiscard]] FaceMesh find_in(const media::Image& image, const Square& square, double* network_ms) const;

    LandmarksRole role_;
    ImageNetwork network_;
};

}  // namespace facegate::vision
