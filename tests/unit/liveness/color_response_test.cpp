#include "liveness/signals/color_response.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "liveness/color_code.h"

namespace facegate::liveness {
namespace {

std::vector<DisplayedColor> shown(std::size_t order, double start_ms = 3000) {
    std::vector<DisplayedColor> colors{{start_ms, {{0, 0, 0}, 0, 75}}};
    double time = start_ms;
    for (const Rgb& rgb : color_order(order)) {
        colors.push_back({time, {rgb, 475, 0}});
        time += 480;
    }
    return colors;
}

struct Camera {
    double gain = 0.1;
    double lag_ms = 150;
    double noise = 0;
    double frame_ms = 50;
    double stretch = 1;  ///< of the delay over the sequence, for a camera whose delay drifts
};

/// The skin of somebody before a screen that shows `colors`: an independent model, step by step in 1 ms.
std::vector<ColorSample> skin_before(const std::vector<DisplayedColor>& colors, const Camera& camera) {
    std::mt19937 engine(7);
    std::normal_distribution<double> noise(0, 1);
    std::vector<ColorSample> samples;
    for (double time = 2000; time < 8000; time += camera.frame_ms) {
        const double at = time - camera.lag_ms * (1 + (camera.stretch - 1) * (time - 3000) / 3500);
        double light[3] = {0, 0, 0};
        for (std::size_t i = 0; i < colors.size(); ++i) {
            const double end = i + 1 < colors.size() ? colors[i + 1].start_ms : colors[i].start_ms + 475;
            if (at < colors[i].start_ms || at >= end) continue;
            const double part = std::min(1.0, (at - colors[i].start_ms) / 475);
            for (std::size_t c = 0; c < 3; ++c) {
                const double before = i > 0 ? colors[i - 1].step.rgb[c] / 255.0 : 0;
                light[c] = before + part * (colors[i].step.rgb[c] / 255.0 - before);
            }
        }
        const double skin[3] = {0.7, 0.5, 0.4};
        double seen[3];
        for (std::size_t c = 0; c < 3; ++c)
            seen[c] = skin[c] * (1 + camera.gain * light[c]) + camera.noise * noise(engine);
        samples.push_back({time, *chroma_of_surface(seen[0], seen[1], seen[2]), {}});
    }
    return samples;
}

TEST(ColorResponse, ChromaHasNoBrightness) {
    for (const double level : {0.0, 0.5, 1.0}) {
        EXPECT_NEAR(chroma_of_light(level, level, level).red_green, 0, 1e-12);
        EXPECT_NEAR(chroma_of_light(level, level, level).blue_yellow, 0, 1e-12);
    }
    const auto length = [](Chroma c) { return std::hypot(c.red_green, c.blue_yellow); };
    const double red = length(chroma_of_light(1, 0, 0));
    EXPECT_NEAR(length(chroma_of_light(1, 1, 0)), red, 1e-12);
    EXPECT_NEAR(length(chroma_of_light(0, 1, 1)), red, 1e-12);
    EXPECT_NEAR(length(*chroma_of_surface(10, 0, 0)), length(*chroma_of_surface(200, 0, 0)), 1e-12);
    EXPECT_FALSE(chroma_of_surface(0, 0, 0));
}

TEST(ColorResponse, FollowsAtEveryLagAndGain) {
    for (const double lag : {0.0, 60.0, 240.0, 440.0, 700.0}) {
        for (const double gain : {0.02, 0.1, 0.5}) {
            const auto colors = shown(3);
            const auto response = measure_color_response(skin_before(colors, {.gain = gain, .lag_ms = lag}), colors);
            ASSERT_TRUE(response);
            EXPECT_GT(response->correlation, 0.93) << lag << " " << gain;
            EXPECT_NEAR(response->lag_ms, lag, 40);
            EXPECT_NEAR(response->gain, gain, gain * 0.35);
            EXPECT_LE(response->lag_spread_ms.value(), 60);
        }
    }
}

TEST(ColorResponse, EveryOrderIsSeenAndNoOtherIs) {
    std::mt19937 engine(3);
    for (std::size_t order = 0; order < color_order_count(); ++order) {
        const auto colors = shown(order);
        const auto skin = skin_before(colors, {.gain = 0.05, .noise = 0.002});
        const auto own = measure_color_response(skin, colors);
        ASSERT_TRUE(own);
        EXPECT_GT(own->correlation, 0.9) << order;
        // A recording of this order, started at any time around the right one, before another order.
        const std::size_t other = (order + 1 + engine() % (color_order_count() - 1)) % color_order_count();
        const double shift = -500.0 + static_cast<double>(engine() % 1000);
        const auto replayed = measure_color_response(skin, shown(other, 3000 + shift));
        ASSERT_TRUE(replayed);
        EXPECT_LT(replayed->correlation, 0.75) << order << " as " << other << " shifted by " << shift;
    }
}

TEST(ColorResponse, NothingToFollow) {
    const auto colors = shown(0);
    const auto still = measure_color_response(skin_before(colors, {.gain = 0, .noise = 0.002}), colors);
    ASSERT_TRUE(still);
    EXPECT_LT(still->correlation, 0.6);
    EXPECT_LT(still->gain, 0.01);

    const auto constant = measure_color_response(skin_before(colors, {.gain = 0}), colors);
    ASSERT_TRUE(constant);
    EXPECT_LT(std::abs(constant->gain), 1e-9);
}

TEST(ColorResponse, TooFewFramesMeanNothing) {
    const auto colors = shown(0);
    EXPECT_FALSE(measure_color_response({}, colors));
    EXPECT_FALSE(measure_color_response(skin_before(colors, {.frame_ms = 200}), colors));
    EXPECT_TRUE(measure_color_response(skin_before(colors, {.frame_ms = 150}), colors));
    EXPECT_FALSE(measure_color_response(skin_before(colors, {}), {}));
}

TEST(ColorResponse, APieceOfTheSequenceIsNotEnough) {
    const auto colors = shown(4);
    auto samples = skin_before(colors, {});
    const auto cut = [&](double from, double until) {
        auto left = samples;
        std::erase_if(left, [&](const ColorSample& sample) { return sample.time_ms > from && sample.time_ms < until; });
        return measure_color_response(left, colors);
    };
    // The sequence takes from 3.0 to 6.4 s, and is seen 0.15 s later.
    EXPECT_TRUE(cut(6300, 9000));
    EXPECT_TRUE(cut(4000, 4500));
    for (const auto& piece : {cut(5000, 9000), cut(0, 4500)}) EXPECT_TRUE(!piece || piece->correlation < 0.75);
}

TEST(ColorResponse, ADriftingDelayShowsInTheSpread) {
    const auto colors = shown(10);
    const auto response = measure_color_response(skin_before(colors, {.lag_ms = 100, .stretch = 5}), colors);
    ASSERT_TRUE(response);
    EXPECT_GT(response->lag_spread_ms.value(), 100);
}

/// What surrounds the head takes the screen's light `share` as strongly as the skin does.
void add_surround(std::vector<ColorSample>& samples, const std::vector<DisplayedColor>& colors, double share) {
    const auto around = skin_before(colors, {.gain = 0.1 * share});
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i].surround = around.at(i).skin;
}

TEST(ColorResponse, TheSurroundIsMeasuredAgainstTheFace) {
    const auto colors = shown(5);
    for (const double share : {0.0, 0.1, 0.5, 1.0}) {
        auto samples = skin_before(colors, {});
        add_surround(samples, colors, share);
        const auto response = measure_color_response(samples, colors);
        ASSERT_TRUE(response);
        EXPECT_NEAR(response->surround_ratio.value(), share, 0.05);
    }
    // Seen in too few frames, it says nothing.
    auto samples = skin_before(colors, {});
    add_surround(samples, colors, 0.5);
    for (std::size_t i = 0; i < samples.size(); i += 2) samples[i].surround.reset();
    for (std::size_t i = 0; i < samples.size(); i += 3) samples[i].surround.reset();
    for (std::size_t i = 0; i < samples.size(); i += 5) samples[i].surround.reset();
    EXPECT_FALSE(measure_color_response(samples, colors)->surround_ratio);
}

TEST(ColorResponse, SamplesWithoutAFaceAreLeftOut) {
    FrameSample with_face;
    with_face.time_ms = 40;
    with_face.faces = 1;
    with_face.skin = {200, 120, 90};
    FrameSample without = with_face;
    without.faces = 0;
    FrameSample black = with_face;
    black.skin = {};
    FrameSample in_a_room = with_face;
    in_a_room.surround = {10, 20, 30};
    in_a_room.has_surround = true;
    const FrameSample samples[] = {with_face, without, black, in_a_room};
    const auto colors = color_samples(samples);
    ASSERT_EQ(colors.size(), 2u);
    EXPECT_FALSE(colors[0].surround);
    EXPECT_NEAR(colors[1].surround->blue_yellow, chroma_of_surface(10, 20, 30)->blue_yellow, 1e-12);
    EXPECT_EQ(colors[1].time_ms, 40);
}

TEST(ColorResponse, ColoursAreDisplayedWhenTheClientSaysSo) {
    Challenge challenge;
    challenge.colors = {{{0, 0, 0}, 0, 75}, {{255, 0, 0}, 475, 0}};
    ClientClaims claims;
    claims.video_start = from_unix_ms(1000);
    claims.colors.push_back({0, {0, 0, 0}, {0, 0, 0}, from_unix_ms(4000), Milliseconds(0)});
    EXPECT_TRUE(displayed_colors(challenge, claims).empty());  // one of two
    claims.colors.push_back({1, {255, 0, 0}, {0, 0, 0}, from_unix_ms(4100), Milliseconds(0)});
    const auto colors = displayed_colors(challenge, claims);
    ASSERT_EQ(colors.size(), 2u);
    EXPECT_EQ(colors[1].start_ms, 3100);
    const auto window = flash_window(colors);
    ASSERT_TRUE(window);
    EXPECT_EQ(window->from_ms, 3000 + kMinColorLagMs);
    EXPECT_EQ(window->until_ms, 3100 + 475 + kMaxColorLagMs);
    claims.video_start.reset();
    EXPECT_TRUE(displayed_colors(challenge, claims).empty());
    EXPECT_FALSE(flash_window({}));
}

}  // namespace
}  // namespace facegate::liveness
