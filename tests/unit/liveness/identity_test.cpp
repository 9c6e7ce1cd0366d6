#include "liveness/signals/identity.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "unit/synthesis/sample_subjects.h"

namespace facegate::liveness {
namespace {

using synthesis::Subject;
using synthesis::testing::sample_subjects;

const vision::EngineSet& engines() {
    return vision::default_engines();
}

/// The subject offered every quarter of a second.
void offer(IdentityTracker& tracker, const Subject& subject, double from_ms, double until_ms) {
    for (double time = from_ms; time < until_ms; time += 250) tracker.offer(time, subject.photo, subject.mesh);
}

TEST(Identity, OnePersonIsOne) {
    IdentityTracker tracker(engines(), 1);
    offer(tracker, sample_subjects()[0], 0, 4000);
    const Identity identity = tracker.finish(std::nullopt);
    // Three windows: the best of each, and mostly another one.
    EXPECT_GE(identity.compared_frames, 4);
    EXPECT_LE(identity.compared_frames, 6);
    EXPECT_EQ(identity.probe_frames, 3);
    EXPECT_LT(identity.highest_fmr.value(), 1e-8);
    ASSERT_TRUE(identity.probes.contains(engines().current().pack_id()));
    EXPECT_EQ(identity.probes.at(engines().current().pack_id()).size(), engines().current().dimension());
    EXPECT_TRUE(identity.forensics);
}

TEST(Identity, ASwapOfTwoWindowsIsSeen) {
    IdentityTracker tracker(engines(), 1);
    offer(tracker, sample_subjects()[0], 0, 3000);
    offer(tracker, sample_subjects()[1], 3000, 6200);
    offer(tracker, sample_subjects()[0], 6200, 8000);
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_GT(identity.highest_fmr.value(), 1e-3);
}

/// Somebody who shows another face's sharper picture once in each window is there in most of the frames: he is drawn.
TEST(Identity, BetterFramesOfSomebodyElseDoNotHideWhoIsThere) {
    Subject blurred = sample_subjects()[0];
    cv::Mat pixels(blurred.photo.height, blurred.photo.width, CV_8UC3, blurred.photo.pixels.data());
    cv::GaussianBlur(pixels, pixels, {}, 2);
    int seen = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        IdentityTracker tracker(engines(), seed);
        for (int i = 0; i < 32; ++i) {
            const Subject& shown = i % 8 == 3 ? sample_subjects()[1] : blurred;
            tracker.offer(i * 200, shown.photo, shown.mesh);
        }
        seen += tracker.finish(std::nullopt).highest_fmr.value() > 1e-4 ? 1 : 0;
    }
    EXPECT_EQ(seen, 10);
}

TEST(Identity, ItIsBoundedHoweverLongTheClip) {
    IdentityTracker tracker(engines(), 1);
    offer(tracker, sample_subjects()[0], 0, 180'000);
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_EQ(identity.compared_frames, static_cast<int>(kMaxComparedFrames));
    EXPECT_EQ(identity.probe_frames, static_cast<int>(kMaxProbeFrames));
}

TEST(Identity, NothingOfferedNothingFound) {
    IdentityTracker tracker(engines(), 1);
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_EQ(identity.compared_frames, 0);
    EXPECT_FALSE(identity.highest_fmr);
    EXPECT_FALSE(identity.forensics);
    EXPECT_TRUE(identity.probes.empty());
    IdentityTracker once(engines(), 1);
    offer(once, sample_subjects()[0], 1000, 1200);
    const Identity one = once.finish(std::nullopt);
    EXPECT_EQ(one.compared_frames, 1);
    EXPECT_FALSE(one.highest_fmr);  // nothing to compare it with
    EXPECT_FALSE(one.probes.empty());
}

TEST(Identity, FramesWithoutFlashesComeFirst) {
    // Six frames: the probe takes five, and the flashed one is left out although all are alike.
    const auto probe_with_flash_at = [](double from, double until) {
        IdentityTracker tracker(engines(), 1);
        offer(tracker, sample_subjects()[0], 0, 5000);
        offer(tracker, sample_subjects()[1], 5000, 6000);
        return tracker.finish(TimeWindow{from, until}).probes.at(engines().current().pack_id());
    };
    const auto& engine = engines().current();
    const vision::FaceVector first = engine.embed(sample_subjects()[0].photo, sample_subjects()[0].mesh);
    EXPECT_GT(engine.score(probe_with_flash_at(4900, 6100), first), engine.score(probe_with_flash_at(-1, 4900), first));
}

}  // namespace
}  // namespace facegate::liveness
