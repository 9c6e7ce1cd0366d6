#include "liveness/signals/motion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>
#include <random>
#include <span>

#include "synthesis/motion.h"

namespace facegate::liveness {
namespace {

const Oval kOval{200, 320, 160, 170};
constexpr double kLengthMs = 4000;

struct Place {
    double x = 0;  ///< pixels
    double y = 0;
    double size = 1;
    double light = 1;
};
using Way = std::function<Place(double time_ms)>;

/// A picture with structures of all sizes, as a face has them.
cv::Mat picture(std::uint64_t seed) {
    cv::RNG random(seed);
    cv::Mat sum(400, 400, CV_32F, cv::Scalar(120));
    for (const double size : {2.5, 5.0, 10.0}) {
        cv::Mat noise(sum.size(), CV_32F);
        random.fill(noise, cv::RNG::NORMAL, 0, 60 * size);
        cv::GaussianBlur(noise, noise, {}, size);
        sum += noise;
    }
    return sum;
}

/// The camera's picture of it, with that much noise.
media::Image shot(const cv::Mat& picture, const Place& place, cv::RNG& random, double noise) {
    const cv::Matx23d map(place.size, 0, 160 + place.x - 200 * place.size, 0, place.size,
                          170 + place.y - 200 * place.size);
    cv::Mat seen;
    cv::warpAffine(picture, seen, map, {320, 340}, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    cv::Mat grain(seen.size(), CV_32F);
    random.fill(grain, cv::RNG::NORMAL, 0, noise);
    seen = seen * place.light + grain;
    media::Image image{seen.cols, seen.rows, {}};
    for (int y = 0; y < seen.rows; ++y) {
        for (int x = 0; x < seen.cols; ++x) {
            image.pixels.insert(image.pixels.end(), 3, cv::saturate_cast<std::uint8_t>(seen.at<float>(y, x)));
        }
    }
    return image;
}

/// Twenty frames a second of something that moves like that.
std::vector<Texture> film(const Way& way, std::uint64_t seed, double noise = 2.5) {
    const cv::Mat face = picture(seed);
    cv::RNG random(seed + 1);
    std::vector<Texture> textures;
    for (double time = 0; time <= kLengthMs; time += 50) {
        textures.push_back(texture_of(shot(face, way(time), random, noise), kOval, time));
    }
    return textures;
}

/// As people sway who try to hold still, in light that changes.
Way natural(std::uint64_t seed) {
    synthesis::Generator random(seed);
    const double amplitude = 0.35 / 12.6 * kOval.width;
    return
        [x = synthesis::Sway(random, amplitude, 350, kLengthMs), y = synthesis::Sway(random, amplitude, 350, kLengthMs),
         size = synthesis::Sway(random, 0.01, 350, kLengthMs),
         light = synthesis::Sway(random, 0.1, 500, kLengthMs)](double time) {
            return Place{double{x.at(time)}, double{y.at(time)}, 1 + double{size.at(time)}, 1 + double{light.at(time)}};
        };
}

TEST(Texture, IsTheFineStructureWhateverTheLight) {
    const cv::Mat face = picture(1);
    cv::RNG random(1);
    const Texture bright = texture_of(shot(face, {}, random, 0), kOval, 40);
    const Texture dark = texture_of(shot(face, {.light = 0.5}, random, 0), kOval, 80);
    EXPECT_EQ(bright.time_ms, 40);
    EXPECT_NEAR(cv::norm(bright.detail), 1, 1e-5);
    EXPECT_NEAR(cv::mean(bright.detail)[0], 0, 1e-6);
    EXPECT_GT(bright.detail.dot(dark.detail), 0.99);
    EXPECT_LT(bright.detail.dot(texture_of(shot(face, {.x = 12}, random, 0), kOval, 0).detail), 0.6);
    EXPECT_LT(std::abs(bright.detail.dot(texture_of(shot(picture(2), {}, random, 0), kOval, 0).detail)), 0.2);
}

TEST(Texture, OfNothingIsZero) {
    const media::Image even{320, 340, std::vector<std::uint8_t>(320 * 340 * 3, 90)};
    EXPECT_EQ(cv::norm(texture_of(even, kOval, 0).detail), 0);
    // An oval that lies beside the picture.
    EXPECT_EQ(cv::norm(texture_of(even, {100, 160, 900, 900}, 0).detail), 0);
}

TEST(Motion, PeopleSway) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const auto motion = measure_motion(film(natural(seed), seed));
        ASSERT_TRUE(motion);
        EXPECT_EQ(motion->samples, 81);
        EXPECT_GT(motion->unrest, 0.05) << seed;
        EXPECT_GT(motion->novelty.value(), 0.3) << seed;
    }
}

TEST(Motion, AFrozenFaceStandsStillInAnyLight) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        synthesis::Generator random(seed);
        const synthesis::Sway light(random, 0.15, 300, kLengthMs);
        const auto lit = [&](double time) { return Place{.light = 1 + double{light.at(time)}}; };
        const auto frozen = measure_motion(film(lit, seed));
        const auto moving = measure_motion(film(natural(seed), seed));
        ASSERT_TRUE(frozen && moving);
        EXPECT_LT(frozen->unrest, 0.02) << seed;
        EXPECT_LT(frozen->unrest, moving->unrest / 4) << seed;
    }
    EXPECT_NEAR(measure_motion(film([](double) { return Place{}; }, 1, 0))->unrest, 0, 1e-6);
}

