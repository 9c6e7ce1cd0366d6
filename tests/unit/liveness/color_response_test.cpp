#include "liveness/signals/color_response.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
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
std::vector<SkinSample> skin_before(const std::vector<DisplayedColor>& colors, const Camera& camera) {
    std::mt19937 engine(7);
    std::normal_distribution<double> noise(0, 1);
    std::vector<SkinSample> samples;
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
        samples.push_back({time, *chroma_of_surface(seen[0], seen[1], seen[2])});
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

/// The code's promise, measured as the search that found it did: ideal chroma, four samples a colour, and every
/// alignment within one and a half colours.
TEST(ColorCode, OrdersKeepTheirDistance) {
    constexpr std::size_t kPerColor = 4;
    constexpr std::size_t kSamples = kPerColor * kShownColors;
    using Signal = std::vector<std::complex<double>>;
    std::vector<Signal> signals;
    for (std::size_t order = 0; order < color_order_count(); ++order) {
        Signal signal;
        std::complex<double> previous = 0;
        for (const Rgb& rgb : color_order(order)) {
            const Chroma chroma = chroma_of_light(rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0);
            const std::complex<double> current(chroma.red_green, chroma.blue_yellow);
            for (std::size_t k = 0; k < kPerColor; ++k) {
                const double part = (static_cast<double>(k) + 0.5) / kPerColor;
                signal.push_back(previous * (1 - part) + current * part);
            }
            previous = current;
        }
        signals.push_back(signal);
    }
    const auto correlation = [](const Signal& a, std::size_t from_a, const Signal& b, std::size_t from_b,
                                std::size_t count) {
        std::complex<double> mean_a = 0, mean_b = 0;
        for (std::size_t i = 0; i < count; ++i) {
            mean_a += a[from_a + i];
            mean_b += b[from_b + i];
        }
        mean_a /= static_cast<double>(count);
        mean_b /= static_cast<double>(count);
        double both = 0, square_a = 0, square_b = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto da = a[from_a + i] - mean_a;
            const auto db = b[from_b + i] - mean_b;
            both += da.real() * db.real() + da.imag() * db.imag();
            square_a += std::norm(da);
            square_b += std::norm(db);
        }
        return both / std::sqrt(square_a * square_b);
    };
    double highest = 0;
    for (std::size_t a = 0; a < signals.size(); ++a) {
        for (std::size_t b = 0; b < signals.size(); ++b) {
            for (std::size_t shift = a == b ? kPerColor : 0; shift <= 6; ++shift) {
                highest = std::max(highest, correlation(signals[a], shift, signals[b], 0, kSamples - shift));
            }
        }
    }
    EXPECT_LT(highest, kMaxOrderCorrelation);
    EXPECT_GT(highest, 0.6);  // the measurement itself works
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

TEST(ColorResponse, ADriftingDelayShowsInTheSpread) {
    const auto colors = shown(10);
    const auto response = measure_color_response(skin_before(colors, {.lag_ms = 100, .stretch = 5}), colors);
    ASSERT_TRUE(response);
    EXPECT_GT(response->lag_spread_ms.value(), 100);
}

}  // namespace
}  // namespace facegate::liveness
