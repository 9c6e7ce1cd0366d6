#include "liveness/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "liveness/signal_table.h"

namespace facegate::liveness {
namespace {

constexpr auto kLight = ChallengeType::kMovementAndLight;
constexpr auto kMove = ChallengeType::kMovement;

ClipSignals genuine() {
    ClipSignals signals;
    signals.sampled_frames = 150;
    signals.one_face_fraction = 1;
    signals.oval_overlap = 0.85;
    signals.growth = 1.9;
    signals.solid = SolidHead{
        .pairs = 16, .points = 180, .growth = 1.9, .view = 1.3, .relief = 0.9, .explained = 0.9, .plane_error = 20};
    signals.compared_frames = 8;
    signals.same_person_fmr = 1e-8;
    signals.flash_frames = 70;
    signals.color = ColorResponse{
        .frames = 70, .correlation = 0.93, .gain = 0.08, .lag_ms = 150, .lag_spread_ms = 20, .surround_ratio = 0.1};
    signals.motion = FaceMotion{.samples = 80, .unrest = 20, .novelty = 0.6};
    signals.fastest_movement = 1;
    signals.blinks = BlinkCount{.blinks = 2, .samples = 40, .deepest = 0.3};
    signals.claims_consistent = true;
    signals.timing = Timing{.rate = 1.01, .event_offset_ms = 60, .largest_delay_ms = 100};
    signals.largest_gap_ms = 60;
    signals.frames_per_second = 30;
    signals.forensics = ImageForensics{.moire = 0.6, .detail = 0.1, .blown = 0};
    return signals;
}

const SignalJudgement& judgement_of(const Verdict& verdict, std::string_view name) {
    return *std::ranges::find(verdict.signals, name, &SignalJudgement::name);
}

TEST(Verdict, AGenuineClipIsLive) {
    for (const auto type : {kLight, kMove}) {
        const Verdict verdict = judge(genuine(), type);
        EXPECT_TRUE(verdict.live);
        EXPECT_GT(verdict.confidence, 98);
        for (const auto& signal : verdict.signals) EXPECT_TRUE(signal.passed) << signal.name;
    }
}

using Spoil = std::function<void(ClipSignals&)>;
struct Spoilt {
    const char* name;
    const char* signal;
    bool movement_too;
    Spoil spoil;
};

const Spoilt kRefused[] = {
    {"often no or two faces", "one_face", true, [](auto& s) { s.one_face_fraction = 0.89; }},
    {"hardly any frames", "one_face", true, [](auto& s) { s.sampled_frames = 9; }},
    {"faces never looked for", "one_face", true, [](auto& s) { s.one_face_fraction.reset(); }},
    {"forged fit", "in_oval", false, [](auto& s) { s.oval_overlap = 0.4; }},
    {"no way to the oval", "in_oval", true, [](auto& s) { s.oval_overlap = 0.21; }},
    {"no path", "in_oval", true, [](auto& s) { s.oval_overlap.reset(); }},
    {"no movement", "moved_closer", true, [](auto& s) { s.growth = 1.05; }},
    {"no growth measured", "moved_closer", true, [](auto& s) { s.growth.reset(); }},
    {"a plane", "solid_head", true, [](auto& s) { s.solid->view = 0.05; }},
    {"a plane that grows the wrong way", "solid_head", true, [](auto& s) { s.solid->view = -1.3; }},
    {"a bent sheet", "relief", true,
     [](auto& s) {
         s.solid->view = 0.8;
         s.solid->relief = 0.1;
     }},
    {"no depth measured", "solid_head", true, [](auto& s) { s.solid.reset(); }},
    {"a swap", "same_person", true, [](auto& s) { s.same_person_fmr = 0.02; }},
    {"two frames compared", "same_person", true, [](auto& s) { s.compared_frames = 2; }},
    {"no person measured", "same_person", true, [](auto& s) { s.same_person_fmr.reset(); }},
    {"another order", "color_order", false, [](auto& s) { s.color->correlation = 0.70; }},
    {"no reflection", "color_order", false, [](auto& s) { s.color->correlation = 0.19; }},
    {"no colours measured", "color_order", false, [](auto& s) { s.color.reset(); }},
    {"not a number", "color_order", false, [](auto& s) { s.color->correlation = std::nan(""); }},
    {"a glass reflection", "color_gain", false, [](auto& s) { s.color->gain = 0.004; }},
    {"a drifting delay", "color_lag", false, [](auto& s) { s.color->lag_spread_ms = 300; }},
    {"no delay measured", "color_lag", false, [](auto& s) { s.color->lag_spread_ms.reset(); }},
    {"a still face", "natural_motion", true, [](auto& s) { s.motion->unrest = 0.004; }},
    {"a loop", "no_loop", true, [](auto& s) { s.motion->novelty = 0.02; }},
    {"a cut", "continuity", true, [](auto& s) { s.fastest_movement = 9; }},
    {"no movement measured", "continuity", true, [](auto& s) { s.fastest_movement.reset(); }},
    {"no textures", "no_loop", true, [](auto& s) { s.motion.reset(); }},
    {"forged claims", "claims", true, [](auto& s) { s.claims_consistent = false; }},
    {"another pace", "clock_rate", true, [](auto& s) { s.timing->rate = 0.7; }},
    {"too few chunks for a pace", "clock_rate", true, [](auto& s) { s.timing->rate.reset(); }},
    {"events moved", "event_times", false, [](auto& s) { s.timing->event_offset_ms = -2000; }},
    {"no clock", "event_times", true, [](auto& s) { s.timing.reset(); }},
};

TEST(Verdict, EachRequiredSignalAloneRefuses) {
    for (const auto& [name, signal, movement_too, spoil] : kRefused) {
        SCOPED_TRACE(name);
        ClipSignals signals = genuine();
        spoil(signals);
        const Verdict verdict = judge(signals, kLight);
        EXPECT_FALSE(verdict.live);
        EXPECT_LT(verdict.confidence, kLiveConfidence);
        const SignalJudgement& judgement = judgement_of(verdict, signal);
        EXPECT_TRUE(judgement.required);
        EXPECT_FALSE(judgement.passed);
        EXPECT_FALSE(judgement.reason.empty());
        EXPECT_EQ(judge(signals, kMove).live, !movement_too);
    }
}

TEST(Verdict, EveryRequiredSignalIsAmongThoseTested) {
    for (const SignalRule& rule : signal_table()) {
        if (rule.role != SignalRole::kRequired) continue;
        EXPECT_TRUE(std::ranges::any_of(kRefused, [&](const Spoilt& spoilt) { return spoilt.signal == rule.name; }))
            << rule.name;
    }
}

TEST(Verdict, SupportingSignalsLowerTheConfidence) {
    const Spoilt cases[] = {
        {"all of the picture tinted", "surround", false, [](auto& s) { s.color->surround_ratio = 0.97; }},
        {"no surround seen", "surround", false, [](auto& s) { s.color->surround_ratio.reset(); }},
        {"no blink", "blinks", true, [](auto& s) { s.blinks->blinks = 0; }},
        {"eyes not measured", "blinks", true, [](auto& s) { s.blinks.reset(); }},
        {"a second missing", "whole_video", true, [](auto& s) { s.largest_gap_ms = 1500; }},
        {"too few frames for a pause", "whole_video", true, [](auto& s) { s.frames_per_second = 0; }},
        {"a screen's pattern", "moire", true, [](auto& s) { s.forensics->moire = 1.2; }},
        {"no frame examined", "moire", true, [](auto& s) { s.forensics.reset(); }},
    };
    for (const auto& [name, signal, movement_too, spoil] : cases) {
        SCOPED_TRACE(name);
        for (const auto type : {kLight, kMove}) {
            if (type == kMove && !movement_too) continue;
            ClipSignals signals = genuine();
            const double before = judge(signals, type).confidence;
            spoil(signals);
            const Verdict verdict = judge(signals, type);
            EXPECT_TRUE(verdict.live);
            EXPECT_LT(verdict.confidence, before);
            const SignalJudgement& judgement = judgement_of(verdict, signal);
            EXPECT_FALSE(judgement.passed);
            EXPECT_FALSE(judgement.required);
            // Not measured is no pass: it counts half.
            if (!judgement.value) {
                EXPECT_EQ(judgement.score, 0.5);
            }
        }
    }
}

TEST(Verdict, NothingMeasuredIsZero) {
    const Verdict verdict = judge({}, kLight);
    EXPECT_FALSE(verdict.live);
    EXPECT_EQ(verdict.confidence, 0);
    for (const auto& signal : verdict.signals) EXPECT_FALSE(signal.passed) << signal.name;
}

TEST(Verdict, ValuesThatAreNoNumbersAreNotMeasured) {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double value : {std::nan(""), infinity, -infinity}) {
        ClipSignals signals = genuine();
        signals.one_face_fraction = value;
        signals.oval_overlap = value;
        signals.growth = value;
        signals.solid = SolidHead{.view = value, .relief = value};
        signals.same_person_fmr = value;
        signals.color = ColorResponse{
            .correlation = value, .gain = value, .lag_ms = value, .lag_spread_ms = value, .surround_ratio = value};
        signals.motion = FaceMotion{.unrest = value, .novelty = value};
        signals.fastest_movement = value;
        signals.timing = Timing{.rate = value, .event_offset_ms = value};
        signals.largest_gap_ms = value;
        signals.forensics = ImageForensics{.moire = value};
        const Verdict verdict = judge(signals, kLight);
        EXPECT_EQ(verdict.confidence, 0);
        for (const auto& signal : verdict.signals) {
            if (signal.name == "claims" || signal.name == "blinks") continue;
            EXPECT_FALSE(signal.passed) << signal.name;
            EXPECT_FALSE(signal.value) << signal.name;
        }
        EXPECT_NO_THROW(static_cast<void>(boost::json::parse(to_json(verdict))));
    }
}

TEST(Verdict, ConfidenceRisesWithTheSignal) {
    double before = -1;
    for (double correlation = 0.3; correlation <= 1; correlation += 0.01) {
        ClipSignals signals = genuine();
        signals.color->correlation = correlation;
        const double confidence = judge(signals, kLight).confidence;
        // Falling just short is never rounded up to a pass.
        EXPECT_EQ(confidence >= kLiveConfidence, correlation >= 0.75) << correlation;
        EXPECT_GE(confidence, before);
        EXPECT_DOUBLE_EQ(confidence, std::round(confidence * 10) / 10);
        before = confidence;
    }
}

TEST(Verdict, WeightsAddUpToOne) {
    for (const auto type : {kLight, kMove}) {
        double sum = 0;
        for (const auto& signal : judge(genuine(), type).signals) sum += signal.weight;
        EXPECT_NEAR(sum, 1, 1e-9);
    }
}

TEST(Verdict, MovementLeavesOutWhatNeedsLight) {
    const Verdict verdict = judge(genuine(), kMove);
    for (const SignalRule& rule : signal_table()) {
        const bool judged =
            std::ranges::find(verdict.signals, rule.name, &SignalJudgement::name) != verdict.signals.end();
        EXPECT_EQ(judged, !rule.light_only) << rule.name;
    }
    EXPECT_LT(verdict.signals.size(), judge(genuine(), kLight).signals.size());
}

TEST(Verdict, TheFirstContradictionIsTheReason) {
    ClipSignals signals = genuine();
    signals.claims_consistent = false;
    signals.claims_problem = "the colours are out of order";
    EXPECT_EQ(judgement_of(judge(signals, kLight), "claims").reason, "the colours are out of order");
}

TEST(Verdict, TheAuditRecordNamesEverySignal) {
    ClipSignals signals = genuine();
    signals.motion.reset();
    signals.claims_consistent = false;
    signals.claims_problem = "a \"quoted\" problem";
    const auto list = boost::json::parse(to_json(judge(signals, kLight))).as_array();
    ASSERT_EQ(list.size(), signal_table().size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto& entry = list[i].as_object();
        EXPECT_EQ(entry.at("name").as_string(), signal_table()[i].name);
        for (const char* member : {"value", "weight", "passed", "required", "reason"})
            EXPECT_TRUE(entry.contains(member)) << member;
        const std::string name(entry.at("name").as_string());
        const bool unmeasured = name == "natural_motion" || name == "no_loop";
        EXPECT_EQ(entry.at("value").is_null(), unmeasured) << name;
    }
}

}  // namespace
}  // namespace facegate::liveness
