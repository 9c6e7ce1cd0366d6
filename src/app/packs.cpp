#include "app/packs.h"

#include <filesystem>

#include "vision/model_pack.h"

namespace facegate::app {

std::string pack_directory(const Config& config) {
    const std::filesystem::path named = std::filesystem::path(config.share_dir) / "packs" / config.pack;
    return std::filesystem::exists(named / "manifest.json") ? named.string() : config.pack;
}

std::optional<std::string> installed_pack(const Config& config, const std::string& pack_id) {
    std::error_code failed;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(config.share_dir) / "packs", failed)) {
        const auto pack = vision::read_model_pack(entry.path().string());
        if (pack && pack->id == pack_id) return entry.path().string();
    }
    return std::nullopt;
}

}  // namespace facegate::app
