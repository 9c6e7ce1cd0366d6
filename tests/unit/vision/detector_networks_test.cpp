// Packs whose detector is of another family than the default's: tiny networks whose outputs are constant, written by
// tests/data/vision/tiny_networks.py, through the manifest and both runtimes.
#include <gmock/gmock.h>

#include "unit/vision/pack_fixture.h"
#include "vision/face_engine.h"

namespace facegate::vision::testing {
namespace {

namespace json = boost::json;

struct TinyDetector {
    std::string file;  ///< in tests/data/vision
    std::vector<std::string> outputs;
    json::object role;
};

json::object levels(std::initializer_list<std::string_view> kinds) {
    json::array list;
    for (const int stride : {8, 16, 32}) {
        json::object level{{"stride", stride}};
        for (const std::string_view kind : kinds) level[kind] = std::string(kind) + "_" + std::to_string(stride);
        list.push_back(std::move(level));
    }
    return {{"network", "tiny"}, {"levels", std::move(list)}, {"score_threshold", 0.5}, {"nms_iou", 0.3}};
}

std::vector<std::string> names(std::initializer_list<std::string_view> kinds) {
    std::vector<std::string> list;
    for (const std::string_view kind : kinds)
        for (const char* stride : {"_8", "_16", "_32"}) list.push_back(std::string(kind) + stride);
    return list;
}

TinyDetector yunet() {
    TinyDetector detector{"tiny_yunet.onnx", names({"cls", "obj", "bbox", "kps"}),
                          levels({"cls", "obj", "bbox", "kps"})};
    detector.role["type"] = "yunet";
    return detector;
}

TinyDetector scrfd() {
    TinyDetector detector{"tiny_scrfd.onnx", names({"score", "bbox", "kps"}), levels({"score", "bbox", "kps"})};
    detector.role["type"] = "scrfd";
    detector.role["anchors_per_cell"] = 2;
    return detector;
}

const std::string kData = FACEGATE_TEST_DATA "/vision/";

/// The manifest's entry of a network, its outputs as OpenCV computes them.
json::object entry_of(const TinyDetector& detector) {
    const NetworkSpec spec{kData + detector.file, "input", {1, 3, 64, 64}, detector.outputs};
    const auto network = runtime_named("opencv").load(spec);
    if (!network) throw std::runtime_error(network.error().message);
    const std::vector<Tensor> tensors = (*network)->run(self_test_input(64));
    json::array outputs;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const ExpectedOutput output = describe_output(detector.outputs[i], tensors[i]);
        outputs.push_back(json::object{{"name", output.name},
                                       {"dims", json::value_from(output.dims)},
                                       {"first", json::value_from(output.first)},
                                       {"l2", output.l2}});
    }
    return {
        {"file", detector.file},
        {"sha256", sha256_of_file(kData + detector.file).value()},
        {"source", "tests/data/vision/tiny_networks.py"},
        {"licence", "none"},
        {"licence_file", "LICENSE.human-models"},
        {"input", {{"name", "input"}, {"size", 64}, {"channels", "BGR"}, {"mean", {0, 0, 0}}, {"scale", {1, 1, 1}}}},
        {"outputs", std::move(outputs)}};
}

/// The default pack's manifest with that detector alone.
json::value manifest_with(const TinyDetector& detector) {
    json::value manifest = json::parse(read_file(kPackDirectory + "/manifest.json"));
    manifest.at("networks").as_object()["tiny"] = entry_of(detector);
    manifest.at("roles").as_object()["detector_short"] = detector.role;
    manifest.at("roles").as_object().erase("detector_full");
    return manifest;
}

class DetectorFamily : public ::testing::TestWithParam<std::tuple<bool, FaceEngine::RuntimeChoice>> {
protected:
    static TinyDetector detector() { return std::get<0>(GetParam()) ? scrfd() : yunet(); }
};

TEST_P(DetectorFamily, DropsIntoAPackWithoutCode) {
    const TemporaryDirectory directory;
    for (const auto& [name, entry] : default_pack().networks)
        std::filesystem::create_symlink(kPackDirectory + "/" + entry.file,
                                        directory.path().string() + "/" + entry.file);
    std::filesystem::copy(kData + detector().file, directory.path().string());
    static_cast<void>(directory.write("manifest.json", json::serialize(manifest_with(detector()))));
    const auto engine = FaceEngine::load(
        {directory.path().string(), FACEGATE_SHARE "/onnxruntime/libonnxruntime.so.1", std::get<1>(GetParam())});
    ASSERT_TRUE(engine) << engine.error().message;

    // 128 x 64 pixels: shrunk to 64 x 32 in the middle of the square, so x = 2 u and y = 2 (v - 16).
    const media::Image image{128, 64, std::vector<std::uint8_t>(128 * 64 * 3, 90)};
    const std::vector<Detection> faces = (*engine)->detect(image);
    ASSERT_EQ(faces.size(), 1U);
    const Detection& face = faces.front();
    EXPECT_NEAR(face.score, 0.9, 1e-3);
    EXPECT_NEAR(face.box.x, 2 * 12, 0.01);
    EXPECT_NEAR(face.box.y, 2 * (8 - 16), 0.01);
    EXPECT_NEAR(face.box.width, 2 * (44 - 12), 0.01);
    EXPECT_NEAR(face.box.height, 2 * (48 - 8), 0.01);
    const std::vector<Point2> points = {{20, 20}, {36, 21}, {28, 30}, {28.5F, 38.5F}};
    for (std::size_t k = 0; k < points.size(); ++k) {
        EXPECT_NEAR(face.keypoints[k].x, 2 * points[k].x, 0.01) << "key point " << k;
        EXPECT_NEAR(face.keypoints[k].y, 2 * (points[k].y - 16), 0.01) << "key point " << k;
    }
}

INSTANTIATE_TEST_SUITE_P(
    BothRuntimes, DetectorFamily,
    ::testing::Combine(::testing::Bool(),
                       ::testing::Values(FaceEngine::RuntimeChoice::kOnnxRuntime, FaceEngine::RuntimeChoice::kOpenCv)),
    [](const auto& parameter) {
        return std::string(std::get<0>(parameter.param) ? "scrfd" : "yunet") + "_" +
               (std::get<1>(parameter.param) == FaceEngine::RuntimeChoice::kOpenCv ? "opencv" : "onnxruntime");
    });

/// What a manifest may not say of a detector of these families.
struct BadRole {
    std::string name;
    std::string pointer;
    json::value replacement;
    std::string complaint;
};

TEST(DetectorManifest, IsHeldToTheOutputsOfTheNetwork) {
    const std::vector<BadRole> bad = {
        {"stride that does not divide", "/levels/0/stride", 7, "levels[0].stride"},
        {"another stride's output", "/levels/0/bbox", "bbox_16", "levels[0].bbox"},
        {"boxes as points", "/levels/1/kps", "bbox_16", "levels[1].kps"},
        {"unknown output", "/levels/2/kps", "kps_64", "levels[2].kps"},
        {"no levels", "/levels", json::array(), "levels"},
    };
    for (const TinyDetector& detector : {yunet(), scrfd()}) {
        const json::value good = manifest_with(detector);
        ASSERT_TRUE(parse_model_pack(json::serialize(good), "/p"));
        for (const BadRole& role : bad) {
            json::value manifest = good;
            manifest.at_pointer("/roles/detector_short" + role.pointer) = role.replacement;
            const auto pack = parse_model_pack(json::serialize(manifest), "/p");
            ASSERT_FALSE(pack) << role.name;
            EXPECT_THAT(pack.error().message, ::testing::HasSubstr("roles.detector_short." + role.complaint));
        }
    }
    json::value manifest = manifest_with(scrfd());
    manifest.at_pointer("/roles/detector_short/anchors_per_cell") = 1;
    EXPECT_FALSE(parse_model_pack(json::serialize(manifest), "/p"));
}

}  // namespace
}  // namespace facegate::vision::testing
