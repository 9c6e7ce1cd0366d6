#include "http/static_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "base/bytes.h"

namespace facegate::http {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".wasm", "application/wasm"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".bin", "application/octet-stream"},
}};

std::string read_file(const fs::path& path, std::size_t max_bytes) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes;
    std::array<char, 64 * 1024> part{};
    while (in.read(part.data(), part.size()) || in.gcount() > 0) {
        bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
        if (bytes.size() > max_bytes) throw std::runtime_error(fmt::format("{}: too large to serve", path.string()));
    }
    if (!in.eof()) throw std::runtime_error(fmt::format("{}: cannot be read", path.string()));
    return bytes;
}

std::string etag_of(const std::string& bytes) {
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    digest.resize(16);
    return '"' + to_hex(digest) + '"';
}

/// If-None-Match compares weakly (RFC 9110, 13.1.2): a `W/` before a tag does not matter.
bool names_etag(std::string_view if_none_match, std::string_view etag) {
    while (!if_none_match.empty()) {
        const std::size_t end = std::min(if_none_match.find(','), if_none_match.size());
        std::string_view tag = if_none_match.substr(0, end);
        if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
        while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
        while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == "*" || tag == etag) return true;
    }
    return false;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    const std::string_view extension = dot == std::string_view::npos ? std::string_view() : path.substr(dot);
    for (const auto& [known, type] : kContentTypes) {
        if (known == extension) return type;
    }
    return "application/octet-stream";
}

StaticFiles::StaticFiles(const fs::path& directory, std::size_t max_total_bytes) {
    std::error_code error;
    fs::recursive_directory_iterator entries(directory, error);
    if (error) throw std::runtime_error(fmt::format("{}: {}", directory.string(), error.message()));
    std::size_t left = max_total_bytes;
    for (const fs::directory_entry& entry : entries) {
        if (entry.is_symlink() || !entry.is_regular_file()) continue;
        const std::string path = "/" + entry.path().lexically_relative(directory).generic_string();
        auto bytes = std::make_shared<const std::string>(read_file(entry.path(), left));
        left -= bytes->size();
        File file{bytes, content_type_of(path), etag_of(*bytes)};
        files_.emplace(path, std::move(file));
    }
}

std::optional<Response> StaticFiles::serve(const Request& request, std::string_view path,
                                           std::string_view cache_control) const {
    std::string name(path);
    if (name.empty() || name.ends_with('/')) name += name.empty() ? "/index.html" : "index.html";
    const auto found = files_.find(name);
    if (found == files_.end()) return std::nullopt;
    const File& file = found->second;
    Response response;
    response.headers.emplace_back("ETag", file.etag);
    response.headers.emplace_back("Cache-Control", cache_control);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (names_etag(request.header("if-none-match"), file.etag)) {
        response.status = 304;
        return response;
    }
    response.headers.emplace_back("Content-Type", file.content_type);
    response.shared_body = file.bytes;
    return response;
}

}  // namespace facegate::http
