#pragma once

#include <vector>

#include "media/image.h"
#include "vision/geometry.h"
#include "vision/image_network.h"
#include "vision/model_pack.h"

namespace facegate::vision {

/// A single-shot detector of any known family on the whole image, letterboxed. Immutable and thread-safe.
class Detector {
public:
    Detector(DetectorRole role, ImageNetwork network);

    /// The largest box first; scores at least the role's threshold.
    [[nodiscard]] std::vector<Detection> detect(const media::Image& image, double* network_ms) const;

private:
    DetectorRole role_;
    ImageNetwork network_;
};

}  // namespace facegate::vision
