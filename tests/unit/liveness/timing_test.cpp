#include "liveness/signals/timing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace facegate::liveness {
namespace {

const TimeMs kStart = from_unix_ms(5'000'000);

/// A chunk a second of a video that began 1.5 s after the stream opened, each sent `network` ms after its last frame.
std::vector<ChunkTime> chunks_of(int seconds, double rate = 1, int network = 80) {
    std::vector<ChunkTime> chunks;
    for (int i = 1; i <= seconds; ++i) {
        chunks.push_back({Milliseconds(1500 + std::lround(i * 1000 * rate) + network), i * 1000 - 30});
    }
    return chunks;
}

ClientClaims claims_with_colors(Milliseconds late) {
    ClientClaims claims;
    claims.video_start = kStart;
    for (int i = 0; i < 8; ++i) {
        const Milliseconds at(4000 + i * 480);
        claims.colors.push_back({i, {}, {}, kStart + at, Milliseconds(1500 + 80 + 30) + at + late});
    }
    return claims;
}

TEST(Timing, AnHonestClipKeepsTime) {
    const auto timing = measure_timing(claims_with_colors(Milliseconds(0)), chunks_of(8));
    ASSERT_TRUE(timing);
    EXPECT_NEAR(timing->rate.value(), 1, 1e-9);
    EXPECT_NEAR(timing->event_offset_ms.value(), 0, 1e-9);
    EXPECT_NEAR(timing->largest_delay_ms, 0, 1e-9);
}

TEST(Timing, ANetworksJitterChangesLittle) {
    std::mt19937 random(4);
    for (int round = 0; round < 30; ++round) {
        auto chunks = chunks_of(8);
        for (ChunkTime& chunk : chunks) chunk.arrived += Milliseconds(random() % 250);
        const auto timing = measure_timing(claims_with_colors(Milliseconds(0)), chunks);
        ASSERT_TRUE(timing);
        EXPECT_NEAR(timing->rate.value(), 1, 0.1);
        EXPECT_NEAR(timing->event_offset_ms.value(), 0, 250);
        EXPECT_LE(timing->largest_delay_ms, 250);
    }
}

TEST(Timing, AnotherPaceIsTheRate) {
    for (const double rate : {0.7, 0.9, 1.4}) {
        const auto timing = measure_timing({}, chunks_of(8, rate));
        ASSERT_TRUE(timing);
        EXPECT_NEAR(timing->rate.value(), rate, 0.002);
        EXPECT_FALSE(timing->event_offset_ms);
    }
}

TEST(Timing, EventsThatCameLaterThanTheySay) {
    for (const int late : {-2500, 700, 2500}) {
        const auto timing = measure_timing(claims_with_colors(Milliseconds(late)), chunks_of(8));
        EXPECT_NEAR(timing->event_offset_ms.value(), late, 1);
    }
    // One late event says nothing.
    ClientClaims claims = claims_with_colors(Milliseconds(0));
    claims.colors[3].arrived += Milliseconds(5000);
    EXPECT_NEAR(measure_timing(claims, chunks_of(8))->event_offset_ms.value(), 0, 1);
    claims.video_start.reset();
    EXPECT_FALSE(measure_timing(claims, chunks_of(8))->event_offset_ms);
}

TEST(Timing, ADelayIsSeen) {
    auto chunks = chunks_of(8);
    chunks[4].arrived += Milliseconds(1700);
    EXPECT_NEAR(measure_timing({}, chunks)->largest_delay_ms, 1700, 1e-9);
}

TEST(Timing, TooLittleMeansNothing) {
    EXPECT_FALSE(measure_timing({}, {}));
    EXPECT_FALSE(measure_timing({}, chunks_of(2)));
    // Chunks that brought no frame are no steps.
    auto chunks = chunks_of(2);
    for (int i = 0; i < 5; ++i) chunks.push_back(chunks.back());
    EXPECT_FALSE(measure_timing({}, chunks));
    // Three frames within a second tell no pace.
    const ChunkTime quick[] = {{Milliseconds(100), 100}, {Milliseconds(300), 300}, {Milliseconds(900), 900}};
    const auto timing = measure_timing({}, quick);
    ASSERT_TRUE(timing);
    EXPECT_FALSE(timing->rate);
}

}  // namespace
}  // namespace facegate::liveness
