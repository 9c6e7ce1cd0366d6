#include "liveness/signals/forensics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace facegate::liveness {
namespace {

constexpr int kSide = 256;  // two pixels for one of the measured face

/// A face that fills the picture, so bright at each place.
ImageForensics examined(const std::function<double(int x, int y)>& brightness) {
    media::Image image{kSide, kSide, {}};
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            image.pixels.insert(image.pixels.end(), 3, cv::saturate_cast<std::uint8_t>(brightness(x, y)));
        }
    }
    vision::FaceMesh mesh;
    for (std::size_t i = 0; i < mesh.points.size(); ++i) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(i) / vision::kMeshPoints;
        mesh.points[i] = {static_cast<float>(kSide / 2.0 * (1 + std::cos(angle))),
                          static_cast<float>(kSide / 2.0 * (1 + std::sin(angle))), 0};
    }
    return examine(image, mesh);
}

/// Skin as a camera sees it: smooth shades and noise.
cv::Mat skin(std::uint64_t seed) {
    cv::Mat noise(kSide, kSide, CV_32F);
    cv::RNG random(seed);
    random.fill(noise, cv::RNG::NORMAL, 0, 6);
    cv::Mat shades(kSide, kSide, CV_32F);
    random.fill(shades, cv::RNG::NORMAL, 0, 400);
    cv::GaussianBlur(shades, shades, {}, 10);
    return noise + shades + 130;
}

/// A grid of so many lines over the face's width, and so strong.
std::function<double(int, int)> with_grid(const cv::Mat& face, double lines, double strength) {
    return [=](int x, int y) {
        const double phase = 2 * std::numbers::pi * lines / kSide;
        return double{face.at<float>(y, x)} + strength * (std::sin(phase * x) + std::sin(phase * (0.8 * x + 0.6 * y)));
    };
}

TEST(Forensics, AGridIsALonePeak) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const cv::Mat face = skin(seed);
        const double plain = examined(with_grid(face, 40, 0)).moire;
        EXPECT_LT(plain, 0.9) << seed;
        for (const double lines : {28.0, 40.0, 52.0}) {
            const double seen = examined(with_grid(face, lines, 12)).moire;
            EXPECT_GT(seen, 1.2) << seed << " " << lines;
        }
    }
}

TEST(Forensics, DetailIsEnergyAboveAQuarterOfTheSamplingRate) {
    const auto wave = [](double lines) {
        return examined([=](int x, int) { return 128 + 60 * std::sin(2 * std::numbers::pi * lines * x / kSide); });
    };
    EXPECT_LT(wave(16).detail, 0.01);
    EXPECT_GT(wave(44).detail, 0.9);
}

TEST(Forensics, WhiteIsBlownOut) {
    const auto found = examined([](int x, int) { return x < kSide / 4 ? 255 : 120; });
    EXPECT_NEAR(found.blown, 0.25, 0.02);
    const auto even = examined([](int, int) { return 120; });
    EXPECT_EQ(even.blown, 0);
    EXPECT_EQ(even.moire, 0);
    EXPECT_TRUE(std::isfinite(even.detail));
}

}  // namespace
}  // namespace facegate::liveness
