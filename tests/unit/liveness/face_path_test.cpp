#include "liveness/signals/face_path.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace facegate::liveness {
namespace {

/// A frontal face whose head_of is `width` wide and centred there.
vision::Detection face_at(double center_x, double center_y, double width) {
    const double eyes = width / 2;
    const double mouth = width / 1.8;
    const double eye_y = center_y - 0.2 * mouth * 0.6;
    const auto point = [](double x, double y) { return vision::Point2{static_cast<float>(x), static_cast<float>(y)}; };
    vision::Detection face;
    face.score = 1;
    face.keypoints = {point(center_x - eyes / 2, eye_y), point(center_x + eyes / 2, eye_y),
                      point(center_x, eye_y + mouth * 0.6), point(center_x, eye_y + mouth)};
    return face;
}

const Oval kOval{288, 465, 320, 240};

std::vector<FrameSample> approach(double from_width, double to_width, double center_x = 320) {
    std::vector<FrameSample> samples;
    for (int i = 0; i <= 50; ++i) {
        const double part = std::clamp((i - 10) / 20.0, 0.0, 1.0);
        samples.push_back(
            {i * 100.0, 1, face_at(center_x, 240, from_width + part * (to_width - from_width)), {}, {}, false});
    }
    return samples;
}

TEST(FacePath, OverlapOfEllipses) {
    const Ellipse a{100, 100, 80, 120};
    EXPECT_NEAR(overlap(a, a), 1, 1e-9);
    EXPECT_NEAR(overlap(a, {100, 100, 40, 60}), 0.25, 0.01);
    EXPECT_EQ(overlap(a, {300, 100, 80, 120}), 0);
    EXPECT_EQ(overlap(a, {100, 100, 0, 0}), 0);
}

TEST(FacePath, IntoTheOval) {
    const auto path = measure_face_path(approach(135, 288), kOval, TimeWindow{3500, 5000});
    ASSERT_TRUE(path);
    EXPECT_GT(path->oval_overlap, 0.97);
    EXPECT_NEAR(path->growth, 288.0 / 135, 0.02);
    const auto without_hold = measure_face_path(approach(135, 288), kOval, std::nullopt);
    ASSERT_TRUE(without_hold);
    EXPECT_GT(without_hold->oval_overlap, 0.97);
}

TEST(FacePath, NotIntoTheOval) {
    const auto stays = measure_face_path(approach(135, 135), kOval, TimeWindow{3500, 5000});
    ASSERT_TRUE(stays);
    EXPECT_LT(stays->oval_overlap, 0.3);
    EXPECT_NEAR(stays->growth, 1, 0.01);
    const auto elsewhere = measure_face_path(approach(135, 288, 120), kOval, TimeWindow{3500, 5000});
    ASSERT_TRUE(elsewhere);
    EXPECT_LT(elsewhere->oval_overlap, 0.3);
}

TEST(FacePath, NeedsFramesWithAFace) {
    auto samples = approach(135, 288);
    EXPECT_FALSE(measure_face_path({}, kOval, std::nullopt));
    EXPECT_FALSE(measure_face_path(samples, kOval, TimeWindow{9000, 9500}));
    for (FrameSample& sample : samples) sample.faces = 0;
    EXPECT_FALSE(measure_face_path(samples, kOval, std::nullopt));
}

}  // namespace
}  // namespace facegate::liveness
