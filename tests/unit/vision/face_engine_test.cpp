#include "vision/face_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "unit/vision/reference_faces.h"
#include "vision/quality.h"

namespace facegate::vision {
namespace {

using testing::engine;
using testing::FaceId;
using testing::reference_pairs;
using testing::reference_photos;
using testing::ReferenceFace;
using testing::ReferencePhoto;
using testing::sample;
using Choice = FaceEngine::RuntimeChoice;

/// Of the distance between the eyes: what another way of resampling may change.
constexpr float kPointTolerance = 0.03F;
constexpr float kPoseTolerance = 3.0F;
constexpr float kPitchOffset = 3.5F;

float distance(Point2 a, Point2 b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}
Point2 flat(const Point3& point) {
    return {point.x, point.y};
}

float eye_distance(const ReferenceFace& face) {
    const auto middle = [&](std::size_t a, std::size_t b) {
        const Point3& first = face.mesh_points.at(a);
        const Point3& second = face.mesh_points.at(b);
        return Point2{(first.x + second.x) / 2, (first.y + second.y) / 2};
    };
    return distance(middle(33, 133), middle(362, 263));
}

const Detection& nearest(const std::vector<Detection>& found, const ReferenceFace& face) {
    return *std::min_element(found.begin(), found.end(), [&face](const Detection& a, const Detection& b) {
        return distance(a.keypoints[2], face.keypoints[2]) < distance(b.keypoints[2], face.keypoints[2]);
    });
}

class FaceEngineTest : public ::testing::TestWithParam<Choice> {
protected:
    [[nodiscard]] static const FaceEngine& tested() { return engine(GetParam()); }
    /// The mesh of the reference face, found anew.
    [[nodiscard]] static FaceMesh mesh_of(const ReferencePhoto& photo, const ReferenceFace& face) {
        const auto& image = sample(photo.name);
        return tested().landmarks(image, nearest(tested().detect(image), face));
    }
};

TEST_P(FaceEngineTest, FindsEveryReferenceFaceWhereItIs) {
    for (const ReferencePhoto& photo : reference_photos()) {
        const auto& image = sample(photo.name);
        ASSERT_EQ(image.width, photo.width);
        ASSERT_EQ(image.height, photo.height);
        const auto found = tested().detect(image);
        ASSERT_EQ(found.size(), photo.faces.size()) << photo.name;
        for (const ReferenceFace& face : photo.faces) {
            SCOPED_TRACE(photo.name);
            const float tolerance = kPointTolerance * eye_distance(face);
            const Detection& detection = nearest(found, face);
            EXPECT_NEAR(detection.score, face.score, 0.05);
            EXPECT_NEAR(detection.box.x, face.box.x, tolerance);
            EXPECT_NEAR(detection.box.y, face.box.y, tolerance);
            EXPECT_NEAR(detection.box.x + detection.box.width, face.box.x + face.box.width, tolerance);
            EXPECT_NEAR(detection.box.y + detection.box.height, face.box.y + face.box.height, tolerance);
            for (std::size_t k = 0; k < face.keypoints.size(); ++k) {
                EXPECT_LT(distance(detection.keypoints[k], face.keypoints[k]), tolerance) << "key point " << k;
            }
        }
    }
}

TEST_P(FaceEngineTest, GivesTheLargestFaceFirst) {
    for (const ReferencePhoto& photo : reference_photos()) {
        const auto found = tested().detect(sample(photo.name));
        for (std::size_t i = 1; i < found.size(); ++i) {
            EXPECT_GE(found[i - 1].box.width * found[i - 1].box.height, found[i].box.width * found[i].box.height);
        }
    }
}

TEST_P(FaceEngineTest, FindsTheReferenceMesh) {
    for (const ReferencePhoto& photo : reference_photos()) {
        for (const ReferenceFace& face : photo.faces) {
            SCOPED_TRACE(photo.name);
            const FaceMesh mesh = mesh_of(photo, face);
            EXPECT_NEAR(mesh.presence, face.presence, 0.05);
            const float tolerance = kPointTolerance * eye_distance(face);
            for (const auto& [index, point] : face.mesh_points) {
                EXPECT_LT(distance(flat(mesh.points[index]), flat(point)), tolerance) << "mesh point " << index;
                EXPECT_NEAR(mesh.points[index].z, point.z, 2 * tolerance) << "mesh point " << index;
            }
        }
    }
}

TEST_P(FaceEngineTest, MeasuresTheReferencePoses) {
    for (const ReferencePhoto& photo : reference_photos()) {
        for (const ReferenceFace& face : photo.faces) {
            SCOPED_TRACE(photo.name);
            const FaceMesh mesh = mesh_of(photo, face);
            const Pose pose = pose_of(mesh);
            EXPECT_NEAR(pose.yaw, face.pose.yaw, kPoseTolerance);
            EXPECT_NEAR(pose.pitch, face.pose.pitch - kPitchOffset, kPoseTolerance);
            EXPECT_NEAR(pose.roll, face.pose.roll, kPoseTolerance);
            EXPECT_NEAR(mouth_openness(mesh), face.mouth, 0.05);
        }
    }
}

TEST_P(FaceEngineTest, ScoresEveryPairAsTheReferenceDoes) {
    std::map<FaceId, FaceVector> vectors;
    for (std::size_t p = 0; p < reference_photos().size(); ++p) {
        const ReferencePhoto& photo = reference_photos()[p];
        for (std::size_t f = 0; f < photo.faces.size(); ++f) {
            vectors[{p, f}] = tested().embed(sample(photo.name), mesh_of(photo, photo.faces[f]));
        }
    }
    ASSERT_EQ(vectors.size(), 16u);
    ASSERT_EQ(reference_pairs().size(), 120u);
    constexpr std::size_t kDimensionD = 128;
    constexpr double kWeightD = 2 / 0.034;
    for (const auto& pair : reference_pairs()) {
        const FaceVector& a = vectors.at(pair.a);
        const FaceVector& b = vectors.at(pair.b);
        ASSERT_EQ(a.size(), tested().dimension());
        double cosine_d = 0;
        for (std::size_t i = 0; i < kDimensionD; ++i) cosine_d += double{a[i]} * double{b[i]} / kWeightD;
        const auto trace = reference_photos()[pair.a.photo].name + " face " + std::to_string(pair.a.face) + ", " +
                           reference_photos()[pair.b.photo].name + " face " + std::to_string(pair.b.face);
        EXPECT_NEAR(cosine_d, pair.cosine_d, 0.02) << trace;
        EXPECT_NEAR(tested().score(a, b), pair.score, 0.6) << trace;
    }
}

TEST_P(FaceEngineTest, FindsNothingInAnEmptyRoom) {
    const media::Image grey{640, 480, std::vector<std::uint8_t>(640 * 480 * 3, 128)};
    EXPECT_TRUE(tested().detect(grey).empty());
}

TEST_P(FaceEngineTest, SurvivesImagesOfOddShapes) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 3000}, {3000, 1}, {2, 2}, {129, 127}}) {
        const media::Image image{width, height,
                                 std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * 3, 200)};
        static_cast<void>(tested().detect(image));
        Detection outside;
        outside.box = {-5000, -5000, 100, 100};
        outside.keypoints[0] = {-4980, -4970};
        outside.keypoints[1] = {-4930, -4970};
        const FaceMesh mesh = tested().landmarks(image, outside);
        EXPECT_EQ(tested().embed(image, mesh).size(), tested().dimension());
        EXPECT_GT(tested().attributes(image, outside, mesh).outside_frame, 0.9F);
    }
}

