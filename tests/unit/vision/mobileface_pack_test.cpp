// The second pack: other networks, another alignment and one setting, nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "unit/vision/pack_fixture.h"
#include "unit/vision/reference_faces.h"
#include "vision/face_chip.h"
#include "vision/face_engine.h"

namespace facegate::vision::testing {
namespace {

const FaceEngine& mobileface(FaceEngine::RuntimeChoice runtime = FaceEngine::RuntimeChoice::kOnnxRuntime) {
    static std::map<FaceEngine::RuntimeChoice, std::unique_ptr<FaceEngine>> engines;
    auto& loaded = engines[runtime];
    if (!loaded) {
        FaceEngine::Options options = options_for(runtime);
        options.pack_dir = pack_named("mobileface").directory;
        auto result = FaceEngine::load(options);
        if (!result) throw std::runtime_error(result.error().message);
        loaded = std::move(*result);
    }
    return *loaded;
}

const FaceEngine& default_engine() {
    return engine(FaceEngine::RuntimeChoice::kOnnxRuntime);
}

media::Image copy_of(const cv::Mat& pixels) {
    return {pixels.cols, pixels.rows, {pixels.datastart, pixels.dataend}};
}

media::Image mirrored(const media::Image& image) {
    cv::Mat out;
    cv::flip(view_of(image), out, 1);
    return copy_of(out);
}

media::Image blurred(const media::Image& image) {
    cv::Mat out;
    cv::GaussianBlur(view_of(image), out, {}, 2);
    return copy_of(out);
}

media::Image rescaled(const media::Image& image) {
    cv::Mat out;
    cv::resize(view_of(image), out, {}, 0.6, 0.6, cv::INTER_AREA);
    return copy_of(out);
}

FaceVector vector_of(const FaceEngine& engine, const media::Image& image, const Detection& face) {
    return engine.embed(image, engine.landmarks(image, face));
}

/// A face of the sample photos as the second pack finds it.
struct SampleFace {
    std::string photo;
    Detection detection;
    FaceVector vector;
    FaceVector by_default;  ///< the default pack's vector of the same face
};

const std::vector<SampleFace>& sample_faces() {
    static const std::vector<SampleFace> faces = [] {
        std::vector<SampleFace> list;
        for (const ReferencePhoto& photo : reference_photos()) {
            const media::Image& image = sample(photo.name);
            for (const Detection& face : mobileface().detect(image)) {
                list.push_back(
                    {photo.name, face, vector_of(mobileface(), image, face), vector_of(default_engine(), image, face)});
            }
        }
        return list;
    }();
    return faces;
}

/// Scores of different people. Who is who the default pack says, whose error at this rate is far below the pairs'
/// number.
std::vector<double> impostor_scores() {
    constexpr double kSamePerson = 1e-5;
    std::vector<double> scores;
    const auto& faces = sample_faces();
    for (std::size_t a = 0; a < faces.size(); ++a) {
        for (std::size_t b = a + 1; b < faces.size(); ++b) {
            const double s = default_engine().score(faces[a].by_default, faces[b].by_default);
            if (default_engine().calibration().false_match_rate(s, 1).fmr > kSamePerson)
                scores.push_back(mobileface().score(faces[a].vector, faces[b].vector));
        }
    }
    return scores;
}

struct Normal {
    double mean = 0;
    double deviation = 0;
};

Normal fit(const std::vector<double>& scores) {
    const auto count = static_cast<double>(scores.size());
    const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / count;
    double squares = 0;
    for (const double score : scores) squares += (score - mean) * (score - mean);
    return {mean, std::sqrt(squares / (count - 1))};
}

/// For each face of the samples, its best score against all faces of another version of its photo.
std::vector<double> scores_against(media::Image (*version)(const media::Image&)) {
    std::map<std::string, std::vector<FaceVector>> found;
    for (const ReferencePhoto& photo : reference_photos()) {
        const media::Image image = version(sample(photo.name));
        for (const Detection& face : mobileface().detect(image))
            found[photo.name].push_back(vector_of(mobileface(), image, face));
    }
    std::vector<double> scores;
    for (const SampleFace& face : sample_faces()) {
        double best = -1e9;
        for (const FaceVector& other : found[face.photo]) best = std::max(best, mobileface().score(face.vector, other));
        scores.push_back(best);
    }
    return scores;
}

TEST(MobileFacePack, IsAnotherPack) {
    EXPECT_EQ(mobileface().pack_id(), "mobileface-1");
    EXPECT_EQ(mobileface().dimension(), 256U);
    const ModelPack& pack = pack_named("mobileface");
    EXPECT_FALSE(pack.detector_full);
    // It scales its pixels itself in the original; here the manifest does.
    EXPECT_FLOAT_EQ(pack.network("mobileface").input.scale[0], 1.0F / 128);
}

TEST(MobileFacePack, FindsTheFacesTheDefaultPackFinds) {
    for (const ReferencePhoto& photo : reference_photos()) {
        const auto found = mobileface().detect(sample(photo.name));
        for (const ReferenceFace& face : photo.faces) {
            const Point3& nose = face.mesh_points.at(1);
            const auto holds_nose = [&](const Detection& other) {
                const Box& box = other.box;
                return nose.x > box.x && nose.x < box.x + box.width && nose.y > box.y && nose.y < box.y + box.height;
            };
            EXPECT_EQ(std::ranges::count_if(found, holds_nose), 1) << photo.name << " at " << nose.x << ", " << nose.y;
        }
    }
}

TEST(MobileFacePack, SeparatesTheSampleFaces) {
    ASSERT_GE(sample_faces().size(), 20U);
    const auto strangers = impostor_scores();
    ASSERT_GE(strangers.size(), 200U);
    const double threshold = mobileface().calibration().threshold(1e-4, 1);
    EXPECT_THAT(strangers, ::testing::Each(::testing::Lt(threshold)));
    EXPECT_THAT(scores_against(blurred), ::testing::Each(::testing::Gt(threshold)));
    EXPECT_THAT(scores_against(rescaled), ::testing::Each(::testing::Gt(threshold)));
    // A face near the detector's threshold may go unfound in the mirror image.
    const auto mirror = scores_against(mirrored);
    EXPECT_LE(std::ranges::count_if(mirror, [&](double score) { return score <= threshold; }), 1);
}

TEST(MobileFacePack, IsCalibratedAsItsManifestSays) {
    const Normal scores = fit(impostor_scores());
    // One-sided 99 % bounds of mean and deviation for as many independent observations as there are faces: pairs that
    // share a face are not independent. Student's t and chi-squared for 22 - 1 degrees of freedom.
    ASSERT_EQ(sample_faces().size(), 22U);
    constexpr double kStudent = 2.518;
    constexpr double kChiSquared = 8.897;
    const double mean = scores.mean + kStudent * scores.deviation / std::sqrt(22.0);
    const double deviation = scores.deviation * std::sqrt(21 / kChiSquared);
    const std::vector<std::pair<double, double>> quantiles = {{1e-1, 1.2816}, {1e-2, 2.3263}, {1e-3, 3.0902},
                                                              {1e-4, 3.7190}, {1e-5, 4.2649}, {1e-6, 4.7534}};
    for (const auto& [fmr, quantile] : quantiles)
        EXPECT_NEAR(mobileface().calibration().threshold(fmr, 1), mean + quantile * deviation, 0.05) << fmr;
}

}  // namespace
}  // namespace facegate::vision::testing
