// Both runtimes against each other: each network of both packs on what it sees in use, and whole faces.
#include <gmock/gmock.h>

#include <cmath>

#include "unit/vision/pack_fixture.h"
#include "unit/vision/reference_faces.h"
#include "vision/embedder.h"
#include "vision/face_chip.h"
#include "vision/face_engine.h"
#include "vision/image_network.h"

namespace facegate::vision::testing {
namespace {

constexpr double kTolerance = 1e-3;

/// The largest difference, each relative to the value or, where that is small beside it, to the output's root mean
/// square.
double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) throw std::logic_error("different lengths");
    const double rms = root_mean_square(a);
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(double{a[i]} - double{b[i]});
        worst = std::max(worst, difference / std::max(std::abs(double{a[i]}), rms));
    }
    return worst;
}

Square eye_square(const FaceMesh& mesh, std::size_t outer, std::size_t inner, float factor) {
    const Point3& a = mesh.points[outer];
    const Point3& b = mesh.points[inner];
    return {{(a.x + b.x) / 2, (a.y + b.y) / 2}, std::hypot(a.x - b.x, a.y - b.y) * factor, 0};
}

Square whole_image(const media::Image& image) {
    return {{static_cast<float>(image.width) / 2, static_cast<float>(image.height) / 2},
            static_cast<float>(std::max(image.width, image.height)),
            0};
}

/// Where the network looks in use: the whole photo, the face, an eye or an aligned face.
ChipTransform chip_for(const ModelPack& pack, const std::string& network, const media::Image& image,
                       const FaceMesh& mesh) {
    const int size = pack.network(network).input.size;
    for (const EmbedderRole& role : pack.embedders)
        if (role.network == network) return chip_transform(role.alignment, mesh, size);
    if (network == pack.landmarks.network) return transform_of(square_of(mesh, pack.landmarks.crop_factor), size);
    if (pack.iris && network == pack.iris->network)
        return transform_of(eye_square(mesh, 33, 133, pack.iris->crop_factor), size);
    return transform_of(whole_image(image), size);
}

struct SampleMesh {
    std::string photo;
    FaceMesh mesh;
};

/// One face of each sample photo.
const std::vector<SampleMesh>& sample_meshes() {
    static const std::vector<SampleMesh> meshes = [] {
        const FaceEngine& finder = engine(FaceEngine::RuntimeChoice::kOnnxRuntime);
        std::vector<SampleMesh> list;
        for (const ReferencePhoto& photo : reference_photos()) {
            const media::Image& image = sample(photo.name);
            list.push_back({photo.name, finder.landmarks(image, finder.detect(image).front())});
        }
        return list;
    }();
    return meshes;
}

class RuntimeAgreement : public ::testing::TestWithParam<PackNetwork> {
protected:
    static std::unique_ptr<Network> loaded(const std::string& runtime) {
        auto network = runtime_named(runtime).load(GetParam().spec());
        if (!network) throw std::runtime_error(network.error().message);
        return std::move(*network);
    }

    void expect_agreement(const Tensor& input, const std::string& what) {
        const std::vector<Tensor> a = onnx_->run(input);
        const std::vector<Tensor> b = opencv_->run(input);
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            ASSERT_EQ(a[i].dims, b[i].dims);
            ASSERT_GT(root_mean_square(a[i].values), 0);
            EXPECT_LE(relative_difference(a[i].values, b[i].values), kTolerance) << what << ", output " << i;
        }
    }

    std::unique_ptr<Network> onnx_ = loaded("onnxruntime");
    std::unique_ptr<Network> opencv_ = loaded("opencv");
};

TEST_P(RuntimeAgreement, OnTheSelfTestInput) {
    expect_agreement(self_test_input(GetParam().entry().input.size), "self-test");
}