TEST_P(FaceEngineTest, AddsUpTheTimeOfEachStage) {
    const auto& photo = reference_photos().front();
    const auto& image = sample(photo.name);
    StageTimes times;
    const auto faces = tested().detect(image, &times);
    EXPECT_GT(times.detect, 0);
    const FaceMesh mesh = tested().landmarks(image, faces.front(), &times);
    static_cast<void>(tested().embed(image, mesh, &times));
    EXPECT_GT(times.landmarks, 0);
    EXPECT_GT(times.align, 0);
    EXPECT_GT(times.embed, 0);
    EXPECT_GT(times.networks, 0);
    EXPECT_LT(times.networks, times.detect + times.landmarks + times.embed);
    EXPECT_EQ(times.attributes, 0) << "a comparison does not pay for them";
    static_cast<void>(tested().attributes(image, faces.front(), mesh, &times));
    EXPECT_GT(times.attributes, 0);
}

INSTANTIATE_TEST_SUITE_P(BothRuntimes, FaceEngineTest, ::testing::Values(Choice::kOnnxRuntime, Choice::kOpenCv),
                         [](const auto& test) {
                             return test.param == Choice::kOpenCv ? std::string("OpenCv") : std::string("OnnxRuntime");
                         });

TEST(FaceEngine, GivesTheSameFromManyThreads) {
    const auto& photo = reference_photos()[1];
    const auto& image = sample(photo.name);
    for (const Choice choice : {Choice::kOnnxRuntime, Choice::kOpenCv}) {
        const FaceEngine& shared = engine(choice);
        const auto vector_of = [&] {
            return shared.embed(image, shared.landmarks(image, shared.detect(image).front()));
        };
        const FaceVector expected = vector_of();
        std::vector<FaceVector> found(4);
        std::vector<std::thread> threads;
        for (auto& vector : found) threads.emplace_back([&] { vector = vector_of(); });
        for (auto& thread : threads) thread.join();
        EXPECT_THAT(found, ::testing::Each(expected));
    }
}

