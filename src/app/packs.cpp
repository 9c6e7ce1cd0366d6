#include "app/packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "vision/runtime/onnx_runtime.h"
#include "vision/runtime/opencv_runtime.h"

namespace facegate::app {

namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";

/// ONNX Runtime as it comes with the packs; empty: the system's, if there is one.
std::string bundled_onnxruntime(const std::string& share_dir) {
    const fs::path library = fs::path(share_dir) / "onnxruntime" / "libonnxruntime.so.1";
    return fs::exists(library) ? library.string() : std::string();
}

bool has_text(const fs::path& file) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    return !error && size > 0;
}

}  // namespace

std::string pack_directory(const std::string& share_dir, const std::string& pack) {
    const fs::path named = fs::path(share_dir) / "packs" / pack;
    return fs::exists(named / kManifest) ? named.string() : pack;
}

std::vector<std::string> installed_packs(const std::string& share_dir) {
    std::vector<std::string> directories;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(share_dir) / "packs", error)) {
        if (fs::exists(entry.path() / kManifest)) directories.push_back(entry.path().string());
    }
    std::ranges::sort(directories);
    return directories;
}

std::optional<std::string> installed_pack(const std::string& share_dir, const std::string& pack_id) {
    std::optional<std::string> found;
    for (const std::string& directory : installed_packs(share_dir)) {
        const auto pack = vision::read_model_pack(directory);
        if (!pack || pack->id != pack_id) continue;
        if (found) {
            throw std::runtime_error(
                fmt::format("{} and {} are both the model pack {}: remove one, or give a changed pack another version",
                            *found, directory, pack_id));
        }
        found = directory;
    }
    return found;
}

std::uintmax_t size_on_disk(const std::string& directory) {
    std::uintmax_t bytes = 0;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        if (entry.is_regular_file(error)) bytes += entry.file_size(error);
    }
    return bytes;
}

vision::FaceEngine::Options engine_options(const Config& config) {
    vision::FaceEngine::Options options;
    options.pack_dir = pack_directory(config.share_dir, config.pack);
    options.onnxruntime_path = bundled_onnxruntime(config.share_dir);
    if (config.runtime == "onnxruntime") options.runtime = vision::FaceEngine::RuntimeChoice::kOnnxRuntime;
    if (config.runtime == "opencv") options.runtime = vision::FaceEngine::RuntimeChoice::kOpenCv;
    options.calibration_file = config.calibration;
    return options;
}

std::vector<std::unique_ptr<vision::InferenceRuntime>> available_runtimes(const std::string& share_dir) {
    std::vector<std::unique_ptr<vision::InferenceRuntime>> runtimes;
    if (auto onnx = vision::open_onnx_runtime(bundled_onnxruntime(share_dir))) runtimes.push_back(std::move(*onnx));
    runtimes.push_back(vision::open_opencv_runtime());
    return runtimes;
}

std::vector<PackFinding> check_pack(const vision::ModelPack& pack,
                                    const std::vector<std::unique_ptr<vision::InferenceRuntime>>& runtimes) {
    std::vector<PackFinding> findings;
    const auto add = [&](const std::string& file, std::string check, const auto& result) {
        findings.push_back({file, std::move(check), result ? std::string() : result.error().message});
    };
    std::set<std::string> licences;
    for (const auto& [name, entry] : pack.networks) {
        licences.insert(entry.licence_file);
        const Result<void> sound = vision::check_file(pack, entry);
        add(entry.file, "sha-256", sound);
        if (!sound) continue;  // what it would compute says nothing
        for (const auto& runtime : runtimes) add(entry.file, runtime->name(), load_network(pack, entry, *runtime));
    }
    for (const std::string& file : licences) {
        const fs::path text = fs::path(pack.directory) / file;
        findings.push_back({file, "licence",
                            has_text(text) ? std::string()
                                           : fmt::format("{}: the licence text is missing; put it there, or fetch the "
                                                         "model pack again (scripts/fetch_models)",
                                                         text.string())});
    }
    return findings;
}

}  // namespace facegate::app
