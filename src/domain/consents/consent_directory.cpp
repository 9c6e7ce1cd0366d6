#include "domain/consents/consent_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace facegate::domain {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 1000;

std::runtime_error refused(const fs::path& path, std::string_view why) {
    return std::runtime_error(fmt::format("consent text {}: {}", path.string(), why));
}

/// What the directory holds but for hidden files, in natural order.
std::vector<fs::path> entries_of(const fs::path& directory) {
    std::vector<fs::path> entries;
    std::error_code error;
    fs::directory_iterator it(directory, error);
    if (error) throw refused(directory, "the directory cannot be read");
    for (; it != fs::directory_iterator(); it.increment(error)) {
        if (error) throw refused(directory, "the directory cannot be read");
        if (it->path().filename().string().starts_with('.')) continue;
        if (entries.size() == kMostEntries) throw refused(directory, "the directory holds too many files");
        entries.push_back(it->path());
    }
    std::ranges::sort(entries, [](const fs::path& a, const fs::path& b) {
        return ::strverscmp(a.filename().c_str(), b.filename().c_str()) < 0;
    });
    return entries;
}

bool is_utf8(const std::string& text) {
    boost::system::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::string(text)), error);
    return !error;
}

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kMaxConsentText + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || !file.is_open()) throw refused(path, "the file cannot be read");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (!is_utf8(text)) throw refused(path, "the file is not UTF-8");
    return text;
}

}  // namespace

ConsentRegistry load_consent_texts(const fs::path& directory) {
    ConsentRegistry registry;
    for (const fs::path& version : entries_of(directory)) {
        if (!fs::is_directory(version)) throw refused(version, "expected a directory for each version");
        for (const fs::path& file : entries_of(version)) {
            if (file.extension() != ".txt" || !fs::is_regular_file(file)) {
                throw refused(file, "expected a file LANGUAGE.txt");
            }
            const Result<void> added = registry.add(version.filename().string(), file.stem().string(), read_text(file));
            if (!added) throw refused(file, added.error().message);
        }
    }
    return registry;
}

}  // namespace facegate::domain
