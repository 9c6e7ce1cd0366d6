#include <gmock/gmock.h>

#include "unit/vision/pack_fixture.h"

namespace facegate::vision::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string manifest_text() {
    return read_file(kPackDirectory + "/manifest.json");
}

TEST(ModelPack, ReadsTheDefaultPack) {
    const ModelPack& pack = default_pack();
    EXPECT_EQ(pack.id, "default-1");
    EXPECT_EQ(pack.directory, kPackDirectory);
    EXPECT_EQ(pack.detector_short.network, "facemesh-detection-short");
    const auto& layout = std::get<BlazeFaceLayout>(pack.detector_short.layout);
    ASSERT_EQ(layout.anchors.size(), 2U);
    EXPECT_EQ(layout.anchors[1].cells, 8);
    EXPECT_EQ(layout.anchors[1].per_cell, 6);
    ASSERT_TRUE(pack.detector_full);
    // The faces are the second output, after the persons.
    EXPECT_EQ(std::get<BlazeFaceLayout>(pack.detector_full->layout).output, 1U);
    ASSERT_TRUE(pack.iris);
    EXPECT_EQ(pack.network(pack.landmarks.network).outputs.at(pack.landmarks.mesh_output).name, "mesh");
    const InputFormat& input = pack.network("faceres").input;
    EXPECT_EQ(input.order, ChannelOrder::kBgr);
    EXPECT_FLOAT_EQ(input.mean[0], 103.939F);
    EXPECT_EQ(pack.network("dlib_resnet").input.order, ChannelOrder::kRgb);
    EXPECT_THAT(pack.network("dlib_resnet").input.scale, ::testing::Each(::testing::FloatEq(1.0F / 256)));
    EXPECT_EQ(pack.network("dlib_resnet").licence_file, "LICENSE.face-api");
    EXPECT_THAT(pack.calibration_source, HasSubstr("LFW"));
}

TEST(ModelPack, FusesTheEmbeddersAsCalibrated) {
    const ModelPack& pack = default_pack();
    ASSERT_EQ(pack.embedders.size(), 2U);
    const EmbedderRole& d = pack.embedders[0];
    const EmbedderRole& f = pack.embedders[1];
    EXPECT_EQ(d.dimension + f.dimension, 128U + 1024U);
    EXPECT_TRUE(d.mirror);
    EXPECT_FALSE(f.mirror);
    const double cos_d = 0.93;
    const double cos_f = 0.61;
    EXPECT_NEAR(d.weight * cos_d + d.bias + f.weight * cos_f + f.bias,
                2 * (cos_d - 0.839) / 0.034 + (cos_f - 0.377) / 0.073, 1e-9);
    EXPECT_EQ(d.alignment.type, Alignment::Type::kSimilarity);
    // Nose, eyes and the upper lip of the 68-point scheme, without brows, chin and lower lip.
    EXPECT_EQ(d.alignment.mesh_points.size(), 33U);
    EXPECT_EQ(d.alignment.template_points.size(), 33U);
    EXPECT_EQ(f.alignment.type, Alignment::Type::kEyeLevelSquare);
}

/// The default manifest with one member changed.
struct BadManifest {
    std::string name;
    std::string pointer;      ///< of the object or array that is changed
    std::string member;       ///< its member or position
    std::string replacement;  ///< JSON; empty: the member is removed
    std::string complaint;    ///< what the message must name
};

class BadManifestTest : public ::testing::TestWithParam<BadManifest> {};

TEST_P(BadManifestTest, IsRefusedNamingTheMember) {
    const BadManifest& bad = GetParam();
    boost::json::value document = boost::json::parse(manifest_text());
    boost::json::value& parent = bad.pointer.empty() ? document : document.at_pointer(bad.pointer);
    if (parent.is_array())
        parent.as_array().at(std::stoul(bad.member)) = boost::json::parse(bad.replacement);
    else if (bad.replacement.empty())
        ASSERT_EQ(parent.as_object().erase(bad.member), 1U);
    else
        parent.as_object()[bad.member] = boost::json::parse(bad.replacement);

    const auto pack = parse_model_pack(boost::json::serialize(document), "/packs/mine");
    ASSERT_FALSE(pack);
    EXPECT_EQ(pack.error().code, ErrorCode::kProviderError);
    EXPECT_THAT(pack.error().message, AllOf(HasSubstr("/packs/mine/manifest.json"), HasSubstr(bad.complaint),
                                            HasSubstr("fetch the model pack again")));
}

const std::string kMesh = "/networks/facemesh";
const std::string kShort = "/roles/detector_short";
const std::string kEmbedder = "/roles/embedders/0";

