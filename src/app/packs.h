#pragma once

#include <optional>
#include <string>

#include "app/config.h"

namespace facegate::app {

/// Directory of the configured pack: a name under SHARE/packs, or a directory itself.
std::string pack_directory(const Config& config);
/// Directory under SHARE/packs of the pack with this id; nothing if it is not installed.
std::optional<std::string> installed_pack(const Config& config, const std::string& pack_id);

}  // namespace facegate::app
