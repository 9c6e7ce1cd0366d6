#pragma once

#include <memory>

#include "vision/runtime/inference.h"

namespace facegate::vision {

/// OpenCV's DNN module: needs no further library, about half as fast as ONNX Runtime. One thread per inference: it sets
/// OpenCV's process-wide thread count to one.
std::unique_ptr<InferenceRuntime> open_opencv_runtime();

}  // namespace facegate::vision
