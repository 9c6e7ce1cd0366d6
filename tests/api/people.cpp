#include "api/people.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "media/image_decoder.h"
#include "unit/media/image_encoders.h"
#include "vision/face_engine.h"

namespace facegate::testing {

namespace {

/// Where a person is to be found, in tests/data/vision/reference_faces.json.
struct Place {
    const char* sample;
    std::size_t face;
};

Place place_of(Person person) {
    switch (person) {
        case Person::kAda: return {"sample5.jpg", 2};
        case Person::kBen: return {"sample6.jpg", 1};
        case Person::kCleo: return {"sample6.jpg", 3};
        case Person::kDan: return {"sample1.jpg", 1};
        case Person::kEve: return {"sample3.jpg", 1};
        case Person::kFridaNow: return {"sample3.jpg", 0};
        case Person::kFridaThen: return {"sample1.jpg", 2};
    }
    throw std::logic_error("unknown person");
}

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

const media::Image& sample(const std::string& name) {
    static std::map<std::string, media::Image> decoded;
    media::Image& image = decoded[name];
    if (image.empty()) image = media::decode_image(as_bytes(read_file(FACEGATE_SHARE "/samples/" + name))).value();
    return image;
}

media::Image cut(const media::Image& from, int left, int top, int right, int bottom) {
    left = std::max(left, 0);
    top = std::max(top, 0);
    media::Image part{std::min(right, from.width) - left, std::min(bottom, from.height) - top, {}};
    for (int y = 0; y < part.height; ++y) {
        const std::uint8_t* row = from.at(left, top + y);
        part.pixels.insert(part.pixels.end(), row, row + static_cast<std::ptrdiff_t>(part.width) * 3);
    }
    return part;
}

media::Image cut_out(const Place& place) {
    static const boost::json::value faces =
        boost::json::parse(read_file(FACEGATE_TEST_DATA "/vision/reference_faces.json"));
    const auto& box = faces.at(place.sample).at("faces").at(place.face).at("box").as_array();
    const auto edge = [&](std::size_t i) { return static_cast<int>(box.at(i).to_number<double>()); };
    const int margin = (edge(2) - edge(0)) / 2;
    return cut(sample(place.sample), edge(0) - margin, edge(1) - margin, edge(2) + margin, edge(3) + margin);
}

/// What was made for each person before; made under the lock otherwise.
template <class Made, class Make>
const Made& once(Person person, Make make) {
    static std::mutex mutex;
    static std::map<Person, Made> made;
    const std::lock_guard lock(mutex);
    auto found = made.find(person);
    if (found == made.end()) found = made.emplace(person, make()).first;
    return found->second;
}

}  // namespace

const media::Image& picture_of(Person person) {
    return once<media::Image>(person, [&] { return cut_out(place_of(person)); });
}

const Bytes& photo_of(Person person) {
    return once<Bytes>(person, [&] { return media::testing::encode_jpeg(picture_of(person)); });
}

const vision::FaceVector& vector_of(const vision::FaceEngine& engine, Person person) {
    return once<vision::FaceVector>(person, [&] {
        const media::Image& image = picture_of(person);
        const std::vector<vision::Detection> faces = engine.detect(image);
        if (faces.size() != 1) throw std::runtime_error("a person's picture must show one face");
        return engine.embed(image, engine.landmarks(image, faces.front()));
    });
}

const media::Image& picture_with_closed_eyes() {
    static const media::Image picture = cut_out({"sample2.jpg", 0});
    return picture;
}

const Bytes& group_photo() {
    static const Bytes photo = [] {
        const std::string text = read_file(FACEGATE_SHARE "/samples/sample6.jpg");
        return Bytes(text.begin(), text.end());
    }();
    return photo;
}

media::Image turned_left(const media::Image& image) {
    media::Image turned{image.height, image.width, {}};
    turned.pixels.reserve(image.pixels.size());
    for (int y = 0; y < turned.height; ++y) {
        for (int x = 0; x < turned.width; ++x) {
            const std::uint8_t* pixel = image.at(image.width - 1 - y, x);
            turned.pixels.insert(turned.pixels.end(), pixel, pixel + 3);
        }
    }
    return turned;
}

media::Image blurred(const media::Image& image, int radius) {
    // Rows, then columns: the mean of a square is the mean of the means.
    const auto pass = [&](const media::Image& from, int step_x, int step_y) {
        media::Image to = from;
        for (int y = 0; y < from.height; ++y) {
            for (int x = 0; x < from.width; ++x) {
                for (int channel = 0; channel < 3; ++channel) {
                    int sum = 0;
                    for (int k = -radius; k <= radius; ++k) {
                        const int at_x = std::clamp(x + k * step_x, 0, from.width - 1);
                        const int at_y = std::clamp(y + k * step_y, 0, from.height - 1);
                        sum += from.at(at_x, at_y)[channel];
                    }
                    const auto offset = static_cast<std::size_t>((y * from.width + x) * 3 + channel);
                    to.pixels[offset] = static_cast<std::uint8_t>(sum / (2 * radius + 1));
                }
            }
        }
        return to;
    };
    return pass(pass(image, 1, 0), 0, 1);
}

media::Image shrunk(const media::Image& image, int factor) {
    media::Image small{image.width / factor, image.height / factor, {}};
    for (int y = 0; y < small.height; ++y) {
        for (int x = 0; x < small.width; ++x) {
            const std::uint8_t* pixel = image.at(x * factor, y * factor);
            small.pixels.insert(small.pixels.end(), pixel, pixel + 3);
        }
    }
    return small;
}

}  // namespace facegate::testing
