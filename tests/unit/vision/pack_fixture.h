#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "vision/model_pack.h"
#include "vision/runtime/onnx_runtime.h"
#include "vision/runtime/opencv_runtime.h"

namespace facegate::vision::testing {

inline const std::string kPackDirectory = FACEGATE_SHARE "/packs/default";
inline const std::string kMobileFaceDirectory = FACEGATE_SHARE "/packs/mobileface";

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// A directory that goes away with the test.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "facegate-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
        path_ = pattern;
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    /// Writes a file and returns its path.
    [[nodiscard]] std::string write(const std::string& name, std::string_view content) const {
        const std::filesystem::path file = path_ / name;
        std::ofstream(file, std::ios::binary) << content;
        return file.string();
    }
    [[nodiscard]] std::string string() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

/// "onnxruntime" or "opencv"; one for the whole test program.
inline const InferenceRuntime& runtime_named(const std::string& name) {
    static const auto onnx = open_onnx_runtime(FACEGATE_SHARE "/onnxruntime/libonnxruntime.so.1");
    static const auto opencv = open_opencv_runtime();
    if (name == "opencv") return *opencv;
    if (!onnx) throw std::runtime_error(onnx.error().message);
    return **onnx;
}

inline const ModelPack& default_pack() {
    static const auto pack = read_model_pack(kPackDirectory);
    if (!pack) throw std::runtime_error(pack.error().message);
    return *pack;
}

inline double root_mean_square(const std::vector<float>& values) {
    double squares = 0;
    for (const float value : values) squares += double{value} * double{value};
    return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace facegate::vision::testing
