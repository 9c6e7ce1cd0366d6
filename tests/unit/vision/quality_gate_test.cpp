#include "vision/quality_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>

#include "unit/vision/pack_fixture.h"
#include "vision/manifest_node.h"

namespace facegate::vision {
namespace {

using ::testing::HasSubstr;

FaceAttributes good_face() {
    FaceAttributes face;
    face.quality = {200, 120, 80, {5, -5, 10}, 0.1F};
    face.eyes = Eyes{{0.3F, {}}, {0.26F, {}}};
    face.occlusion = {0.007F, 7};
    face.frame_share = 0.2F;
    face.presence = 1;
    return face;
}

struct Case {
    const char* code;
    const char* measure;
    std::function<void(FaceAttributes&)> spoil;
    double value;
    double limit;
};

TEST(QualityGate, LetsAGoodFacePass) {
    EXPECT_TRUE(quality_problems(good_face(), {}).empty());
    FaceAttributes tilted = good_face();
    tilted.quality.pose.roll = 90;
    tilted.quality.mouth = 1;
    EXPECT_TRUE(quality_problems(tilted, {}).empty()) << "alignment undoes the roll, and people speak";
    FaceAttributes unread = good_face();
    unread.eyes.reset();
    EXPECT_TRUE(quality_problems(unread, {}).empty()) << "a pack without an iris network judges no eyes";
}

TEST(QualityGate, NamesEachLimitThatIsNotKept) {
    const std::vector<Case> cases = {
        {"FACE_TOO_SMALL", "inter_ocular_px", [](auto& f) { f.quality.inter_ocular_px = 39; }, 39, 40},
        {"FACE_CUT_OFF", "outside_frame", [](auto& f) { f.outside_frame = 0.25F; }, 0.25, 0.05},
        {"BLURRED", "sharpness", [](auto& f) { f.quality.sharpness = 34; }, 34, 35},
        {"TOO_DARK", "brightness", [](auto& f) { f.quality.brightness = 39; }, 39, 40},
        {"TOO_BRIGHT", "brightness", [](auto& f) { f.quality.brightness = 231; }, 231, 230},
        {"TURNED_ASIDE", "yaw", [](auto& f) { f.quality.pose.yaw = -46; }, 46, 45},
        {"TILTED", "pitch", [](auto& f) { f.quality.pose.pitch = 36; }, 36, 35},
        {"EYES_CLOSED", "eye_openness", [](auto& f) { f.eyes = Eyes{{0.1F, {}}, {0.15F, {}}}; }, 0.125, 0.13},
        {"FACE_OCCLUDED", "mesh_jitter", [](auto& f) { f.occlusion.mesh_jitter = 0.02F; }, 0.02, 0.012},
        {"FACE_OCCLUDED", "colour_difference", [](auto& f) { f.occlusion.colour_difference = 20; }, 20, 16},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.measure);
        FaceAttributes face = good_face();
        one.spoil(face);
        const std::vector<QualityProblem> problems = quality_problems(face, {});
        ASSERT_EQ(problems.size(), 1U);
        EXPECT_EQ(problems[0].code, one.code);
        EXPECT_EQ(problems[0].measure, one.measure);
        EXPECT_FALSE(problems[0].message.empty());
        EXPECT_NEAR(problems[0].value, one.value, 1e-6);
        EXPECT_NEAR(problems[0].limit, one.limit, 1e-6);
    }
}

TEST(QualityGate, KeepsTheLimitsThePackGives) {
    QualityLimits strict;
    strict.min_inter_ocular_px = 100;
    strict.max_yaw = 2;
    const std::vector<QualityProblem> problems = quality_problems(good_face(), strict);
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].code, "FACE_TOO_SMALL");
    EXPECT_EQ(problems[1].code, "TURNED_ASIDE");
}

boost::json::object quality_section() {
    const boost::json::value manifest =
        boost::json::parse(testing::read_file(testing::kPackDirectory + "/manifest.json"));
    return manifest.at("quality").as_object();
}

std::string refusal_of(const boost::json::value& section) {
    try {
        static_cast<void>(parse_quality(ManifestNode(section, "quality")));
    } catch (const ManifestError& error) {
        return error.what();
    }
    return "";
}

TEST(QualityLimits, AreReadFromTheManifest) {
    boost::json::object section = quality_section();
    EXPECT_EQ(refusal_of(section), "");
    double next = 41;
    for (const char* name : {"min_inter_ocular_px", "min_sharpness", "min_brightness", "max_brightness", "max_yaw",
                             "max_pitch", "max_colour_difference"})
        section[name] = next++;
    section["max_outside_frame"] = 0.5;
    section["min_eye_openness"] = 0.25;
    section["max_mesh_jitter"] = 0.75;
    const QualityLimits limits = parse_quality(ManifestNode(section, "quality"));
    EXPECT_EQ(limits.min_inter_ocular_px, 41);
    EXPECT_EQ(limits.min_sharpness, 42);
    EXPECT_EQ(limits.min_brightness, 43);
    EXPECT_EQ(limits.max_brightness, 44);
    EXPECT_EQ(limits.max_yaw, 45);
    EXPECT_EQ(limits.max_pitch, 46);
    EXPECT_EQ(limits.max_colour_difference, 47);
    EXPECT_EQ(limits.max_outside_frame, 0.5F);
    EXPECT_EQ(limits.min_eye_openness, 0.25F);
    EXPECT_EQ(limits.max_mesh_jitter, 0.75F);
}

TEST(QualityLimits, AreReadStrictly) {
    for (const auto& member : quality_section()) {
        const std::string name(member.key());
        SCOPED_TRACE(name);
        boost::json::object without = quality_section();
        without.erase(name);
        EXPECT_THAT(refusal_of(without), HasSubstr(name));
        for (const boost::json::value& wrong :
             {boost::json::value("40"), boost::json::value(-1), boost::json::value(1e9), boost::json::value(nullptr)}) {
            boost::json::object changed = quality_section();
            changed[name] = wrong;
            EXPECT_THAT(refusal_of(changed), HasSubstr("quality." + name)) << wrong;
        }
    }
    boost::json::object more = quality_section();
    more["min_smile"] = 1;
    EXPECT_THAT(refusal_of(more), HasSubstr("min_smile"));
    boost::json::object crossed = quality_section();
    crossed["max_brightness"] = crossed.at("min_brightness");
    EXPECT_THAT(refusal_of(crossed), HasSubstr("max_brightness"));
}

TEST(QualityLimits, OfTheDefaultPackAreTheDefaults) {
    const QualityLimits parsed = parse_quality(ManifestNode(boost::json::value(quality_section()), "quality"));
    const QualityLimits defaults;
    EXPECT_EQ(parsed.min_inter_ocular_px, defaults.min_inter_ocular_px);
    EXPECT_EQ(parsed.max_outside_frame, defaults.max_outside_frame);
    EXPECT_EQ(parsed.min_sharpness, defaults.min_sharpness);
    EXPECT_EQ(parsed.min_brightness, defaults.min_brightness);
    EXPECT_EQ(parsed.max_brightness, defaults.max_brightness);
    EXPECT_EQ(parsed.max_yaw, defaults.max_yaw);
    EXPECT_EQ(parsed.max_pitch, defaults.max_pitch);
    EXPECT_EQ(parsed.min_eye_openness, defaults.min_eye_openness);
    EXPECT_EQ(parsed.max_mesh_jitter, defaults.max_mesh_jitter);
    EXPECT_EQ(parsed.max_colour_difference, defaults.max_colour_difference);
}

}  // namespace
}  // namespace facegate::vision
