#include "liveness/signals/identity.h"

#include <gtest/gtest.h>

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
    IdentityTracker tracker(engines());
    offer(tracker, sample_subjects()[0], 0, 4000);
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_EQ(identity.compared_frames, 4);
    EXPECT_EQ(identity.probe_frames, 4);
    EXPECT_LT(identity.highest_fmr.value(), 1e-8);
    ASSERT_TRUE(identity.probes.contains(engines().current().pack_id()));
    EXPECT_EQ(identity.probes.at(engines().current().pack_id()).size(), engines().current().dimension());
    EXPECT_TRUE(identity.forensics);
}

TEST(Identity, ASwapOfTwoWindowsIsSeen) {
    IdentityTracker tracker(engines());
    offer(tracker, sample_subjects()[0], 0, 3000);
    offer(tracker, sample_subjects()[1], 3000, 5400);
    offer(tracker, sample_subjects()[0], 5400, 8000);
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_GT(identity.highest_fmr.value(), 1e-3);
}

TEST(Identity, ItIsBoundedHoweverLongTheClip) {
    IdentityTracker tracker(engines());
    offer(tracker, sample_subjects()[0], 0, 180'000);
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_EQ(identity.compared_frames, static_cast<int>(kMaxComparedFrames));
    EXPECT_EQ(identity.probe_frames, static_cast<int>(kMaxProbeFrames));
}

TEST(Identity, NothingOfferedNothingFound) {
    IdentityTracker tracker(engines());
    const Identity identity = tracker.finish(std::nullopt);
    EXPECT_EQ(identity.compared_frames, 0);
    EXPECT_FALSE(identity.highest_fmr);
    EXPECT_FALSE(identity.forensics);
    EXPECT_TRUE(identity.probes.empty());
    IdentityTracker once(engines());
    offer(once, sample_subjects()[0], 0, 200);
    const Identity one = once.finish(std::nullopt);
    EXPECT_EQ(one.compared_frames, 1);
    EXPECT_FALSE(one.highest_fmr);  // nothing to compare it with
    EXPECT_FALSE(one.probes.empty());
}

TEST(Identity, FramesWithoutFlashesComeFirst) {
    // Six frames: the probe takes five, and the flashed one is left out although all are alike.
    const auto probe_with_flash_at = [](double from, double until) {
        IdentityTracker tracker(engines());
        offer(tracker, sample_subjects()[0], 0, 5000);
        offer(tracker, sample_subjects()[1], 5000, 6000);
        return tracker.finish(FlashWindow{from, until}).probes.at(engines().current().pack_id());
    };
    const auto& engine = engines().current();
    const vision::FaceVector first = engine.embed(sample_subjects()[0].photo, sample_subjects()[0].mesh);
    EXPECT_GT(engine.score(probe_with_flash_at(4900, 6100), first), engine.score(probe_with_flash_at(-1, 4900), first));
}

}  // namespace
}  // namespace facegate::liveness
