#include "vision/image_network.h"

#include <stdexcept>

#include "vision/stopwatch.h"

namespace facegate::vision {
namespace {

/// One colour of a row as the network's numbers.
void convert_row(const std::uint8_t* pixels, int width, float mean, float scale, bool mirrored, float* out) {
    const float offset = -mean * scale;
    if (mirrored) {
        for (int x = 0; x < width; ++x) out[width - 1 - x] = static_cast<float>(pixels[x * 3]) * scale + offset;
    } else {
        for (int x = 0; x < width; ++x) out[x] = static_cast<float>(pixels[x * 3]) * scale + offset;
    }
}

}  // namespace

ImageNetwork::ImageNetwork(InputFormat format, std::unique_ptr<Network> network)
    : format_(std::move(format)), network_(std::move(network)) {}

Tensor ImageNetwork::prepare(const cv::Mat& chip, bool mirrored) const {
    const int size = format_.size;
    if (chip.cols != size || chip.rows != size || chip.type() != CV_8UC3)
        throw std::logic_error("chip of a wrong shape");
    const auto side = static_cast<std::size_t>(size);
    Tensor input{{1, 3, size, size}, std::vector<float>(3 * side * side)};
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const std::size_t colour = format_.order == ChannelOrder::kRgb ? channel : 2 - channel;
        float* plane = input.values.data() + channel * side * side;
        for (int y = 0; y < size; ++y, plane += size) {
            convert_row(chip.ptr<std::uint8_t>(y) + colour, size, format_.mean[channel], format_.scale[channel],
                        mirrored, plane);
        }
    }
    return input;
}

std::vector<Tensor> ImageNetwork::run(const cv::Mat& chip, double* network_ms, bool mirrored) const {
    const Tensor input = prepare(chip, mirrored);
    const Stopwatch watch(network_ms);
    return network_->run(input);
}

}  // namespace facegate::vision
