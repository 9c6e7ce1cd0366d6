#include "liveness/clip_analyser.h"

#include <gtest/gtest.h>

#include <cmath>

#include "liveness/verdict.h"
#include "unit/liveness/recording.h"
#include "unit/vision/default_engine.h"

namespace facegate::liveness {
namespace {

using testing::challenge_of;
using testing::clip_of;
using testing::load_recording;

const vision::EngineSet& engines() {
    return vision::default_engines();
}

struct Analysed {
    Clip clip;
    Challenge challenge;
    ClipAnalysis analysis;
};

Analysed analysed(const char* name) {
    const auto recording = load_recording(name);
    Analysed out{clip_of(recording), challenge_of(recording), {}};
    auto analysis = analyse_clip(out.clip, out.challenge, engines());
    if (!analysis) throw std::runtime_error(analysis.error().message);
    out.analysis = std::move(*analysis);
    return out;
}

/// What the recordings show is one photo, enlarged before a camera that does not exist.
TEST(ClipAnalyser, APhotoThatAnswersTheColorsIsStillAPhoto) {
    const auto [clip, challenge, analysis] = analysed("light-genuine");
    const ClipSignals& signals = analysis.signals;
    EXPECT_EQ(analysis.video.container, "webm");
    EXPECT_EQ(analysis.video.codec, "vp8");
    EXPECT_EQ(analysis.video.frames, 118);
    EXPECT_EQ(signals.one_face_fraction, 1.0);
    EXPECT_GT(signals.oval_overlap.value(), 0.7);
    EXPECT_GT(signals.growth.value(), 1.7);
    EXPECT_LT(signals.same_person_fmr.value(), 1e-6);
    EXPECT_GE(signals.flash_frames, kMinFlashFrames);
    EXPECT_GT(signals.color.value().correlation, 0.9);
    EXPECT_EQ(signals.claims_problem, "");
    ASSERT_TRUE(signals.solid);
    EXPECT_LT(std::abs(signals.solid->view), 0.3);
    EXPECT_EQ(analysis.probes.at(engines().current().pack_id()).size(), engines().current().dimension());
    const Verdict verdict = judge(signals, challenge.type);
    EXPECT_FALSE(verdict.live) << to_json(verdict);
    EXPECT_LT(verdict.confidence, 45);
}

TEST(ClipAnalyser, ColorsThatAreNotAnsweredAreSeen) {
    for (const char* name : {"light-noreflect", "light-replay"}) {
        const auto [clip, challenge, analysis] = analysed(name);
        EXPECT_LT(analysis.signals.color.value().correlation, 0.6) << name;
        EXPECT_FALSE(judge(analysis.signals, challenge.type).live) << name;
    }
}

TEST(ClipAnalyser, AMovementClipHasNoColors) {
    const auto [clip, challenge, analysis] = analysed("move-success");
    EXPECT_FALSE(analysis.signals.color);
    EXPECT_FALSE(judge(analysis.signals, ChallengeType::kMovement).live);
    EXPECT_EQ(judge(analysis.signals, ChallengeType::kMovementAndLight).confidence, 0);
}

TEST(ClipAnalyser, AnotherOvalIsNotReached) {
    const auto recording = load_recording("light-genuine");
    Clip clip = clip_of(recording);
    Challenge challenge = challenge_of(recording);
    challenge.oval = {170, 275, 120, 150};
    clip.claims.target_face->box = {(120 - 85) / 640.0, (150 - 137.5) / 480.0, 170 / 640.0, 275 / 480.0};
    const auto analysis = analyse_clip(clip, challenge, engines());
    ASSERT_TRUE(analysis);
    EXPECT_EQ(analysis->signals.claims_problem, "");
    EXPECT_LT(analysis->signals.oval_overlap.value(), 0.3);
}

TEST(ClipAnalyser, VideosThatCannotBeJudged) {
    const auto recording = load_recording("light-genuine");
    const Clip good = clip_of(recording);
    const Challenge challenge = challenge_of(recording);

    Clip garbage = good;
    garbage.video.assign(5000, 0x42);
    EXPECT_FALSE(analyse_clip(garbage, challenge, engines()));
    Clip empty = good;
    empty.video.clear();
    EXPECT_FALSE(analyse_clip(empty, challenge, engines()));

    // Of another size than the challenge was made for: nothing is measured, so nothing passes.
    Challenge other = challenge;
    other.video_width = 1280;
    other.video_height = 720;
    const auto analysis = analyse_clip(good, other, engines());
    ASSERT_TRUE(analysis);
    EXPECT_EQ(analysis->signals.sampled_frames, 0);
    EXPECT_EQ(judge(analysis->signals, other.type).confidence, 0);
    EXPECT_TRUE(analysis->probes.empty());

    // Cut off before the colours: the colour signal cannot be measured.
    Clip cut = good;
    cut.video.resize(cut.video.size() / 3);
    const auto half = analyse_clip(cut, challenge, engines());
    ASSERT_TRUE(half);
    EXPECT_FALSE(half->signals.color);
    EXPECT_EQ(judge(half->signals, challenge.type).confidence, 0);
}

TEST(ClipAnalyser, ChunksThatPromiseMoreOrLessThanThereIs) {
    const auto recording = load_recording("move-success");
    const Challenge challenge = challenge_of(recording);
    for (const double factor : {0.0, 0.3, 3.0}) {
        Clip clip = clip_of(recording);
        for (ChunkArrival& chunk : clip.chunks) {
            chunk.bytes = static_cast<std::size_t>(static_cast<double>(chunk.bytes) * factor);
        }
        const auto analysis = analyse_clip(clip, challenge, engines());
        ASSERT_TRUE(analysis) << factor;
        EXPECT_EQ(analysis->video.frames, 34);
    }
    Clip without = clip_of(recording);
    without.chunks.clear();
    EXPECT_EQ(analyse_clip(without, challenge, engines())->signals.claims_problem, "no video arrived");
}

}  // namespace
}  // namespace facegate::liveness
