#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace facegate::app {

/// One photo of a labelled folder.
struct LabelledPhoto {
    std::string file;           ///< relative to the folder: NAME/FILE
    std::optional<int> number;  ///< of NAME_0001.jpg; other names have none
};

struct LabelledPerson {
    std::string name;  ///< the subfolder's
    std::vector<LabelledPhoto> photos;
};

/// A folder with one subfolder for each person, holding that person's JPEG and PNG files. People and photos are sorted
/// by name.
struct LabelledFolder {
    std::string path;
    std::vector<LabelledPerson> people;  ///< each with at least one photo
    std::size_t photos = 0;
    std::size_t ignored = 0;  ///< entries that are neither: other files, deeper folders, linked folders
};

inline constexpr std::size_t kMaxLabelledPhotos = 200'000;

/// Looks one level deep and follows no link to a folder, so that loops cannot trap it. Throws std::runtime_error with a
/// message for the operator: no such folder, no photo in it, or more than kMaxLabelledPhotos.
LabelledFolder read_labelled_folder(const std::string& path);

}  // namespace facegate::app
