#include "liveness/signals/patch_match.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>

namespace facegate::liveness {
namespace {

constexpr int kSide = 80;
constexpr int kMiddle = kSide / 2;

using Brightness = std::function<double(double x, double y)>;

cv::Mat picture(const Brightness& brightness, double shift_x = 0, double shift_y = 0) {
    cv::Mat grey(kSide, kSide, CV_8U);
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            grey.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(brightness(x - shift_x, y - shift_y));
        }
    }
    return grey;
}

/// Waves in all directions: known between the pixels as well as on them.
Brightness texture(unsigned seed, double contrast = 12) {
    struct Wave {
        double across, down, phase;
    };
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> phase(0, 2 * std::numbers::pi);
    std::uniform_real_distribution<double> length(7, 30);
    std::array<Wave, 12> waves{};
    for (Wave& wave : waves) {
        const double direction = phase(random);
        const double k = 2 * std::numbers::pi / length(random);
        wave = {k * std::cos(direction), k * std::sin(direction), phase(random)};
    }
    return [waves, contrast](double x, double y) {
        double sum = 128;
        for (const Wave& wave : waves) sum += contrast * std::sin(wave.across * x + wave.down * y + wave.phase);
        return sum;
    };
}

TEST(PatchMatch, FindsAShiftToATenthOfAPixel) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> shift(-6.5, 6.5);
    for (unsigned seed = 0; seed < 60; ++seed) {
        const Brightness brightness = texture(seed);
        const double dx = shift(random);
        const double dy = shift(random);
        const auto found = match_patch(picture(brightness), picture(brightness, dx, dy), kMiddle, kMiddle);
        ASSERT_TRUE(found) << dx << " " << dy;
        EXPECT_NEAR(found->x, dx, 0.1);
        EXPECT_NEAR(found->y, dy, 0.1);
    }
}

TEST(PatchMatch, BrightnessAndContrastDoNotMatter) {
    const Brightness brightness = texture(3);
    const Brightness darker = [&](double x, double y) { return 20 + 0.5 * brightness(x, y); };
    const auto found = match_patch(picture(brightness), picture(darker, 2.3, -1.6), kMiddle, kMiddle);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->x, 2.3, 0.1);
    EXPECT_NEAR(found->y, -1.6, 0.1);
}

TEST(PatchMatch, AnEvenPatchIsRefused) {
    const cv::Mat even = picture([](double, double) { return 90.0; });
    EXPECT_FALSE(match_patch(even, even, kMiddle, kMiddle));
    const cv::Mat faint = picture(texture(1, 0.8));
    EXPECT_FALSE(match_patch(faint, faint, kMiddle, kMiddle));
}

TEST(PatchMatch, AnEdgeIsRefusedWhicheverWayItRuns) {
    for (const double angle : {0.0, 30.0, 45.0, 90.0, 120.0}) {
        const double radians = angle * std::numbers::pi / 180;
        const Brightness edge = [&](double x, double y) {
            const double across = std::cos(radians) * (x - kMiddle) + std::sin(radians) * (y - kMiddle);
            return 128 + 100 * std::tanh(across / 2);
        };
        EXPECT_FALSE(match_patch(picture(edge), picture(edge, 1, 1), kMiddle, kMiddle)) << angle;
    }
}

TEST(PatchMatch, WhatIsTooFarOrNotThereIsNotFound) {
    const Brightness brightness = texture(7);
    for (const double shift : {8.0, 9.0, 12.0}) {
        const auto found = match_patch(picture(brightness), picture(brightness, shift, 0), kMiddle, kMiddle);
        EXPECT_FALSE(found) << shift;
    }
    int found_elsewhere = 0;
    for (unsigned seed = 100; seed < 130; ++seed) {
        found_elsewhere += match_patch(picture(brightness), picture(texture(seed)), kMiddle, kMiddle) ? 1 : 0;
    }
    EXPECT_LE(found_elsewhere, 1);
}

TEST(PatchMatch, NearestAllowedPlaceToTheRim) {
    const cv::Mat image = picture(texture(5));
    const auto found = match_patch(image, image, kPatchMargin, kSide - 1 - kPatchMargin);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->x, 0, 0.01);
    EXPECT_NEAR(found->y, 0, 0.01);
}

}  // namespace
}  // namespace facegate::liveness
