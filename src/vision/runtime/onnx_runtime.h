#pragma once

#include <memory>
#include <string>

#include "vision/runtime/inference.h"

namespace facegate::vision {

/// ONNX Runtime, loaded from `library_path` (empty: `libonnxruntime.so.1` from the system's search path) at run time;
/// once loaded it stays for the life of the process. One thread per inference, all graph optimisations.
/// kProviderError with the loader's message and the remedy when the library is missing or too old.
Result<std::unique_ptr<InferenceRuntime>> open_onnx_runtime(const std::string& library_path);

}  // namespace facegate::vision