TEST(FaceEngine, AveragesEachEmbedderOnItsOwn) {
    const FaceEngine& any = engine(Choice::kOnnxRuntime);
    const auto& photo = reference_photos()[2];
    const auto& image = sample(photo.name);
    const auto faces = any.detect(image);
    ASSERT_EQ(faces.size(), 2u);
    const FaceVector a = any.embed(image, any.landmarks(image, faces[0]));
    const FaceVector b = any.embed(image, any.landmarks(image, faces[1]));

    const FaceVector same = any.average(std::vector{a, a}, std::vector{1.0F, 3.0F});
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(same[i], a[i], 1e-5);
    EXPECT_NEAR(any.score(a, a), 2 * (1 - 0.839) / 0.034 + (1 - 0.377) / 0.073, 1e-3);

    const FaceVector mean = any.average(std::vector{a, b}, std::vector{1.0F, 1.0F});
    EXPECT_NEAR(any.score(mean, mean), any.score(a, a), 1e-3) << "each part is a unit vector again";
    EXPECT_NEAR(any.score(mean, a), any.score(mean, b), 1e-3);
    EXPECT_GT(any.score(mean, a), any.score(a, b));
    const FaceVector tilted = any.average(std::vector{a, b}, std::vector{3.0F, 1.0F});
    EXPECT_GT(any.score(tilted, a), any.score(mean, a));

    EXPECT_THROW(static_cast<void>(any.average({}, {})), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(any.average(std::span(&a, 1), std::vector{0.0F})), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(any.score(a, FaceVector(3))), std::invalid_argument);
}

TEST(FaceEngine, NamesItsPackAndRuntime) {
    EXPECT_EQ(engine(Choice::kOnnxRuntime).pack_id(), "default-1");
    EXPECT_THAT(engine(Choice::kOnnxRuntime).runtime_name(), ::testing::StartsWith("onnxruntime "));
    EXPECT_THAT(engine(Choice::kOpenCv).runtime_name(), ::testing::StartsWith("opencv "));
    EXPECT_NEAR(engine(Choice::kOpenCv).score_bias(), -2 * 0.839 / 0.034 - 0.377 / 0.073, 1e-6);
    EXPECT_NEAR(engine(Choice::kOpenCv).calibration().threshold(1e-4, 1), 9.35, 1e-9);
}

TEST(FaceEngine, FallsBackToOpenCvWhenItMay) {
    auto options = testing::options_for(Choice::kAuto);
    options.onnxruntime_path = "/nonexistent/libonnxruntime.so.1";
    const auto automatic = FaceEngine::load(options);
    ASSERT_TRUE(automatic) << automatic.error().message;
    EXPECT_THAT((*automatic)->runtime_name(), ::testing::StartsWith("opencv "));
    options.runtime = Choice::kOnnxRuntime;
    const auto strict = FaceEngine::load(options);
    ASSERT_FALSE(strict);
    EXPECT_EQ(strict.error().code, ErrorCode::kProviderError);
}

TEST(FaceEngine, SaysWhichPackIsMissing) {
    const auto missing = FaceEngine::load({.pack_dir = "/nonexistent/pack", .onnxruntime_path = {}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kProviderError);
    EXPECT_THAT(missing.error().message, ::testing::HasSubstr("/nonexistent/pack"));
}

}  // namespace
}  // namespace facegate::vision