TEST_P(RuntimeAgreement, OnWhatTheNetworkSeesInUse) {
    const ModelPack& pack = pack_named(GetParam().pack);
    const InputFormat& format = GetParam().entry().input;
    const ImageNetwork preparing(format, nullptr);
    for (const SampleMesh& face : sample_meshes()) {
        const media::Image& image = sample(face.photo);
        const cv::Mat chip = cut_chip(image, chip_for(pack, GetParam().network, image, face.mesh), format.size);
        expect_agreement(preparing.prepare(chip), face.photo);
    }
}

INSTANTIATE_TEST_SUITE_P(AllNetworks, RuntimeAgreement, ::testing::ValuesIn(kPackNetworks),
                         [](const auto& parameter) { return parameter.param.test_name(); });

/// Vectors and scores of the faces of all sample photos, each runtime's engine on its own.
class EngineAgreement : public ::testing::TestWithParam<std::string> {
protected:
    static std::unique_ptr<FaceEngine> loaded(FaceEngine::RuntimeChoice runtime) {
        FaceEngine::Options options = options_for(runtime);
        options.pack_dir = pack_named(GetParam()).directory;
        auto engine = FaceEngine::load(options);
        if (!engine) throw std::runtime_error(engine.error().message);
        return std::move(*engine);
    }

    /// The scores of all pairs, of each face with itself too.
    [[nodiscard]] static std::vector<float> scores(const FaceEngine& engine, const std::vector<FaceVector>& faces) {
        std::vector<float> list;
        for (std::size_t a = 0; a < faces.size(); ++a)
            for (std::size_t b = a; b < faces.size(); ++b)
                list.push_back(static_cast<float>(engine.score(faces[a], faces[b])));
        return list;
    }

    std::unique_ptr<FaceEngine> onnx_ = loaded(FaceEngine::RuntimeChoice::kOnnxRuntime);
    std::unique_ptr<FaceEngine> opencv_ = loaded(FaceEngine::RuntimeChoice::kOpenCv);
};

TEST_P(EngineAgreement, OnTheSameMeshes) {
    std::vector<FaceVector> by_onnx;
    std::vector<FaceVector> by_opencv;
    for (const ReferencePhoto& photo : reference_photos()) {
        const media::Image& image = sample(photo.name);
        for (const Detection& face : onnx_->detect(image)) {
            const FaceMesh mesh = onnx_->landmarks(image, face);
            by_onnx.push_back(onnx_->embed(image, mesh));
            by_opencv.push_back(opencv_->embed(image, mesh));
            EXPECT_LE(relative_difference(by_onnx.back(), by_opencv.back()), kTolerance) << photo.name;
        }
    }
    ASSERT_GE(by_onnx.size(), 16U);
    EXPECT_LE(relative_difference(scores(*onnx_, by_onnx), scores(*opencv_, by_opencv)), kTolerance);
}

TEST_P(EngineAgreement, FromTheImageUpToTheRoundingOfChips) {
    // Chips are cut at 1/32 of a pixel and have whole grey levels: a box that differs by 1e-4 pixels is rounded to
    // another chip here and there, which each further pass of the mesh network amplifies.
    constexpr double kRounded = 1e-2;
    std::vector<FaceVector> by_onnx;
    std::vector<FaceVector> by_opencv;
    for (const ReferencePhoto& photo : reference_photos()) {
        const media::Image& image = sample(photo.name);
        const auto found = onnx_->detect(image);
        const auto also_found = opencv_->detect(image);
        ASSERT_EQ(found.size(), also_found.size()) << photo.name;
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_NEAR(found[i].box.x, also_found[i].box.x, 0.01) << photo.name;
            EXPECT_NEAR(found[i].score, also_found[i].score, kTolerance) << photo.name;
            by_onnx.push_back(onnx_->embed(image, onnx_->landmarks(image, found[i])));
            by_opencv.push_back(opencv_->embed(image, opencv_->landmarks(image, also_found[i])));
        }
    }
    EXPECT_LE(relative_difference(scores(*onnx_, by_onnx), scores(*opencv_, by_opencv)), kRounded);
}

INSTANTIATE_TEST_SUITE_P(BothPacks, EngineAgreement, ::testing::Values("default", "mobileface"),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace facegate::vision::testing
