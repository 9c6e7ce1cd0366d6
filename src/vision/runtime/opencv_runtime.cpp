#include "vision/runtime/opencv_runtime.h"

#include <fmt/format.h>

#include <mutex>
#include <opencv2/core/utility.hpp>
#include <opencv2/dnn.hpp>
#include <stdexcept>
#include <utility>

namespace facegate::vision {
namespace {

/// A `cv::dnn::Net` holds the state of one inference: each call takes one of a pool that grows to as many as were ever
/// busy at once.
class OpenCvNetwork final : public Network {
public:
    explicit OpenCvNetwork(NetworkSpec spec) : spec_(std::move(spec)) {
        idle_.push_back(read());
        // A name is only known to be wrong once the network has run.
        const Tensor probe{spec_.input_dims, std::vector<float>(count_of(spec_.input_dims))};
        if (run(probe).size() != spec_.output_names.size()) throw std::runtime_error("an output is missing");
    }

    [[nodiscard]] std::vector<Tensor> run(const Tensor& input) const override {
        if (input.dims != spec_.input_dims || input.values.size() != count_of(input.dims))
            throw InferenceFailure(spec_.path + ": the input has the wrong dimensions");
        cv::dnn::Net net = take();
        const std::vector<int> sizes(input.dims.begin(), input.dims.end());
        // OpenCV takes inputs as mutable memory but only reads them.
        void* data = const_cast<float*>(input.values.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        std::vector<cv::Mat> outputs;
        try {
            net.setInput(cv::Mat(sizes, CV_32F, data), spec_.input_name);
            net.forward(outputs, std::vector<cv::String>(spec_.output_names.begin(), spec_.output_names.end()));
        } catch (const cv::Exception& failure) {
            throw InferenceFailure(fmt::format("{}: {}", spec_.path, failure.what()));
        }
        std::vector<Tensor> tensors;
        tensors.reserve(outputs.size());
        for (const cv::Mat& output : outputs) tensors.push_back(copy(output));
        give_back(std::move(net));
        return tensors;
    }

private:
    static std::size_t count_of(const std::vector<std::int64_t>& dims) {
        std::size_t count = 1;
        for (const std::int64_t dim : dims) count *= static_cast<std::size_t>(dim);
        return count;
    }

    static Tensor copy(const cv::Mat& output) {
        if (output.type() != CV_32F || !output.isContinuous())
            throw std::runtime_error("OpenCV: an output is not plain float32");
        Tensor tensor;
        for (int i = 0; i < output.dims; ++i) tensor.dims.push_back(output.size[i]);
        tensor.values.assign(output.ptr<float>(), output.ptr<float>() + output.total());
        return tensor;
    }

    [[nodiscard]] cv::dnn::Net read() const {
        cv::dnn::Net net = cv::dnn::readNetFromONNX(spec_.path);
        net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
        return net;
    }

    [[nodiscard]] cv::dnn::Net take() const {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                cv::dnn::Net net = std::move(idle_.back());
                idle_.pop_back();
                return net;
            }
        }
        return read();
    }

    void give_back(cv::dnn::Net net) const {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(net));
    }

    NetworkSpec spec_;
    mutable std::mutex mutex_;
    mutable std::vector<cv::dnn::Net> idle_;
};

class OpenCvRuntime final : public InferenceRuntime {
public:
    OpenCvRuntime() { cv::setNumThreads(1); }

    [[nodiscard]] Result<std::unique_ptr<Network>> load(const NetworkSpec& spec) const override {
        try {
            return std::make_unique<OpenCvNetwork>(spec);
        } catch (const std::exception& failure) {
            return fail(ErrorCode::kProviderError,
                        fmt::format("{}: cannot be loaded: {}; fetch the model pack again", spec.path, failure.what()));
        }
    }

    [[nodiscard]] std::string name() const override {
        return fmt::format("opencv {}.{}.{}", CV_VERSION_MAJOR, CV_VERSION_MINOR, CV_VERSION_REVISION);
    }
};

}  // namespace

std::unique_ptr<InferenceRuntime> open_opencv_runtime() {
    return std::make_unique<OpenCvRuntime>();
}

}  // namespace facegate::vision
