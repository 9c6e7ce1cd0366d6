#include "unit/vision/reference_faces.h"

#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "media/image_decoder.h"

namespace facegate::vision::testing {
namespace {

namespace json = boost::json;

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

float number(const json::value& value) {
    return value.to_number<float>();
}

ReferenceFace face_of(const json::object& object) {
    ReferenceFace face;
    face.score = number(object.at("score"));
    const auto& box = object.at("box").as_array();
    face.box = {number(box[0]), number(box[1]), number(box[2]) - number(box[0]), number(box[3]) - number(box[1])};
    const auto& keypoints = object.at("keypoints").as_array();
    for (std::size_t k = 0; k < face.keypoints.size(); ++k) {
        face.keypoints[k] = {number(keypoints[k].as_array()[0]), number(keypoints[k].as_array()[1])};
    }
    face.presence = number(object.at("mesh_flag"));
    for (const auto& [index, point] : object.at("mesh_points").as_object()) {
        const auto& xyz = point.as_array();
        face.mesh_points[std::stoul(std::string(index))] = {number(xyz[0]), number(xyz[1]), number(xyz[2])};
    }
    const auto& pose = object.at("pose_ypr_deg").as_array();
    face.pose = {number(pose[0]), number(pose[1]), number(pose[2])};
    face.mouth = number(object.at("mouth"));
    face.right_eye = number(object.at("eye_openness").at(0));
    face.left_eye = number(object.at("eye_openness").at(1));
    return face;
}

const json::object& document() {
    static const json::value value = json::parse(read_file(FACEGATE_TEST_DATA "/vision/reference_faces.json"));
    return value.as_object();
}

FaceId id_of(const json::value& value) {
    const std::string name(value.as_array()[0].as_string());
    const auto& photos = reference_photos();
    for (std::size_t i = 0; i < photos.size(); ++i) {
        if (photos[i].name == name) return {i, value.as_array()[1].to_number<std::size_t>()};
    }
    throw std::runtime_error("no such photo: " + name);
}

}  // namespace

const std::vector<ReferencePhoto>& reference_photos() {
    static const std::vector<ReferencePhoto> photos = [] {
        std::vector<ReferencePhoto> list;
        for (const auto& [name, value] : document()) {
            if (name == "pairs") continue;
            const auto& size = value.at("size").as_array();
            ReferencePhoto photo{std::string(name), size[0].to_number<int>(), size[1].to_number<int>(), {}};
            for (const auto& face : value.at("faces").as_array()) photo.faces.push_back(face_of(face.as_object()));
            list.push_back(std::move(photo));
        }
        return list;
    }();
    return photos;
}

const std::vector<ReferencePair>& reference_pairs() {
    static const std::vector<ReferencePair> pairs = [] {
        std::vector<ReferencePair> list;
        for (const auto& value : document().at("pairs").as_array()) {
            const auto& pair = value.as_object();
            list.push_back({id_of(pair.at("a")), id_of(pair.at("b")), pair.at("dlib_cos").to_number<double>(),
                            pair.at("S").to_number<double>()});
        }
        return list;
    }();
    return pairs;
}

const media::Image& sample(const std::string& name) {
    static std::map<std::string, media::Image> images;
    const auto [entry, is_new] = images.try_emplace(name);
    if (is_new) {
        const std::string bytes = read_file(std::string(FACEGATE_SHARE) + "/samples/" + name);
        auto image = media::decode_image(as_bytes(bytes));
        if (!image) throw std::runtime_error(image.error().message);
        entry->second = std::move(*image);
    }
    return entry->second;
}

FaceEngine::Options options_for(FaceEngine::RuntimeChoice runtime) {
    const std::string share = FACEGATE_SHARE;
    return {share + "/packs/default", share + "/onnxruntime/libonnxruntime.so.1", runtime};
}

const FaceEngine& engine(FaceEngine::RuntimeChoice runtime) {
    static std::map<FaceEngine::RuntimeChoice, std::unique_ptr<FaceEngine>> engines;
    auto& loaded = engines[runtime];
    if (!loaded) {
        auto result = FaceEngine::load(options_for(runtime));
        if (!result) throw std::runtime_error(result.error().message);
        loaded = std::move(*result);
    }
    return *loaded;
}

}  // namespace facegate::vision::testing
