#include "liveness/signals/motion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "synthesis/motion.h"

namespace facegate::liveness {
namespace {

constexpr double kFaceWidth = 260;  // pixels; the eyes are half of it apart
constexpr double kLengthMs = 8000;

struct Place {
    double x = 0;
    double y = 0;
    double size = 1;
};

FrameSample face_at(double time_ms, Place place) {
    const auto point = [&](double x, double y) {
        return vision::Point2{static_cast<float>(320 + place.x + x * place.size),
                              static_cast<float>(240 + place.y + y * place.size)};
    };
    FrameSample sample;
    sample.time_ms = time_ms;
    sample.faces = 1;
    sample.face.keypoints = {point(-kFaceWidth / 4, -40), point(kFaceWidth / 4, -40), point(0, 20), point(0, 80)};
    return sample;
}

/// Twenty samples a second of a face that moves like that, its points found with `error` pixels of noise.
std::vector<FrameSample> film(const std::function<Place(double time_ms)>& place, double error = 0.3) {
    std::mt19937 random(5);
    std::normal_distribution<double> noise(0, error);
    std::vector<FrameSample> samples;
    for (double time = 0; time <= kLengthMs; time += 50) {
        FrameSample sample = face_at(time, place(time));
        for (vision::Point2& point : sample.face.keypoints) {
            point.x += static_cast<float>(noise(random));
            point.y += static_cast<float>(noise(random));
        }
        samples.push_back(sample);
    }
    return samples;
}

/// As people sway who try to hold still.
std::function<Place(double)> natural(std::uint64_t seed) {
    synthesis::Generator random(seed);
    const double amplitude = 0.35 / 12.6 * kFaceWidth;
    return
        [x = synthesis::Sway(random, amplitude, 350, kLengthMs), y = synthesis::Sway(random, amplitude, 350, kLengthMs),
         size = synthesis::Sway(random, 0.01, 350, kLengthMs)](double time) {
            return Place{double{x.at(time)}, double{y.at(time)}, 1 + double{size.at(time)}};
        };
}

TEST(Motion, PeopleSway) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto motion = measure_motion(film(natural(seed)));
        ASSERT_TRUE(motion);
        EXPECT_EQ(motion->samples, 161);
        EXPECT_GT(motion->unrest, 8) << seed;
        EXPECT_GT(motion->novelty, 0.2) << seed;
        EXPECT_LT(motion->fastest, 1) << seed;
    }
}

TEST(Motion, AFrozenFaceStandsStill) {
    const auto moving = natural(3);
    const auto frozen = [&](double time) { return moving(std::min(time, 3000.0)); };
    const auto motion = measure_motion(film(frozen));
    ASSERT_TRUE(motion);
    EXPECT_LT(motion->unrest, 8);
    EXPECT_EQ(measure_motion(film(frozen, 0))->unrest, 0);
}

TEST(Motion, ALoopIsFoundWhateverItsPeriod) {
    for (const double period : {600.0, 1000.0, 1430.0}) {
        const auto moving = natural(static_cast<std::uint64_t>(period));
        const auto looped = [&](double time) { return moving(time < 3000 ? time : 3000 + std::fmod(time, period)); };
        const auto motion = measure_motion(film(looped, 0.1));
        ASSERT_TRUE(motion);
        EXPECT_LT(motion->novelty, 0.2) << period;
    }
}

TEST(Motion, ACutIsAJump) {
    const auto moving = natural(9);
    const auto cut = [&](double time) {
        Place place = moving(time);
        if (time > 4010) place.x += 0.25 * kFaceWidth;
        return place;
    };
    const auto motion = measure_motion(film(cut));
    ASSERT_TRUE(motion);
    // A quarter of the face's width, of eyes and nose, from one sample to the next.
    EXPECT_NEAR(motion->fastest, 0.25 * std::sqrt(2) / 0.05, 1);
    EXPECT_GT(motion->fastest, 4);
}

TEST(Motion, NeedsSamplesWithAFace) {
    EXPECT_FALSE(measure_motion({}));
    auto samples = film(natural(1));
    for (std::size_t i = samples.size() / 2; i < samples.size(); ++i) samples[i].faces = i % 10 == 0 ? 1 : 0;
    EXPECT_FALSE(measure_motion(samples));
    for (FrameSample& sample : samples) sample.faces = 0;
    EXPECT_FALSE(measure_motion(samples));
    // All points in one place: no width to measure by, but no crash either.
    samples = film([](double) { return Place{0, 0, 0}; }, 0);
    const auto none = measure_motion(samples);
    EXPECT_TRUE(!none || std::isfinite(none->unrest));
}

std::vector<FaceLook> looks_with(const std::vector<double>& openness, double interval_ms = 150) {
    std::vector<FaceLook> looks;
    for (std::size_t i = 0; i < openness.size(); ++i) {
        FaceLook look;
        look.time_ms = static_cast<double>(i) * interval_ms;
        if (openness[i] >= 0) look.eye_openness = openness[i];
        looks.push_back(look);
    }
    return looks;
}

TEST(Blinks, AreCounted) {
    std::vector<double> openness(40, 0.27);
    EXPECT_EQ(count_blinks(looks_with(openness))->blinks, 0);
    openness[10] = 0.08;
    openness[25] = 0.14;
    openness[26] = 0.09;
    const auto count = count_blinks(looks_with(openness));
    ASSERT_TRUE(count);
    EXPECT_EQ(count->blinks, 2);
    EXPECT_EQ(count->samples, 40);
    EXPECT_NEAR(count->deepest, 0.08 / 0.27, 1e-9);
}

TEST(Blinks, NoiseIsNone) {
    std::mt19937 random(2);
    std::normal_distribution<double> noise(0.27, 0.015);
    for (int round = 0; round < 50; ++round) {
        std::vector<double> openness;
        for (int i = 0; i < 60; ++i) openness.push_back(noise(random));
        EXPECT_EQ(count_blinks(looks_with(openness))->blinks, 0);
    }
    // One frame measured a quarter too low.
    std::vector<double> openness(40, 0.27);
    openness[20] = 0.2;
    EXPECT_EQ(count_blinks(looks_with(openness))->blinks, 0);
}

TEST(Blinks, EyesThatCloseForLongOrAtAnEndAreNone) {
    std::vector<double> openness(40, 0.27);
    openness.front() = openness.back() = 0.05;
    EXPECT_EQ(count_blinks(looks_with(openness))->blinks, 0);
    for (std::size_t i = 10; i < 17; ++i) openness[i] = 0.05;
    EXPECT_EQ(count_blinks(looks_with(openness))->blinks, 0);
}

TEST(Blinks, NeedMeasuredEyes) {
    EXPECT_FALSE(count_blinks({}));
    std::vector<double> openness(60, -1);
    for (std::size_t i = 0; i < 9; ++i) openness[i] = 0.27;
    EXPECT_FALSE(count_blinks(looks_with(openness)));
    openness[9] = 0.27;
    EXPECT_TRUE(count_blinks(looks_with(openness)));
    EXPECT_EQ(count_blinks(looks_with(std::vector<double>(20, 0.0)))->blinks, 0);
}

}  // namespace
}  // namespace facegate::liveness
