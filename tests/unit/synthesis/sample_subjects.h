#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "media/image_decoder.h"
#include "synthesis/subject.h"
#include "unit/vision/default_engine.h"

namespace facegate::synthesis::testing {

inline media::Image sample_photo(int number) {
    const std::string path = std::string(FACEGATE_SHARE) + "/samples/sample" + std::to_string(number) + ".jpg";
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    auto image = media::decode_image(as_bytes(std::string_view(bytes.data(), bytes.size())));
    if (!image) throw std::runtime_error("no photo " + path);
    return std::move(*image);
}

/// The people of the sample photos, found once for the test program.
inline const std::vector<Subject>& sample_subjects() {
    static const std::vector<Subject> found = [] {
        std::vector<NamedPhoto> photos;
        for (int i = 1; i <= 6; ++i) photos.push_back({"sample" + std::to_string(i), sample_photo(i)});
        auto subjects = find_subjects(vision::default_engines().current(), photos);
        if (subjects.size() < 2) throw std::runtime_error("too few people in the sample photos");
        return subjects;
    }();
    return found;
}

}  // namespace facegate::synthesis::testing
