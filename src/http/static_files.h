#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/message.h"

namespace facegate::http {

/// The files of a directory, held in memory. A request can only name what was there at the start, so no path leads
/// anywhere else. Immutable, hence thread-safe.
class StaticFiles {
public:
    static constexpr std::size_t kMaxTotalBytes = 256U << 20U;

    /// Reads every regular file below `directory` (links are not followed).
    /// Throws std::runtime_error naming the file if one cannot be read or the total is too large.
    explicit StaticFiles(const std::filesystem::path& directory, std::size_t max_total_bytes = kMaxTotalBytes);

    /// Answers a GET for the file at `path` (`/js/app.js`; a path ending in `/` means its index.html): 200, or 304 if
    /// If-None-Match names its ETag. Nothing if there is no such file. The bytes are the answer's `shared_body`, so
    /// that answers waiting for slow clients hold no copies.
    [[nodiscard]] std::optional<Response> serve(const Request& request, std::string_view path,
                                                std::string_view cache_control) const;
    /// True if there is a file of exactly this path.
    [[nodiscard]] bool contains(const std::string& path) const { return files_.contains(path); }
    [[nodiscard]] std::size_t size() const { return files_.size(); }

private:
    struct File {
        std::shared_ptr<const std::string> bytes;
        std::string_view content_type;
        std::string etag;  ///< strong: hash of the bytes
    };
    std::unordered_map<std::string, File> files_;
};

/// By the extension; `application/octet-stream` if unknown.
std::string_view content_type_of(std::string_view path);

}  // namespace facegate::http
