#include "unit/app/labelled_faces.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>

#include "media/image_decoder.h"
#include "unit/media/image_encoders.h"

namespace facegate::app::testing {
namespace {

namespace fs = std::filesystem;

struct Face {
    std::string sample;
    double centre_x = 0;
    double centre_y = 0;
    double side = 0;  ///< of the detector's box
};

/// All faces of the reference photos but one: the third of sample1.jpg is the first of sample3.jpg once more.
std::vector<Face> known_faces() {
    const auto document = boost::json::parse(read_text(FACEGATE_TEST_DATA "/vision/reference_faces.json"));
    std::vector<Face> faces;
    for (const auto& [sample, photo] : document.as_object()) {
        if (sample == "pairs") continue;
        std::size_t index = 0;
        for (const auto& face : photo.at("faces").as_array()) {
            const auto& box = face.at("box").as_array();
            const auto at = [&](std::size_t i) { return box[i].to_number<double>(); };
            const bool again = sample == "sample1.jpg" && index == 2;
            ++index;
            if (!again) faces.push_back({sample, (at(0) + at(2)) / 2, (at(1) + at(3)) / 2, at(2) - at(0)});
        }
    }
    return faces;
}

const media::Image& sample_image(const std::string& name) {
    static std::map<std::string, media::Image> images;
    media::Image& image = images[name];
    if (image.empty())
        image = media::decode_image(as_bytes(read_text(fs::path(FACEGATE_SHARE "/samples") / name))).value();
    return image;
}

/// The square of `side` source pixels round a point, turned, as an image of `size` pixels; black outside.
media::Image cut(const media::Image& from, const Face& face, double side, double angle, int size) {
    media::Image out{size, size, {}};
    const double scale = side / size;
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
            const double dx = (x + 0.5 - size / 2.0) * scale;
            const double dy = (y + 0.5 - size / 2.0) * scale;
            const double sx = face.centre_x + dx * std::cos(angle) - dy * std::sin(angle);
            const double sy = face.centre_y + dx * std::sin(angle) + dy * std::cos(angle);
            const int left = static_cast<int>(std::floor(sx));
            const int top = static_cast<int>(std::floor(sy));
            const bool inside = left >= 0 && top >= 0 && left + 1 < from.width && top + 1 < from.height;
            for (int c = 0; c < 3; ++c) {
                double value = 0;
                if (inside) {
                    const double u = sx - left;
                    const double v = sy - top;
                    const auto pixel = [&](int px, int py) { return static_cast<double>(from.at(px, py)[c]); };
                    value = (pixel(left, top) * (1 - u) + pixel(left + 1, top) * u) * (1 - v) +
                            (pixel(left, top + 1) * (1 - u) + pixel(left + 1, top + 1) * u) * v;
                }
                out.pixels.push_back(static_cast<std::uint8_t>(std::lround(value)));
            }
        }
    }
    return out;
}

void disturb(media::Image& image, double gain, double noise, std::mt19937& random) {
    std::normal_distribution<double> normal(0, noise);
    for (std::uint8_t& value : image.pixels)
        value = static_cast<std::uint8_t>(std::clamp(value * gain + normal(random), 0.0, 255.0));
}

}  // namespace

EnvironmentVariable::EnvironmentVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
}
EnvironmentVariable::~EnvironmentVariable() {
    before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_);
}

std::string read_text(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + path.string());
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

void write_labelled_faces(const fs::path& folder, std::size_t people, std::size_t photos) {
    const std::vector<Face> faces = known_faces();
    if (people > faces.size()) throw std::logic_error("not so many faces");
    std::mt19937 random(7);
    std::uniform_real_distribution<double> unit(-1, 1);
    for (std::size_t person = 0; person < people; ++person) {
        const std::string name = fmt::format("Person_{:02}", person);
        fs::create_directories(folder / name);
        for (std::size_t photo = 1; photo <= photos; ++photo) {
            const Face& face = faces[person];
            const double side = face.side * (1.7 + 0.2 * unit(random));
            const int size = 260 + static_cast<int>(60 * unit(random));
            media::Image image = cut(sample_image(face.sample), face, side, 0.12 * unit(random), size);
            disturb(image, 1 + 0.25 * unit(random), 4 + 3 * unit(random), random);
            const Bytes jpeg = media::testing::encode_jpeg(image);
            std::ofstream(folder / name / fmt::format("{}_{:04}.jpg", name, photo), std::ios::binary) << as_text(jpeg);
        }
    }
}

}  // namespace facegate::app::testing
