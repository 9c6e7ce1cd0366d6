#pragma once

#include "media/image.h"
#include "vision/attributes.h"
#include "vision/geometry.h"
#include "vision/image_network.h"
#include "vision/model_pack.h"

namespace facegate::vision {

/// Measures eyes on the contour that an iris network finds. Immutable and thread-safe.
/// Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry", 2020.
class EyeReader {
public:
    EyeReader(const IrisRole& role, ImageNetwork network);

    [[nodiscard]] Eyes read(const media::Image& image, const FaceMesh& mesh, double* network_ms) const;

private:
    [[nodiscard]] Eye read_one(const media::Image& image, const FaceMesh& mesh, bool left, double* network_ms) const;

    IrisRole role_;
    ImageNetwork network_;
};

}  // namespace facegate::vision
