#include "liveness/verdict.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <functional>
#include <limits>

namespace facegate::liveness {
namespace {

constexpr auto kLight = ChallengeType::kMovementAndLight;
constexpr auto kMove = ChallengeType::kMovement;

ClipSignals genuine() {
    ClipSignals signals;
    signals.sampled_frames = 80;
    signals.one_face_fraction = 1;
    signals.max_faces = 1;
    signals.oval_overlap = 0.85;
    signals.growth = 1.9;
    signals.compared_frames = 8;
    signals.same_person_score = 14;
    signals.same_person_fmr = 1e-8;
    signals.flash_frames = 60;
    signals.color_correlation = 0.93;
    signals.color_gain = 0.08;
    signals.color_lag_ms = 150;
    signals.color_lag_spread_ms = 20;
    signals.claims_consistent = true;
    return signals;
}

TEST(Verdict, AGenuineClipIsLive) {
    for (const auto type : {kLight, kMove}) {
        const Verdict verdict = judge(genuine(), type);
        EXPECT_TRUE(verdict.live);
        EXPECT_EQ(verdict.confidence, 100);
        for (const auto& signal : verdict.signals) EXPECT_TRUE(signal.passed) << signal.name;
    }
}

TEST(Verdict, EachSignalAloneRefuses) {
    using Spoil = std::function<void(ClipSignals&)>;
    struct Case {
        const char* name;
        const char* signal;
        bool movement_too;
        Spoil spoil;
    };
    const Case cases[] = {
        {"often no or two faces", "one_face", true, [](auto& s) { s.one_face_fraction = 0.89; }},
        {"hardly any frames", "one_face", true, [](auto& s) { s.sampled_frames = 9; }},
        {"faces never looked for", "one_face", true, [](auto& s) { s.one_face_fraction.reset(); }},
        {"forged fit", "in_oval", false, [](auto& s) { s.oval_overlap = 0.4; }},
        {"no way to the oval", "in_oval", true, [](auto& s) { s.oval_overlap = 0.21; }},
        {"no path", "in_oval", true, [](auto& s) { s.oval_overlap.reset(); }},
        {"no movement", "moved_closer", true, [](auto& s) { s.growth = 1.05; }},
        {"no growth measured", "moved_closer", true, [](auto& s) { s.growth.reset(); }},
        {"a swap", "same_person", true, [](auto& s) { s.same_person_fmr = 0.02; }},
        {"one frame compared", "same_person", true, [](auto& s) { s.compared_frames = 1; }},
        {"no person measured", "same_person", true, [](auto& s) { s.same_person_fmr.reset(); }},
        {"another order", "color_order", false, [](auto& s) { s.color_correlation = 0.70; }},
        {"no reflection", "color_order", false, [](auto& s) { s.color_correlation = 0.19; }},
        {"nineteen flash frames", "color_order", false, [](auto& s) { s.flash_frames = 19; }},
        {"no colours measured", "color_order", false, [](auto& s) { s.color_correlation.reset(); }},
        {"not a number", "color_order", false, [](auto& s) { s.color_correlation = std::nan(""); }},
        {"a glass reflection", "color_gain", false, [](auto& s) { s.color_gain = 0.004; }},
        {"no gain measured", "color_gain", false, [](auto& s) { s.color_gain.reset(); }},
        {"a drifting delay", "color_lag", false, [](auto& s) { s.color_lag_spread_ms = 300; }},
        {"no delay measured", "color_lag", false, [](auto& s) { s.color_lag_spread_ms.reset(); }},
        {"forged claims", "claims", true, [](auto& s) { s.claims_consistent = false; }},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        ClipSignals signals = genuine();
        c.spoil(signals);
        const Verdict verdict = judge(signals, kLight);
        EXPECT_FALSE(verdict.live);
        EXPECT_LT(verdict.confidence, kLiveConfidence);
        bool found = false;
        for (const auto& signal : verdict.signals) {
            EXPECT_EQ(signal.passed, signal.score >= 0.9) << signal.name;
            if (signal.name == c.signal) {
                found = true;
                EXPECT_FALSE(signal.passed);
                EXPECT_FALSE(signal.reason.empty());
            }
        }
        EXPECT_TRUE(found);
        EXPECT_EQ(judge(signals, kMove).live, !c.movement_too);
    }
}

TEST(Verdict, NothingMeasuredIsZero) {
    const Verdict verdict = judge({}, kLight);
    EXPECT_FALSE(verdict.live);
    EXPECT_EQ(verdict.confidence, 0);
}

TEST(Verdict, ConfidenceRisesWithTheSignal) {
    double before = -1;
    for (double correlation = 0.3; correlation <= 1; correlation += 0.01) {
        ClipSignals signals = genuine();
        signals.color_correlation = correlation;
        const double confidence = judge(signals, kLight).confidence;
        // Falling just short is never rounded up to a pass.
        EXPECT_EQ(confidence >= kLiveConfidence, correlation >= 0.75) << correlation;
        if (correlation < 0.74) {
            EXPECT_GE(confidence, before);
        }
        EXPECT_DOUBLE_EQ(confidence, std::round(confidence * 10) / 10);
        before = confidence;
    }
}

TEST(Verdict, WeightsAddUpToOneForLight) {
    double sum = 0;
    for (const auto& signal : judge(genuine(), kLight).signals) sum += signal.weight;
    EXPECT_NEAR(sum, 1, 1e-9);
}

TEST(Verdict, TheAuditRecordNamesEverySignal) {
    ClipSignals signals = genuine();
    signals.color_gain.reset();
    const auto list = boost::json::parse(to_json(judge(signals, kLight))).as_array();
    EXPECT_EQ(list.size(), 8u);
    for (const auto& entry : list) {
        for (const char* member : {"name", "value", "weight", "passed", "reason"})
            EXPECT_TRUE(entry.as_object().contains(member));
        EXPECT_EQ(entry.at("value").is_null(), entry.at("name").as_string() == "color_gain");
    }
}

}  // namespace
}  // namespace facegate::liveness
