#include "app/engine_options.h"

#include <filesystem>

namespace facegate::app {

vision::FaceEngine::Options engine_options(const Config& config) {
    using Choice = vision::FaceEngine::RuntimeChoice;
    vision::FaceEngine::Options options;
    const std::filesystem::path share(config.share_dir);
    const std::filesystem::path named = share / "packs" / config.pack;
    options.pack_dir = std::filesystem::exists(named / "manifest.json") ? named.string() : config.pack;
    const std::filesystem::path bundled = share / "onnxruntime" / "libonnxruntime.so.1";
    if (std::filesystem::exists(bundled)) options.onnxruntime_path = bundled.string();
    if (config.runtime == "onnxruntime") options.runtime = Choice::kOnnxRuntime;
    if (config.runtime == "opencv") options.runtime = Choice::kOpenCv;
    options.calibration_file = config.calibration;
    return options;
}

}  // namespace facegate::app
