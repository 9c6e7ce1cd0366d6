#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"

namespace facegate::vision {

/// Dense float32 values in row-major order; `values.size()` is the product of `dims`.
struct Tensor {
    std::vector<std::int64_t> dims;
    std::vector<float> values;
};

/// What a runtime needs to know of an ONNX file with one image input.
struct NetworkSpec {
    std::string path;
    std::string input_name;
    std::vector<std::int64_t> input_dims;   ///< batch 1, channels, height, width
    std::vector<std::string> output_names;  ///< in the order in which `Network::run` returns them
};

/// A network that could not be loaded or run: a damaged file, a broken machine or a bug.
class InferenceFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One loaded network. Immutable and thread-safe; each call computes on the calling thread only.
class Network {
public:
    virtual ~Network() = default;

    /// One tensor for each output name of the spec, in its order. `input.dims` must be the spec's `input_dims`.
    /// Throws InferenceFailure with the runtime's own words when it fails.
    [[nodiscard]] virtual std::vector<Tensor> run(const Tensor& input) const = 0;
};

/// Loads networks. Thread-safe; must outlive nothing: a network keeps what it needs alive.
class InferenceRuntime {
public:
    virtual ~InferenceRuntime() = default;

    /// kProviderError naming the file when it is missing, damaged, or lacks the input or an output.
    [[nodiscard]] virtual Result<std::unique_ptr<Network>> load(const NetworkSpec& spec) const = 0;
    /// Name and version, e.g. "onnxruntime 1.30.0" or "opencv 4.6.0".
    [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace facegate::vision
