#include "app/bench/cache_path.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace facegate::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigestBytes = 8;

/// Empty unless the variable holds an absolute path; the specification says to ignore any other.
fs::path directory_from(const char* variable) {
    const char* value = std::getenv(variable);
    const fs::path path = value == nullptr ? "" : value;
    return path.is_absolute() ? path : fs::path();
}

fs::path cache_home() {
    if (const fs::path caches = directory_from("XDG_CACHE_HOME"); !caches.empty()) return caches;
    if (const fs::path home = directory_from("HOME"); !home.empty()) return home / ".cache";
    throw std::runtime_error(
        "neither XDG_CACHE_HOME nor HOME is set to an absolute path, so there is no place for the cache of embeddings; "
        "name one with --cache FILE or keep none with --no-cache");
}

void create_private_directories(const fs::path& path) {
    fs::path made;
    for (const fs::path& part : path) {
        made /= part;
        std::error_code unknown;
        if (fs::is_directory(made, unknown)) continue;
        if (::mkdir(made.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
            throw std::runtime_error(fmt::format(
                "{}: cannot be created for the cache of embeddings: {}; name a file with --cache FILE or keep "
                "none with --no-cache",
                made.string(), std::strerror(errno)));
        }
    }
}

}  // namespace

std::string default_cache_path(const std::string& folder, const std::string& pack_id) {
    const fs::path directory = cache_home() / "facegate" / "bench";
    create_private_directories(directory);
    const crypto::Digest digest = crypto::sha256(as_bytes(fs::canonical(folder).string()));
    const std::string name = to_hex(ByteView(digest).first(kDigestBytes));
    return (directory / fmt::format("{}-{}.cache", name, pack_id)).string();
}

}  // namespace facegate::app
