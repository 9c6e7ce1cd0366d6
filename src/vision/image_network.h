#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "vision/model_pack.h"
#include "vision/runtime/inference.h"

namespace facegate::vision {

/// A network together with how its pixels are prepared. Immutable and thread-safe.
class ImageNetwork {
public:
    ImageNetwork(InputFormat format, std::unique_ptr<Network> network);

    /// Width and height of its input in pixels.
    [[nodiscard]] int size() const { return format_.size; }
    /// Runs on an 8-bit RGB chip of `size()` x `size()`, or on its mirror image. The time spent in the network alone,
    /// in milliseconds, is added to `network_ms` unless that is null.
    [[nodiscard]] std::vector<Tensor> run(const cv::Mat& chip, double* network_ms, bool mirrored = false) const;
    /// The network's input for that chip: 1 x 3 x size x size.
    [[nodiscard]] Tensor prepare(const cv::Mat& chip, bool mirrored = false) const;

private:
    InputFormat format_;
    std::unique_ptr<Network> network_;
};

}  // namespace facegate::vision
