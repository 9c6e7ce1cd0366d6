#include "liveness/signals/frame_observer.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "unit/synthesis/sample_subjects.h"

namespace facegate::liveness {
namespace {

Challenge challenge_of(ChallengeType type) {
    Challenge challenge;
    challenge.type = type;
    challenge.video_width = 320;
    challenge.video_height = 320;
    challenge.oval = {140, 220, 160, 120};
    return challenge;
}

/// A photo of one person, its longer side 320 pixels: small enough to be looked at often.
media::Image small_photo() {
    const media::Image photo = synthesis::testing::sample_photo(2);
    const cv::Mat pixels(photo.height, photo.width, CV_8UC3, const_cast<std::uint8_t*>(photo.pixels.data()));
    const double scale = 320.0 / std::max(photo.width, photo.height);
    cv::Mat shrunk;
    cv::resize(pixels, shrunk, {}, scale, scale, cv::INTER_AREA);
    return {shrunk.cols, shrunk.rows, std::vector<std::uint8_t>(shrunk.datastart, shrunk.dataend)};
}

/// Shows the observer the same picture at so many frames a second.
void show(FrameObserver& observer, const media::Image& image, int seconds, int frames_per_second) {
    for (int i = 0; i < seconds * frames_per_second; ++i) {
        const std::int64_t time = 1000LL * i / frames_per_second;
        if (observer.wants(static_cast<double>(time))) observer.add({time, image});
    }
}

TEST(FrameObserver, SamplesTenToSixteenTimesASecondWhateverTheRate) {
    const media::Image photo = small_photo();
    for (const int rate : {15, 20, 24, 30, 60}) {
        FrameObserver observer(vision::default_engines(), challenge_of(ChallengeType::kMovementAndLight), 1);
        show(observer, photo, 3, rate);
        const double a_second = static_cast<double>(observer.samples().size()) / 3;
        EXPECT_GE(a_second, 10) << rate;
        EXPECT_LE(a_second, 16) << rate;
        EXPECT_EQ(observer.samples()[5].faces, 1);
        EXPECT_GT(observer.samples()[5].skin.red, 20);
        EXPECT_GE(observer.looks().size(), 9u) << rate;
        EXPECT_TRUE(observer.looks().back().eye_openness);
    }
}

/// A movement clip is half as long: it is looked at twice as often.
TEST(FrameObserver, LooksOftenerWhereOnlyMovementIsSeen) {
    const media::Image photo = small_photo();
    FrameObserver light(vision::default_engines(), challenge_of(ChallengeType::kMovementAndLight), 1);
    FrameObserver movement(vision::default_engines(), challenge_of(ChallengeType::kMovement), 1);
    show(light, photo, 3, 30);
    show(movement, photo, 3, 30);
    EXPECT_GE(movement.looks().size(), 15u);
    EXPECT_GE(2 * movement.looks().size(), 3 * light.looks().size());
}

TEST(FrameObserver, NoFaceNoLook) {
    FrameObserver observer(vision::default_engines(), challenge_of(ChallengeType::kMovementAndLight), 1);
    show(observer, {320, 240, std::vector<std::uint8_t>(320 * 240 * 3, 90)}, 1, 30);
    EXPECT_GE(observer.samples().size(), 14u);
    for (const FrameSample& sample : observer.samples()) EXPECT_EQ(sample.faces, 0);
    EXPECT_TRUE(observer.looks().empty());
    EXPECT_EQ(observer.identity().finish(std::nullopt).compared_frames, 0);
}

/// Long: without a sanitizer only.
TEST(LongClips, AreBoundedAndStillSeenToTheEnd) {
    FrameObserver observer(vision::default_engines(), challenge_of(ChallengeType::kMovementAndLight), 1);
    show(observer, small_photo(), 60, 60);
    EXPECT_LE(observer.samples().size(), FrameObserver::kMaxSamples);
    EXPECT_GE(observer.samples().back().time_ms, 59'000);
    EXPECT_LE(observer.looks().size(), FrameObserver::kMaxLooks);
    EXPECT_LE(observer.textures().size(), 2 * kTextureSpanMs / 1000 * 21);
    EXPECT_LE(observer.textures().front().time_ms, observer.samples().back().time_ms - kTextureSpanMs + 50);
    EXPECT_LT(observer.looks().front().time_ms, 5000);
    EXPECT_GE(observer.looks().back().time_ms, 55'000);
    double before = -1;
    for (const FaceLook& look : observer.looks()) {
        EXPECT_GT(look.time_ms, before);
        before = look.time_ms;
    }
    EXPECT_LE(observer.identity().finish(std::nullopt).compared_frames, static_cast<int>(kMaxComparedFrames));
}

/// 200 x 200, one colour inside the box (60, 60, 80, 80) and another outside.
media::Image two_colors() {
    media::Image image{200, 200, std::vector<std::uint8_t>(200 * 200 * 3, 0)};
    for (std::size_t y = 0; y < 200; ++y) {
        for (std::size_t x = 0; x < 200; ++x) {
            std::uint8_t* pixel = image.pixels.data() + (y * 200 + x) * 3;
            const bool face = x >= 60 && x < 140 && y >= 60 && y < 140;
            pixel[0] = face ? 200 : 0;
            pixel[1] = face ? 100 : 255;
            pixel[2] = face ? 50 : 0;
        }
    }
    return image;
}

TEST(SkinColor, SeesTheFaceAndNotItsSurroundings) {
    const media::Image image = two_colors();
    RegionColor seen;
    ASSERT_TRUE(skin_color(image, {60, 60, 80, 80}, seen));
    EXPECT_NEAR(seen.red, 200, 1e-9);
    EXPECT_NEAR(seen.green, 100, 1e-9);
    EXPECT_NEAR(seen.blue, 50, 1e-9);
    EXPECT_TRUE(skin_color(image, {150, 150, 90, 90}, seen));
    EXPECT_FALSE(skin_color(image, {500, 500, 80, 80}, seen));
    EXPECT_FALSE(skin_color(image, {-1e30F, -1e30F, 80, 80}, seen));
    EXPECT_FALSE(skin_color(image, {0, 0, 0, 0}, seen));
}

TEST(SurroundColor, SeesWhatIsNoHead) {
    const media::Image image = two_colors();
    RegionColor seen;
    ASSERT_TRUE(surround_color(image, {60, 60, 80, 80}, seen));
    EXPECT_NEAR(seen.green, 255, 1e-9);
    EXPECT_NEAR(seen.red, 0, 1e-9);
    // A face that fills the picture leaves no surround.
    EXPECT_FALSE(surround_color(image, {0, 0, 200, 200}, seen));
    EXPECT_FALSE(surround_color(image, {-400, -400, 900, 900}, seen));
}

}  // namespace
}  // namespace facegate::liveness