const std::vector<BadManifest> kBadManifests = {
    {"FormatOfTheFuture", "", "format", "3", "format"},
    {"FormatOfThePast", "", "format", "1", "format"},
    {"NameWithSlash", "", "name", R"("../default")", "name"},
    {"VersionWithEscape", "", "version", R"("1\u001b[2J")", "version"},
    {"DescriptionOverLines", "", "description", R"("one\ntwo")", "description"},
    {"NoNetworks", "", "networks", "{}", "networks"},
    {"NetworksAsList", "", "networks", "[]", "networks"},
    {"UnknownMember", "", "extra", "1", "\"extra\" is not known"},
    {"MissingRoles", "", "roles", "", "\"roles\" is missing"},
    {"MissingFile", kMesh, "file", "", "networks.facemesh"},
    {"FileAbove", kMesh, "file", R"("../facemesh.onnx")", "networks.facemesh.file"},
    {"FileAbsolute", kMesh, "file", R"("/etc/passwd")", "networks.facemesh.file"},
    {"ShortHash", kMesh, "sha256", R"("ab12")", "networks.facemesh.sha256"},
    {"UpperCaseHash", kMesh, "sha256", "\"" + std::string(64, 'A') + "\"", "networks.facemesh.sha256"},
    {"LicenceFileElsewhere", kMesh, "licence_file", R"("../LICENSE")", "networks.facemesh.licence_file"},
    {"NoLicenceFile", kMesh, "licence_file", "", "networks.facemesh: \"licence_file\" is missing"},
    {"NetworkNameWithSpace", "/networks", "face mesh", "{}", "networks"},
    {"SizeAsText", kMesh + "/input", "size", R"("192")", "networks.facemesh.input.size"},
    {"HugeSize", kMesh + "/input", "size", "1000000", "networks.facemesh.input.size"},
    {"FractionalSize", kMesh + "/input", "size", "192.5", "networks.facemesh.input.size"},
    {"UnknownChannels", kMesh + "/input", "channels", R"("YUV")", "networks.facemesh.input.channels"},
    {"TwoMeans", kMesh + "/input", "mean", "[1, 2]", "networks.facemesh.input.mean"},
    {"NoScale", kMesh + "/input", "scale", "[1, 0, 1]", "networks.facemesh.input.scale[1]"},
    {"OneScaleForAll", kMesh + "/input", "scale", "1", "networks.facemesh.input.scale"},
    {"DoubledOutput", kMesh + "/outputs/1", "name", R"("mesh")", "networks.facemesh.outputs[1].name"},
    {"NegativeDimension", kMesh + "/outputs/0/dims", "1", "-4", "networks.facemesh.outputs[0].dims[1]"},
    {"HugeOutput", kMesh + "/outputs/0", "dims", "[65536, 65536, 65536, 65536]", "networks.facemesh.outputs[0].dims"},
    {"UnknownDetector", kShort, "type", R"("retinaface")", "roles.detector_short.type"},
    {"LevelsOfAnotherFamily", kShort, "levels", "[]", "\"levels\" is not known"},
    {"RoleWithoutNetwork", kShort, "network", R"("other")", "roles.detector_short.network"},
    {"RoleWithoutOutput", kShort, "output", R"("hands")", "roles.detector_short.output"},
    {"WrongAnchors", kShort + "/anchors/0", "cells", "15", "roles.detector_short.output"},
    {"ThresholdAboveOne", kShort, "score_threshold", "1.5", "roles.detector_short.score_threshold"},
    {"SwappedMesh", "/roles/landmarks", "mesh_output", R"("contours")", "roles.landmarks.mesh_output"},
    {"EndlessPasses", "/roles/landmarks", "passes", "1000", "roles.landmarks.passes"},
    {"NoEmbedders", "/roles", "embedders", "[]", "roles.embedders"},
    {"WrongDimension", kEmbedder, "dimension", "512", "has 128 values, the role needs 512"},
    {"MirrorAsNumber", kEmbedder, "mirror", "1", "roles.embedders[0].mirror"},
    {"UnknownAlignment", kEmbedder + "/alignment", "type", R"("affine")", "roles.embedders[0].alignment.type"},
    {"MeshIndexOutside", kEmbedder + "/alignment/mesh_points/0", "0", "468",
     "roles.embedders[0].alignment.mesh_points[0][0]"},
    {"TooFewTemplatePoints", kEmbedder + "/alignment", "template", "[[0, 0], [1, 1]]",
     "roles.embedders[0].alignment.template"},
    {"NegativeWeight", kEmbedder + "/fusion", "weight", "-3", "roles.embedders[0].fusion.weight"},
    {"NoCalibrationSource", "/calibration", "source", "", "calibration: \"source\" is missing"},
    {"RisingFmr", "/calibration/tables/0/points/1", "fmr", "0.5", "calibration.tables[0].points[1]"},
    {"SamePhotosTwice", "/calibration/tables/1", "photos", "1", "calibration.tables[1].photos"},
    {"OnePoint", "/calibration/tables/0", "points", R"([{"fmr": 0.1, "s": 1}])", "calibration.tables[0].points"},
};

INSTANTIATE_TEST_SUITE_P(Manifests, BadManifestTest, ::testing::ValuesIn(kBadManifests),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(ModelPack, AcceptsAManifestWithoutTheOptionalRoles) {
    boost::json::value document = boost::json::parse(manifest_text());
    document.at("roles").as_object().erase("iris");
    document.at("roles").as_object().erase("detector_full");
    const auto pack = parse_model_pack(boost::json::serialize(document), "/packs/mine");
    ASSERT_TRUE(pack) << pack.error().message;
    EXPECT_FALSE(pack->iris);
    EXPECT_FALSE(pack->detector_full);
}

TEST(ModelPack, RefusesWhatIsNotJson) {
    for (const std::string& text : {std::string(), std::string("{"), std::string("null"), std::string("\xFF\xFE"),
                                    std::string(100000, '['), manifest_text() + "x"}) {
        const auto pack = parse_model_pack(text, "/packs/mine");
        ASSERT_FALSE(pack) << text.substr(0, 20);
        EXPECT_THAT(pack.error().message, HasSubstr("/packs/mine/manifest.json"));
    }
}

TEST(ModelPack, NamesTheManifestThatIsMissingOrTooLarge) {
    const TemporaryDirectory directory;
    const auto missing = read_model_pack(directory.path().string());
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message,
                AllOf(HasSubstr(directory.path().string() + "/manifest.json"), HasSubstr("fetch")));
    static_cast<void>(directory.write("manifest.json", std::string((1 << 20) + 1, ' ')));
    const auto large = read_model_pack(directory.path().string());
    ASSERT_FALSE(large);
    EXPECT_THAT(large.error().message, HasSubstr("larger than 1 MiB"));
}

/// Loads the short-range detector from a directory of the test's own, after `change`.
class LoadingTest : public ::testing::Test {
protected:
    LoadingTest() : pack_(default_pack()) {
        pack_.directory = directory_.path().string();
        content_ = read_file(kPackDirectory + "/" + entry().file);
    }
    NetworkEntry& entry() { return pack_.networks.at("facemesh-detection-short"); }

    std::string refusal() {
        const auto network = load_network(pack_, entry(), runtime_named("opencv"));
        EXPECT_FALSE(network);
        if (network) return {};
        EXPECT_EQ(network.error().code, ErrorCode::kProviderError);
        EXPECT_THAT(network.error().message, AllOf(HasSubstr(directory_.path().string() + "/" + entry().file),
                                                   HasSubstr("fetch the model pack again")));
        return network.error().message;
    }

    TemporaryDirectory directory_;
    ModelPack pack_;
    std::string content_;
};

TEST_F(LoadingTest, LoadsAnUnchangedFile) {
    static_cast<void>(directory_.write(entry().file, content_));
    const auto network = load_network(pack_, entry(), runtime_named("opencv"));
    EXPECT_TRUE(network) << network.error().message;
}

TEST_F(LoadingTest, RefusesAMissingFile) {
    EXPECT_THAT(refusal(), HasSubstr("is missing"));
}

TEST_F(LoadingTest, RefusesAFileWithOneBitChanged) {
    content_[content_.size() / 2] = static_cast<char>(content_[content_.size() / 2] ^ 1);
    static_cast<void>(directory_.write(entry().file, content_));
    EXPECT_THAT(refusal(), AllOf(HasSubstr("SHA-256"), HasSubstr(entry().sha256)));
}

TEST_F(LoadingTest, RefusesAnotherNetworksHash) {
    static_cast<void>(directory_.write(entry().file, content_));
    entry().sha256 = pack_.network("iris").sha256;
    EXPECT_THAT(refusal(), HasSubstr(entry().sha256));
}

TEST_F(LoadingTest, RefusesANetworkThatComputesSomethingElse) {
    static_cast<void>(directory_.write(entry().file, content_));
    const double l2 = entry().outputs[0].l2;
    entry().outputs[0].l2 = l2 * 1.001;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("self-test"), HasSubstr("L2 norm")));
    entry().outputs[0].l2 = l2;
    entry().outputs[0].first[3] += 0.01F;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("self-test"), HasSubstr("value 3")));
}

TEST_F(LoadingTest, RefusesOutputsOfOtherDimensions) {
    static_cast<void>(directory_.write(entry().file, content_));
    entry().outputs[0].dims = {1, 17, 896};
    EXPECT_THAT(refusal(), HasSubstr("1 x 896 x 17 instead of 1 x 17 x 896"));
}

}  // namespace
}  // namespace facegate::vision::testing
