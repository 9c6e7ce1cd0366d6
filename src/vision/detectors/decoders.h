#pragma once

#include <span>
#include <vector>

#include "vision/geometry.h"
#include "vision/model_pack.h"

/// One decoder for each family of detectors: from a network's outputs on a square input of `size` pixels to plausible
/// faces in the input's pixels that score at least `threshold`, several for one face. Pure functions; they throw
/// std::runtime_error when an output has not the number of values that the layout needs.
namespace facegate::vision {

/// Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
[[nodiscard]] std::vector<Detection> decode(const BlazeFaceLayout& layout, int size, float threshold,
                                            std::span<const Tensor> outputs);
/// Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023.
[[nodiscard]] std::vector<Detection> decode(const YuNetLayout& layout, int size, float threshold,
                                            std::span<const Tensor> outputs);
/// Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", 2021.
[[nodiscard]] std::vector<Detection> decode(const ScrfdLayout& layout, int size, float threshold,
                                            std::span<const Tensor> outputs);

}  // namespace facegate::vision