TEST(Motion, ALoopIsFoundWhateverItsPeriod) {
    for (const double period : {600.0, 1000.0, 1450.0}) {
        const auto moving = natural(static_cast<std::uint64_t>(period));
        const auto looped = [&](double time) { return moving(std::fmod(time, period)); };
        const auto motion = measure_motion(film(looped, 3));
        ASSERT_TRUE(motion);
        EXPECT_LT(motion->novelty.value(), 0.2) << period;
        EXPECT_GT(motion->unrest, 0.05) << period;
    }
}

TEST(Motion, NeedsTextures) {
    EXPECT_FALSE(measure_motion({}));
    const std::vector<Texture> textures = film(natural(1), 1);
    EXPECT_FALSE(measure_motion(std::span(textures).first(kMinTextures - 1)));
    EXPECT_TRUE(measure_motion(std::span(textures).first(kMinTextures)));
    // So far apart that none lies 0.3 seconds after another.
    std::vector<Texture> rare;
    for (std::size_t i = 0; i < 40; ++i) rare.push_back({static_cast<double>(i) * 1000, textures[i].detail});
    EXPECT_FALSE(measure_motion(rare));
    // Nothing but zeroes is finite at least.
    std::vector<Texture> empty = textures;
    for (Texture& texture : empty) texture.detail = cv::Mat::zeros(Texture::kSide, Texture::kSide, CV_32F);
    EXPECT_TRUE(std::isfinite(measure_motion(empty)->novelty.value()));
}

FrameSample face_at(double time_ms, double x) {
    const auto point = [&](double dx, double dy) {
        return vision::Point2{static_cast<float>(320 + x + dx), static_cast<float>(240 + dy)};
    };
    FrameSample sample;
    sample.time_ms = time_ms;
    sample.faces = 1;
    // Eyes 130 pixels apart: a face 260 wide.
    sample.face.keypoints = {point(-65, -40), point(65, -40), point(0, 20), point(0, 80)};
    return sample;
}

TEST(FastestMovement, IsInFaceWidthsASecond) {
    std::vector<FrameSample> samples;
    for (int i = 0; i < 40; ++i) samples.push_back(face_at(i * 50.0, i * 2.6));
    EXPECT_NEAR(fastest_movement(samples).value(), 0.01 / 0.05, 1e-4);
    // A cut: a quarter of a face's width from one sample to the next.
    for (std::size_t i = 20; i < samples.size(); ++i) samples[i] = face_at(samples[i].time_ms, 52 + 65);
    EXPECT_NEAR(fastest_movement(samples).value(), (65 + 2.6) / 260 / 0.05, 0.1);
    // Two samples nearly at once do not make a jump of noise.
    const FrameSample close[] = {face_at(0, 0), face_at(1, 1)};
    EXPECT_LT(fastest_movement(close).value(), 0.1);
}

TEST(FastestMovement, NeedsTwoFaces) {
    EXPECT_FALSE(fastest_movement({}));
    std::vector<FrameSample> samples = {face_at(0, 0), face_at(50, 0), face_at(100, 200)};
    samples[0].faces = samples[1].faces = 0;
    EXPECT_FALSE(fastest_movement(samples));
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
