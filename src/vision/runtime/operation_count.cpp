#include "vision/runtime/operation_count.h"

#include <opencv2/dnn.hpp>

namespace facegate::vision {
namespace {

/// Multiply-adds for one value of a layer's output; 0 for layers of other kinds.
double for_each_output(const cv::dnn::Layer& layer) {
    if (layer.blobs.empty() || layer.blobs[0].dims < 2) return 0;
    const cv::Mat& weights = layer.blobs[0];
    const double of_one_channel = static_cast<double>(weights.total()) / weights.size[0];
    return layer.type == "Convolution" || layer.type == "InnerProduct" ? of_one_channel : 0;
}

}  // namespace

double operation_count(const NetworkSpec& spec) {
    try {
        cv::dnn::Net net = cv::dnn::readNetFromONNX(spec.path);
        const cv::dnn::MatShape input(spec.input_dims.begin(), spec.input_dims.end());
        std::vector<int> ids;
        std::vector<std::vector<cv::dnn::MatShape>> inputs;
        std::vector<std::vector<cv::dnn::MatShape>> outputs;
        net.getLayersShapes(input, ids, inputs, outputs);
        double multiply_adds = 0;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] == 0 || outputs[i].empty()) continue;  // 0 is the input
            double values = 1;
            for (const int size : outputs[i][0]) values *= size;
            multiply_adds += for_each_output(*net.getLayer(ids[i])) * values;
        }
        return 2 * multiply_adds;
    } catch (const cv::Exception&) {
        return 0;
    }
}

}  // namespace facegate::vision
