#include "synthesis/motion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace facegate::synthesis {
namespace {

TEST(Sway, HasTheAmplitudeAsked) {
    Generator random(1);
    const Sway sway(random, 2.5, 100, 600'000);
    double sum = 0;
    double squares = 0;
    double fastest = 0;
    constexpr int kCount = 60'000;
    for (int i = 0; i < kCount; ++i) {
        const double value = double{sway.at(i * 10.0)};
        sum += value;
        squares += value * value;
        fastest = std::max(fastest, std::abs(double{sway.at(i * 10.0 + 1)} - value));
    }
    EXPECT_NEAR(sum / kCount, 0, 0.15);
    EXPECT_NEAR(std::sqrt(squares / kCount), 2.5, 0.15);
    EXPECT_LT(fastest, 0.15);  // smooth: a millisecond changes little
    EXPECT_EQ(sway.at(1e9), sway.at(2e9));
    EXPECT_EQ(sway.at(-5), sway.at(0));
}

liveness::Challenge challenge() {
    liveness::Challenge made;
    made.video_width = 640;
    made.video_height = 480;
    made.oval = {270, 437, 330, 236};
    made.colors = {{{0, 0, 0}, 0, 75}, {{0, 255, 0}, 475, 0}, {{255, 0, 0}, 475, 0}};
    return made;
}

TEST(Timeline, KeepsTheOrderOfThings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Generator random(seed);
        const Timeline timeline = plan_timeline(random, challenge());
        EXPECT_LT(timeline.move_from, timeline.matched);
        ASSERT_EQ(timeline.color_starts.size(), 3u);
        EXPECT_LT(timeline.matched, timeline.color_starts[0]);
        EXPECT_EQ(timeline.color_starts[0], timeline.color_starts[1]);
        EXPECT_GE(timeline.color_starts[2] - timeline.color_starts[1], 475);
        EXPECT_GT(timeline.end, timeline.color_starts[2] + 475);
    }
}

TEST(Approach, EndsInTheOval) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Generator random(seed);
        const liveness::Challenge asked = challenge();
        const Timeline timeline = plan_timeline(random, asked);
        const Approach approach(random, {640, 480, 500}, asked.oval, timeline, {}, 1, 2);
        const auto first = approach.head_at(0);
        const auto last = approach.head_at(timeline.end);
        EXPECT_NEAR(last[2], asked.oval.width, 0.01 * asked.oval.width);
        EXPECT_NEAR(last[2] / first[2], 2, 0.01);
        EXPECT_NEAR(last[0] + last[2] / 2, asked.oval.center_x, 0.04 * asked.oval.width);
        EXPECT_NEAR(last[1] + last[3] / 2, asked.oval.center_y, 0.04 * asked.oval.height);
        EXPECT_GT(approach.at(0).origin.z, 1.7 * double{approach.at(timeline.end).origin.z});
    }
}

TEST(Blinks, CloseAndOpenAgain) {
    Generator random(3);
    const Blinks blinks(random, 0.3, 60'000);
    int closings = 0;
    double closed = 0;
    bool was_closed = false;
    for (double time = 0; time < 60'000; time += 5) {
        const float lids = blinks.at(time);
        ASSERT_GE(lids, 0);
        ASSERT_LE(lids, 1);
        const bool is_closed = lids > 0.5F;
        closings += is_closed && !was_closed ? 1 : 0;
        closed += is_closed ? 5 : 0;
        was_closed = is_closed;
    }
    EXPECT_GE(closings, 6);
    EXPECT_LE(closings, 30);
    EXPECT_LT(closed / closings, 260);
    EXPECT_GT(closed / closings, 80);
    const Blinks none(random, 0, 60'000);
    EXPECT_EQ(none.at(1000), 0);
}

}  // namespace
}  // namespace facegate::synthesis
