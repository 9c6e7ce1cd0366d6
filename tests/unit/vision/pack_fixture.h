#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "unit/temporary_directory.h"
#include "vision/model_pack.h"
#include "vision/runtime/onnx_runtime.h"
#include "vision/runtime/opencv_runtime.h"

namespace facegate::vision::testing {

inline const std::string kPackDirectory = FACEGATE_SHARE "/packs/default";

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// "onnxruntime" or "opencv"; one for the whole test program.
inline const InferenceRuntime& runtime_named(const std::string& name) {
    static const auto onnx = open_onnx_runtime(FACEGATE_SHARE "/onnxruntime/libonnxruntime.so.1");
    static const auto opencv = open_opencv_runtime();
    if (name == "opencv") return *opencv;
    if (!onnx) throw std::runtime_error(onnx.error().message);
    return **onnx;
}

/// "default" or "mobileface".
inline const ModelPack& pack_named(const std::string& name) {
    static std::map<std::string, ModelPack> packs;
    auto& pack = packs[name];
    if (pack.id.empty()) {
        auto read = read_model_pack(FACEGATE_SHARE "/packs/" + name);
        if (!read) throw std::runtime_error(read.error().message);
        pack = std::move(*read);
    }
    return pack;
}

inline const ModelPack& default_pack() {
    return pack_named("default");
}

/// A network of one of the packs.
struct PackNetwork {
    std::string pack;
    std::string network;

    [[nodiscard]] const NetworkEntry& entry() const { return pack_named(pack).network(network); }
    [[nodiscard]] NetworkSpec spec() const {
        const int size = entry().input.size;
        NetworkSpec spec{pack_named(pack).directory + "/" + entry().file, entry().input.name, {1, 3, size, size}, {}};
        for (const ExpectedOutput& output : entry().outputs) spec.output_names.push_back(output.name);
        return spec;
    }
    /// For the names of tests: letters and digits only.
    [[nodiscard]] std::string test_name() const {
        std::string name = pack + network;
        std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
        return name;
    }
};

/// Every network of both packs; a test holds the list to the manifests.
inline const std::vector<PackNetwork> kPackNetworks = {
    {"default", "facemesh-detection-short"},
    {"default", "facemesh-detection-full"},
    {"default", "facemesh"},
    {"default", "iris"},
    {"default", "dlib_resnet"},
    {"default", "faceres"},
    {"mobileface", "blazeface-back"},
    {"mobileface", "facemesh"},
    {"mobileface", "iris"},
    {"mobileface", "mobileface"},
};

inline double root_mean_square(const std::vector<float>& values) {
    double squares = 0;
    for (const float value : values) squares += double{value} * double{value};
    return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace facegate::vision::testing
