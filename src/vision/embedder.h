#pragma once

#include <vector>

#include "media/image.h"
#include "vision/face_chip.h"
#include "vision/geometry.h"
#include "vision/image_network.h"
#include "vision/model_pack.h"

namespace facegate::vision {

/// Where an alignment cuts a chip of `size` pixels for that mesh.
ChipTransform chip_transform(const Alignment& alignment, const FaceMesh& mesh, int size);

/// Scales to length 1; nothing happens to a vector of zeros.
void normalise(std::span<float> vector);

/// One embedding network with its alignment. Immutable and thread-safe.
class Embedder {
public:
    Embedder(EmbedderRole role, ImageNetwork network);

    [[nodiscard]] const EmbedderRole& role() const { return role_; }
    [[nodiscard]] cv::Mat cut(const media::Image& image, const FaceMesh& mesh) const;
    /// A unit vector of `role().dimension` values.
    [[nodiscard]] std::vector<float> embed(const cv::Mat& chip, double* network_ms) const;

private:
    EmbedderRole role_;
    ImageNetwork network_;
};

}  // namespace facegate::vision
