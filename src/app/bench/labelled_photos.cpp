#include "app/bench/labelled_photos.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <stdexcept>

namespace facegate::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEntries = 2'000'000;

bool is_photo_name(const fs::path& file) {
    std::string extension = file.extension().string();
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

std::optional<int> number_of(const std::string& person, const fs::path& file) {
    const std::string stem = file.stem().string();
    if (!stem.starts_with(person + "_")) return std::nullopt;
    const char* begin = stem.data() + person.size() + 1;
    const char* end = stem.data() + stem.size();
    int number = 0;
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc{} || stop != end || number < 0) return std::nullopt;
    return number;
}

/// Goes through one folder's entries; what disappears or cannot be looked at meanwhile is skipped.
class FolderReader {
public:
    explicit FolderReader(LabelledFolder& folder) : folder_(folder) {}

    void read() {
        std::error_code failed;
        for (fs::directory_iterator entry(folder_.path, failed), end; !failed && entry != end;
             entry.increment(failed)) {
            count();
            std::error_code unknown;
            if (entry->is_symlink(unknown) || !entry->is_directory(unknown)) {
                ++folder_.ignored;
            } else {
                read_person(entry->path());
            }
        }
        if (failed) throw std::runtime_error(fmt::format("{}: {}", folder_.path, failed.message()));
        std::ranges::sort(folder_.people, {}, &LabelledPerson::name);
    }

private:
    void read_person(const fs::path& directory) {
        LabelledPerson person{directory.filename().string(), {}};
        std::error_code failed;
        for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end; entry.increment(failed)) {
            count();
            std::error_code unknown;
            if (!is_photo_name(entry->path()) || !entry->is_regular_file(unknown)) {
                ++folder_.ignored;
                continue;
            }
            const fs::path name = entry->path().filename();
            person.photos.push_back({(fs::path(person.name) / name).string(), number_of(person.name, name)});
            if (++folder_.photos > kMaxLabelledPhotos) {
                throw std::runtime_error(
                    fmt::format("{}: more than {} photos; measure a part of them", folder_.path, kMaxLabelledPhotos));
            }
        }
        if (failed) throw std::runtime_error(fmt::format("{}: {}", directory.string(), failed.message()));
        if (person.photos.empty()) return;
        std::ranges::sort(person.photos, {}, &LabelledPhoto::file);
        folder_.people.push_back(std::move(person));
    }

    void count() {
        if (++entries_ > kMaxEntries)
            throw std::runtime_error(fmt::format("{}: more than {} entries", folder_.path, kMaxEntries));
    }

    LabelledFolder& folder_;
    std::size_t entries_ = 0;
};

}  // namespace

LabelledFolder read_labelled_folder(const std::string& path) {
    LabelledFolder folder;
    folder.path = path;
    FolderReader(folder).read();
    if (folder.photos == 0) {
        throw std::runtime_error(fmt::format(
            "{}: no photo found; expected one subfolder for each person with .jpg, .jpeg or .png files in it, e.g. "
            "Ada_Lovelace/Ada_Lovelace_0001.jpg",
            path));
    }
    return folder;
}

}  // namespace facegate::app
