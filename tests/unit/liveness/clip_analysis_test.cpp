#include "liveness/clip_analysis.h"

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

const vision::FaceEngine& engine() {
    return engines().current();
}

/// The probe of the current pack.
const vision::FaceVector& probe_of(const ClipAnalysis& analysis) {
    return analysis.probes.at(engine().pack_id());
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

TEST(ClipAnalysis, EveryRecordingMeasuresAsItsTableSays) {
    struct Case {
        const char* name;
        int frames;
        bool follows_colors;
        bool live;
    };
    const Case cases[] = {
        {"light-genuine", 118, true, true},     {"light-genuineweak", 170, true, true},
        {"light-noreflect", 128, false, false}, {"light-success", 93, false, false},
        {"light-replay", 154, false, false},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const auto [clip, challenge, analysis] = analysed(c.name);
        const ClipSignals& signals = analysis.signals;
        EXPECT_EQ(analysis.frames_decoded, c.frames);
        EXPECT_EQ(analysis.container, "webm");
        EXPECT_EQ(analysis.codec, "vp8");
        EXPECT_EQ(signals.one_face_fraction, 1.0);
        EXPECT_EQ(signals.max_faces, 1);
        EXPECT_GT(signals.oval_overlap.value(), 0.7);
        EXPECT_GT(signals.growth.value(), 1.7);
        EXPECT_LT(signals.growth.value(), 2.6);
        EXPECT_LT(signals.same_person_fmr.value(), 1e-6);
        EXPECT_GE(signals.flash_frames, 20);
        EXPECT_EQ(signals.claims_problem, "");
        if (c.follows_colors) {
            EXPECT_GT(signals.color_correlation.value(), 0.9);
            EXPECT_GT(signals.color_lag_ms.value(), 0);
            EXPECT_LT(signals.color_lag_ms.value(), 500);
        } else {
            EXPECT_LT(signals.color_correlation.value(), 0.6);
        }
        const Verdict verdict = judge(signals, challenge.type);
        EXPECT_EQ(verdict.live, c.live) << to_json(verdict);
        EXPECT_EQ(analysis.frames_used, 5);
        ASSERT_EQ(probe_of(analysis).size(), engine().dimension());
    }
}

TEST(ClipAnalysis, AMovementClipPassesOnlyAsThat) {
    auto [clip, challenge, analysis] = analysed("move-success");
    EXPECT_EQ(analysis.frames_decoded, 34);
    EXPECT_GT(analysis.signals.growth.value(), 1.2);
    EXPECT_TRUE(judge(analysis.signals, ChallengeType::kMovement).live);
    EXPECT_FALSE(judge(analysis.signals, ChallengeType::kMovementAndLight).live);
}

TEST(ClipAnalysis, TheSameFaceAcrossClips) {
    const auto a = analysed("light-genuine");
    const auto b = analysed("light-noreflect");
    const double score = engine().score(probe_of(a.analysis), probe_of(b.analysis));
    EXPECT_LT(engine().calibration().false_match_rate(score, 1).fmr, 1e-6);
}

TEST(ClipAnalysis, AnotherSessionsColorsAreRefused) {
    // The clip of one session, offered to a session that asked for another order, with claims forged to match.
    const auto recording = load_recording("light-genuineweak");
    Clip clip = clip_of(recording);
    Challenge challenge = challenge_of(recording);
    const Rgb red{255, 0, 0}, green{0, 255, 0}, blue{0, 0, 255}, magenta{255, 0, 255};
    const Rgb order[] = {blue, red, green, magenta, green, blue, green};
    for (std::size_t i = 1; i < challenge.colors.size(); ++i) {
        challenge.colors[i].rgb = order[i - 1];
        clip.claims.colors[i].current = order[i - 1];
        clip.claims.colors[i].previous = challenge.colors[i - 1].rgb;
    }
    const auto analysis = analyse_clip(clip, challenge, engines());
    ASSERT_TRUE(analysis);
    EXPECT_EQ(analysis->signals.claims_problem, "");
    EXPECT_LT(analysis->signals.color_correlation.value(), 0.6);
    EXPECT_FALSE(judge(analysis->signals, challenge.type).live);
}

TEST(ClipAnalysis, AnotherOvalIsNotReached) {
    const auto recording = load_recording("light-genuine");
    Clip clip = clip_of(recording);
    Challenge challenge = challenge_of(recording);
    challenge.oval = {170, 275, 120, 150};
    clip.claims.target_face->box = {(120 - 85) / 640.0, (150 - 137.5) / 480.0, 170 / 640.0, 275 / 480.0};
    const auto analysis = analyse_clip(clip, challenge, engines());
    ASSERT_TRUE(analysis);
    EXPECT_LT(analysis->signals.oval_overlap.value(), 0.3);
    EXPECT_FALSE(judge(analysis->signals, challenge.type).live);
}

TEST(ClipAnalysis, VideosThatCannotBeJudged) {
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
    if (analysis) {
        EXPECT_EQ(judge(analysis->signals, other.type).confidence, 0);
        EXPECT_TRUE(analysis->probes.empty());
    }

    // Cut off before the colours: the colour signal cannot be measured.
    Clip cut = good;
    cut.video.resize(cut.video.size() / 3);
    const auto half = analyse_clip(cut, challenge, engines());
    if (half) {
        EXPECT_FALSE(judge(half->signals, challenge.type).live);
    }
}

}  // namespace
}  // namespace facegate::liveness
