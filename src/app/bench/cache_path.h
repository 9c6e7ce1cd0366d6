#pragma once

#include <string>

namespace facegate::app {

/// Where the embeddings of a folder's photos are kept unless the operator names a file:
/// `$XDG_CACHE_HOME/facegate/bench/DIGEST-PACK.cache`, without that variable under `$HOME/.cache` (XDG Base Directory
/// Specification). DIGEST: the first 16 hex digits of the SHA-256 of the folder's canonical path. Never within the
/// folder: photos from elsewhere could bring embeddings along and so dictate a calibration. Creates the directories,
/// mode 0700. Throws std::runtime_error with a message for the operator: neither variable holds an absolute path, or a
/// directory cannot be created.
std::string default_cache_path(const std::string& folder, const std::string& pack_id);

}  // namespace facegate::app
