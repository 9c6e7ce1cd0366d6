#include "vision/attributes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "unit/vision/altered_photos.h"
#include "unit/vision/reference_faces.h"
#include "vision/quality_gate.h"

namespace facegate::vision {
namespace {

using testing::Cover;
using testing::covered;
using testing::engine;
using testing::reference_photos;
using testing::ReferenceFace;
using testing::ReferencePhoto;
using testing::same_face;
using testing::sample;
using testing::Variant;
using testing::variants_of;
using Choice = FaceEngine::RuntimeChoice;

/// A face as found in a picture.
struct Seen {
    FaceMesh mesh;
    FaceAttributes attributes;
};

std::optional<Seen> see(const media::Image& image, const Box& box, Choice runtime = Choice::kOnnxRuntime) {
    const FaceEngine& tested = engine(runtime);
    const std::vector<Detection> found = tested.detect(image);
    const Detection* face = same_face(found, box);
    if (face == nullptr) return std::nullopt;
    const FaceMesh mesh = tested.landmarks(image, *face);
    return Seen{mesh, tested.attributes(image, *face, mesh)};
}

/// What was measured of each reference face in its own picture; once for the whole program.
const std::vector<std::pair<const ReferencePhoto*, Seen>>& reference_faces() {
    static const auto faces = [] {
        std::vector<std::pair<const ReferencePhoto*, Seen>> list;
        for (const ReferencePhoto& photo : reference_photos())
            for (const ReferenceFace& face : photo.faces)
                list.emplace_back(&photo, see(sample(photo.name), face.box).value());
        return list;
    }();
    return faces;
}

Box box_in(const Variant& variant, const Box& box) {
    const cv::Matx23d& to = variant.to_original;
    const cv::Matx22d turn(to(0, 0), to(0, 1), to(1, 0), to(1, 1));
    const cv::Vec2d centre =
        turn.inv() * cv::Vec2d(double{box.x + box.width / 2} - to(0, 2), double{box.y + box.height / 2} - to(1, 2));
    const double scale = std::sqrt(std::abs(cv::determinant(turn)));
    const auto width = static_cast<float>(double{box.width} / scale);
    const auto height = static_cast<float>(double{box.height} / scale);
    return {static_cast<float>(centre[0]) - width / 2, static_cast<float>(centre[1]) - height / 2, width, height};
}

/// Standard deviation of a measurement of one face over the variants of its picture, over all reference faces.
double scatter_of(const std::function<double(const FaceAttributes&)>& measured) {
    static const std::vector<std::vector<FaceAttributes>> kSeen = [] {
        std::vector<std::vector<FaceAttributes>> seen;
        for (const ReferencePhoto& photo : reference_photos()) {
            const std::vector<Variant> variants = variants_of(sample(photo.name));
            for (const ReferenceFace& face : photo.faces) {
                std::vector<FaceAttributes>& of_face = seen.emplace_back();
                for (const Variant& variant : variants)
                    if (const auto found = see(variant.image, box_in(variant, face.box)))
                        of_face.push_back(found->attributes);
            }
        }
        return seen;
    }();
    double squares = 0;
    double freedom = -1;
    for (const std::vector<FaceAttributes>& face : kSeen) {
        double mean = 0;
        for (const FaceAttributes& one : face) mean += measured(one) / static_cast<double>(face.size());
        for (const FaceAttributes& one : face) squares += std::pow(measured(one) - mean, 2);
        freedom += static_cast<double>(face.size()) - 1;
    }
    EXPECT_GT(freedom, 80) << "most variants' faces are found";
    return std::sqrt(squares / freedom);
}

class AttributesUnderRuntime : public ::testing::TestWithParam<Choice> {};

TEST_P(AttributesUnderRuntime, EyesAreAsOpenAsTheReferenceSays) {
    for (const ReferencePhoto& photo : reference_photos()) {
        for (const ReferenceFace& face : photo.faces) {
            SCOPED_TRACE(photo.name);
            const auto seen = see(sample(photo.name), face.box, GetParam());
            ASSERT_TRUE(seen && seen->attributes.eyes);
            EXPECT_NEAR(seen->attributes.eyes->right.openness, face.right_eye, 0.01);
            EXPECT_NEAR(seen->attributes.eyes->left.openness, face.left_eye, 0.01);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Both, AttributesUnderRuntime, ::testing::Values(Choice::kOnnxRuntime, Choice::kOpenCv),
                         [](const auto& test) {
                             return test.param == Choice::kOpenCv ? std::string("OpenCv") : std::string("OnnxRuntime");
                         });

TEST(Attributes, PupilsLieInTheirEyesAlsoInAMirror) {
    const auto& [photo, upright] = reference_faces().back();
    const media::Image reflection = testing::mirrored(sample(photo->name));
    Box box = photo->faces.back().box;
    box.x = static_cast<float>(photo->width) - box.x - box.width;
    const auto mirrored = see(reflection, box);
    ASSERT_TRUE(mirrored);
    const auto width = [](const FaceMesh& mesh) { return mesh.points[133].x - mesh.points[33].x; };
    const auto in_eye = [&](const Seen& seen, const Point2& pupil, std::size_t a, std::size_t b) {
        const auto& points = seen.mesh.points;
        EXPECT_NEAR(pupil.x, (points[a].x + points[b].x) / 2, width(seen.mesh) * 0.35F);
        EXPECT_NEAR(pupil.y, (points[a].y + points[b].y) / 2, width(seen.mesh) * 0.3F);
    };
    for (const Seen* seen : {&upright, &*mirrored}) {
        in_eye(*seen, seen->attributes.eyes->right.pupil, 33, 133);
        in_eye(*seen, seen->attributes.eyes->left.pupil, 362, 263);
    }
    const Eyes& eyes = *upright.attributes.eyes;
    const Eyes& swapped = *mirrored->attributes.eyes;
    const auto last = static_cast<float>(photo->width - 1);
    EXPECT_NEAR(swapped.left.pupil.x, last - eyes.right.pupil.x, width(upright.mesh) * 0.1F);
    EXPECT_NEAR(swapped.right.pupil.x, last - eyes.left.pupil.x, width(upright.mesh) * 0.1F);
    EXPECT_NEAR(swapped.left.openness, eyes.right.openness, 3 * kEyesOpen.scatter);
    EXPECT_NEAR(swapped.right.openness, eyes.left.openness, 3 * kEyesOpen.scatter);
}

double grey_around(const media::Image& image, const Point2& place, float radius) {
    double sum = 0;
    int count = 0;
    for (float y = place.y - radius; y <= place.y + radius; ++y) {
        for (float x = place.x - radius; x <= place.x + radius; ++x, ++count) {
            const std::uint8_t* pixel = image.at(static_cast<int>(x), static_cast<int>(y));
            sum += pixel[0] + pixel[1] + pixel[2];
        }
    }
    return sum / (3 * count);
}

TEST(Attributes, PupilsAreDarkerThanTheOtherSideOfTheEye) {
    int looked_at = 0;
    int darker = 0;
    for (const auto& [photo, seen] : reference_faces()) {
        const auto look = [&, &mesh = seen.mesh, &picture = sample(photo->name)](const Eye& eye, std::size_t a,
                                                                                 std::size_t b) {
            const Point2 middle{(mesh.points[a].x + mesh.points[b].x) / 2, (mesh.points[a].y + mesh.points[b].y) / 2};
            const float width = std::hypot(mesh.points[a].x - mesh.points[b].x, mesh.points[a].y - mesh.points[b].y);
            const Point2 aside{eye.pupil.x - middle.x, eye.pupil.y - middle.y};
            if (eye.openness < 0.22F || std::hypot(aside.x, aside.y) < width * 0.1F) return;
            ++looked_at;
            const Point2 opposite{middle.x - aside.x, middle.y - aside.y};
            if (grey_around(picture, eye.pupil, width * 0.08F) < grey_around(picture, opposite, width * 0.08F))
                ++darker;
        };
        look(seen.attributes.eyes->right, 33, 133);
        look(seen.attributes.eyes->left, 362, 263);
    }
    EXPECT_GE(looked_at, 10);
    EXPECT_GE(darker, looked_at * 0.85) << looked_at;
}

TEST(Attributes, ScatterAsDocumented) {
    const auto documented = [](const Decision& decision, double measured) {
        EXPECT_LT(measured, decision.scatter * 1.15);
        EXPECT_GT(measured, decision.scatter * 0.85);
    };
    documented(kEyesOpen, scatter_of([](const auto& face) { return double{face.eyes->openness()}; }));
    documented(kMouthOpen, scatter_of([](const auto& face) { return double{face.quality.mouth}; }));
    documented(kMeshJitter, scatter_of([](const auto& face) { return std::log(double{face.occlusion.mesh_jitter}); }));
    documented(kColourDifference,
               scatter_of([](const auto& face) { return std::log(double{face.occlusion.colour_difference}); }));
}

TEST(Attributes, ConfidenceGrowsWithTheDistanceFromTheThreshold) {
    const Decision decision{10, 2};
    EXPECT_NEAR(confidence_in(decision, 10), 50, 1e-9);
    EXPECT_NEAR(confidence_in(decision, 12), 84.134, 1e-2) << "one standard deviation of a normal distribution";
    EXPECT_NEAR(confidence_in(decision, 8), 84.134, 1e-2);
    EXPECT_NEAR(confidence_in(decision, 100), 100, 1e-9);
    EXPECT_NEAR(confidence_in(decision, 100, 63), 63, 1e-9);
    for (double value = 10; value < 20; value += 0.5)
        EXPECT_LT(confidence_in(decision, value), confidence_in(decision, value + 0.5));

    EXPECT_TRUE(eyes_open({{0.3F, {}}, {0.25F, {}}}).value);
    EXPECT_FALSE(eyes_open({{0.1F, {}}, {0.1F, {}}}).value);
    EXPECT_NEAR(eyes_open({{0.13F, {}}, {0.13F, {}}}).confidence, 89, 1) << "where the doubtful range begins";
    EXPECT_TRUE(mouth_open({200, 120, 80, {}, 0.5F}).value);
    EXPECT_FALSE(mouth_open({200, 120, 80, {}, 0.1F}).value);
    EXPECT_FALSE(face_occluded({0.007F, 7}).value);
    EXPECT_LE(face_occluded({0.0F, 0}).confidence, kSurestClear);
    EXPECT_TRUE(face_occluded({0.03F, 7}).value);
    EXPECT_TRUE(face_occluded({0.007F, 30}).value);
    EXPECT_NEAR(face_occluded({0.012F, 7}).confidence, 50, 0.1);
    EXPECT_NEAR(face_occluded({0.007F, 16.001F}).confidence, 50, 0.1);
    EXPECT_GT(face_occluded({0.03F, 16.001F}).confidence, 70) << "the surer sign counts";
}

struct Caught {
    int covered = 0;
    int found = 0;
};

Caught caught(std::initializer_list<Cover> covers) {
    Caught count;
    std::size_t position = 0;
    for (const ReferencePhoto& photo : reference_photos()) {
        for (const ReferenceFace& face : photo.faces) {
            const FaceMesh& mesh = reference_faces()[position++].second.mesh;
            for (const Cover cover : covers) {
                const auto seen = see(covered(sample(photo.name), mesh, cover), face.box);
                if (!seen || seen->attributes.presence < 0.5F) continue;  // refused before it is measured
                ++count.covered;
                count.found += face_occluded(seen->attributes.occlusion).value ? 1 : 0;
            }
        }
    }
    return count;
}

TEST(Attributes, OcclusionIsFoundAsOftenAsDocumented) {
    Caught clear;
    for (const auto& [photo, seen] : reference_faces()) {
        ++clear.covered;
        clear.found += face_occluded(seen.attributes.occlusion).value ? 1 : 0;
    }
    const Caught on_mouth = caught({Cover::kMask, Cover::kMouthMask, Cover::kScarf});
    const Caught hand = caught({Cover::kHandOnMouth, Cover::kHandOnEye, Cover::kPhone});
    const Caught sunglasses = caught({Cover::kSunglasses});
    const Caught beard = caught({Cover::kBeard});
    const auto share = [](std::initializer_list<Caught> all) {
        Caught sum;
        for (const Caught& one : all) sum = {sum.covered + one.covered, sum.found + one.found};
        return static_cast<double>(sum.found) / sum.covered;
    };
    RecordProperty("on_mouth", std::to_string(on_mouth.found) + "/" + std::to_string(on_mouth.covered));
    RecordProperty("hand", std::to_string(hand.found) + "/" + std::to_string(hand.covered));
    RecordProperty("sunglasses", std::to_string(sunglasses.found) + "/" + std::to_string(sunglasses.covered));
    RecordProperty("beard", std::to_string(beard.found) + "/" + std::to_string(beard.covered));
    RecordProperty("clear", std::to_string(clear.found) + "/" + std::to_string(clear.covered));
    EXPECT_GT(share({on_mouth}), 0.65);
    EXPECT_LT(share({clear}), 0.2);
    EXPECT_LT(share({beard}), 0.25) << "a beard is no mask";
    // The confidences in both answers follow from these two shares, with as many clear as covered faces.
    const double hit = share({on_mouth, hand, sunglasses});
    const double false_alarm = share({clear});
    EXPECT_NEAR(100 * hit / (hit + false_alarm), kSurestOccluded, 4);
    EXPECT_NEAR(100 * (1 - false_alarm) / (2 - hit - false_alarm), kSurestClear, 4);
}

TEST(Attributes, AFaceThatLeavesThePictureIsSeenToDoSo) {
    const auto& [photo, whole] = reference_faces()[13];
    EXPECT_EQ(whole.attributes.outside_frame, 0);
    const media::Image& image = sample(photo->name);
    const float left = whole.mesh.points[234].x;
    const float right = whole.mesh.points[454].x;
    float before = 0;
    for (const float cut : {0.1F, 0.2F, 0.3F}) {
        media::Image part{static_cast<int>(right - cut * (right - left)), image.height, {}};
        for (int y = 0; y < image.height; ++y)
            part.pixels.insert(part.pixels.end(), image.at(0, y), image.at(0, y) + std::ptrdiff_t{part.width} * 3);
        const auto seen = see(part, photo->faces[1].box);
        ASSERT_TRUE(seen);
        EXPECT_GT(seen->attributes.outside_frame, before);
        EXPECT_GT(seen->attributes.outside_frame, QualityLimits{}.max_outside_frame);
        before = seen->attributes.outside_frame;
    }
}

TEST(Attributes, TheGateKnowsTheSampleFaces) {
    // Photo by photo: eyes cast down or closed (1, 2), light of two colours (3), an arm or hair before the face (4, 5).
    const std::vector<std::string> expected = {"EYES_CLOSED",
                                               "",
                                               "",
                                               "EYES_CLOSED",
                                               "FACE_OCCLUDED",
                                               "",
                                               "",
                                               "",
                                               "FACE_OCCLUDED",
                                               "FACE_OCCLUDED",
                                               "",
                                               "",
                                               "",
                                               "",
                                               "",
                                               ""};
    ASSERT_EQ(reference_faces().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto& [photo, seen] = reference_faces()[i];
        SCOPED_TRACE(photo->name + ", face " + std::to_string(i));
        std::string codes;
        for (const QualityProblem& problem :
             quality_problems(seen.attributes, engine(Choice::kOnnxRuntime).quality_limits()))
            codes += problem.code;
        EXPECT_EQ(codes, expected[i]);
        EXPECT_NEAR(seen.attributes.frame_share, 0.03, 0.02);
        EXPECT_GT(seen.attributes.presence, 0.9F);
    }
}

}  // namespace
}  // namespace facegate::vision
