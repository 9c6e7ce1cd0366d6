#include "synthesis/renderer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "synthesis/stage.h"
#include "unit/synthesis/sample_subjects.h"

namespace facegate::synthesis {
namespace {

using testing::sample_subjects;

/// A black sheet with five white dots.
constexpr Point2 kDots[] = {{-4, -4}, {4, -4}, {4, 4}, {-4, 4}, {1, -1}};  // centimetres

Surface dotted_sheet() {
    constexpr int kSide = 400;  // pixels for 16 cm
    Surface sheet;
    sheet.texture = {kSide, kSide, std::vector<std::uint8_t>(kSide * kSide * 3, 0)};
    for (const Point2& dot : kDots) {
        for (int y = 0; y < kSide; ++y) {
            for (int x = 0; x < kSide; ++x) {
                if (std::hypot((x + 0.5) / 25 - 8 - dot.x, (y + 0.5) / 25 - 8 - dot.y) > 0.6) continue;
                for (int c = 0; c < 3; ++c)
                    sheet.texture.pixels[static_cast<std::size_t>((y * kSide + x) * 3 + c)] = 255;
            }
        }
    }
    constexpr int kCells = 16;
    for (int row = 0; row <= kCells; ++row) {
        for (int column = 0; column <= kCells; ++column) {
            const auto x = static_cast<float>(column - kCells / 2);
            const auto y = static_cast<float>(row - kCells / 2);
            sheet.vertices.push_back({{x, y, 0}, {(x + 8) * 25, (y + 8) * 25}, 1, {}});
        }
    }
    sheet.triangles = grid_triangles(kCells);
    return sheet;
}

/// The centre of what is bright around (x, y).
Point2 dot_near(Canvas& canvas, double x, double y) {
    double sum = 0;
    double sum_x = 0;
    double sum_y = 0;
    for (int v = static_cast<int>(y) - 14; v <= static_cast<int>(y) + 14; ++v) {
        for (int u = static_cast<int>(x) - 14; u <= static_cast<int>(x) + 14; ++u) {
            const double light = canvas.radiance()[static_cast<std::size_t>((v * 640 + u) * 3)];
            sum += light;
            sum_x += light * (u + 0.5);
            sum_y += light * (v + 0.5);
        }
    }
    return {static_cast<float>(sum_x / sum), static_cast<float>(sum_y / sum)};
}

TEST(Renderer, APictureIsSeenThroughAPinhole) {
    const Surface sheet = dotted_sheet();
    const auto levels = halves_of(sheet.texture);
    const Placement placements[] = {{.origin = {0, 0, 50}},
                                    {.origin = {3, -2, 40}, .roll = 20},
                                    {.origin = {-2, 1, 35}, .yaw = 25},
                                    {.origin = {0, 2, 45}, .yaw = -15, .pitch = 20, .roll = -10}};
    for (const Placement& placement : placements) {
        Canvas canvas({640, 480, 500});
        canvas.paint_wall(std::vector<float>(640 * 480 * 3, 0), 300, {});
        canvas.draw(sheet, levels, placement, {});
        const double degree = CV_PI / 180;
        for (const Point2& dot : kDots) {
            // Yaw, then pitch, then roll.
            const double x1 = dot.x * std::cos(placement.yaw * degree);
            const double z1 = -dot.x * std::sin(placement.yaw * degree);
            const double y2 = dot.y * std::cos(placement.pitch * degree) - z1 * std::sin(placement.pitch * degree);
            const double z2 = dot.y * std::sin(placement.pitch * degree) + z1 * std::cos(placement.pitch * degree);
            const double x3 = x1 * std::cos(placement.roll * degree) - y2 * std::sin(placement.roll * degree);
            const double y3 = x1 * std::sin(placement.roll * degree) + y2 * std::cos(placement.roll * degree);
            const double z = z2 + placement.origin.z;
            const double x = 320 + 500 * (x3 + placement.origin.x) / z;
            const double y = 240 + 500 * (y3 + placement.origin.y) / z;
            const Point2 seen = dot_near(canvas, x, y);
            EXPECT_NEAR(seen.x, x, 0.3);
            EXPECT_NEAR(seen.y, y, 0.3);
        }
    }
}

TEST(Renderer, WhatIsNearerHidesWhatIsFartherInAnyOrder) {
    const Surface sheet = dotted_sheet();
    Surface white = sheet;
    std::ranges::fill(white.texture.pixels, 255);
    for (const bool white_first : {true, false}) {
        Canvas canvas({640, 480, 500});
        canvas.paint_wall(std::vector<float>(640 * 480 * 3, 0.5F), 300, {});
        const auto draw = [&](const Surface& surface, float distance) {
            canvas.draw(surface, halves_of(surface.texture), {.origin = {0, 0, distance}}, {});
        };
        if (white_first) draw(white, 60);
        draw(sheet, 50);
        if (!white_first) draw(white, 60);
        EXPECT_LT(canvas.radiance()[static_cast<std::size_t>((240 * 640 + 320) * 3)], 0.05);
    }
}

TEST(Renderer, AScreensLightFallsWithTheSquareOfTheDistance) {
    Surface white = dotted_sheet();
    std::ranges::fill(white.texture.pixels, 255);
    const auto levels = halves_of(white.texture);
    const auto lit_at = [&](float distance) {
        Canvas canvas({640, 480, 500});
        const Lighting lighting{{0, 0, 0}, {0, 0.2F, 0}};
        canvas.paint_wall(std::vector<float>(640 * 480 * 3, 0), 300, lighting);
        canvas.draw(white, levels, {.origin = {0, 0, distance}}, lighting);
        EXPECT_EQ(canvas.radiance()[static_cast<std::size_t>((240 * 640 + 320) * 3)], 0);
        return canvas.radiance()[static_cast<std::size_t>((240 * 640 + 320) * 3 + 1)];
    };
    EXPECT_NEAR(lit_at(40), 0.2, 1e-4);
    EXPECT_NEAR(lit_at(80), 0.05, 1e-4);
}

TEST(Renderer, TheEyeReaderSeesLidsClose) {
    const auto& engine = vision::default_engines().current();
    const Subject& subject = sample_subjects()[0];
    const auto head = std::make_shared<const Surface>(model_head(subject.photo, subject.mesh, 6.3));
    const auto textures = std::make_shared<const std::vector<media::Image>>(halves_of(head->texture));
    float lids = 0;
    Generator random(1);
    Stage stage(random, {640, 480, 500}, 1000);
    stage.actors.push_back(
        {head, textures, [&](double) { return Placement{.origin = {0, -1, 35}, .lids = lids}; }, {}});
    std::vector<double> openness;
    for (const float share : {0.0F, 0.5F, 1.0F}) {
        lids = share;
        const media::Image image = stage.shoot(0, {});
        const auto found = engine.detect(image);
        ASSERT_EQ(found.size(), 1u);
        openness.push_back(double{engine.eyes(image, engine.landmarks(image, found.front()))->openness()});
    }
    EXPECT_GT(openness[0], openness[1]);
    EXPECT_GT(openness[1], openness[2]);
    EXPECT_LT(openness[2], 0.7 * openness[0]);
}

}  // namespace
}  // namespace facegate::synthesis
