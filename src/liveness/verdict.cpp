#include "liveness/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "liveness/signals/color_response.h"

namespace facegate::liveness {
namespace {

constexpr double kPassScore = kLiveConfidence / 100;
constexpr double kBestFailingScore = kPassScore - 0.001;  // so that rounding never lifts a failure to a pass
constexpr int kMinSampledFrames = 10;
constexpr int kMinComparedFrames = 3;

/// A value becomes a score along three points: `none` scores 0, `pass` 0.9, `full` 1. They may fall or rise.
struct Scale {
    double none = 0;
    double pass = 0;
    double full = 0;

    [[nodiscard]] bool passes(double value) const { return full >= pass ? value >= pass : value <= pass; }
    [[nodiscard]] double score(double value) const {
        if (passes(value)) return kPassScore + (1 - kPassScore) * std::clamp((value - pass) / (full - pass), 0.0, 1.0);
        return std::min(kBestFailingScore, kPassScore * std::clamp((value - none) / (pass - none), 0.0, 1.0));
    }
};

// Where the bars stand, and why.
// A detector may lose a face for a frame in ten; a second person does not come and go that fast.
constexpr Scale kOneFace{0.5, 0.9, 0.98};
// Genuine clips overlap the oval by 0.8 and more, forged claims by 0.2 to 0.4; the widget itself asks for 0.7.
constexpr Scale kInOval{0.3, 0.55, 0.8};
// The movement challenge stops recording at the match, and a loaded browser was seen to lose the second before it: what
// is left shows the way there. The growth below still has to be there.
constexpr Scale kOnTheWayToOval{0.2, 0.33, 0.7};
// The face starts at most at 0.4 of the oval's width between the eyes and ends near 0.5; 1.7 to 2.6 times is usual.
constexpr Scale kMovedCloser{1.0, 1.2, 1.6};
// log10 of the false match rate between the two least alike frames: one person's frames are far below 1e-6.
constexpr Scale kSamePerson{-1, -3, -6};
// Genuine 0.92 and more, no order of the code imitates another beyond 0.70 (color_code.h), noise stays under 0.5.
constexpr Scale kColorOrder{0.4, 0.75, 0.9};
// A screen adds some hundredths to a lit face. Noise reached 0.001 in clips without any reflection.
constexpr Scale kColorGain{0.002, 0.015, 0.05};
// One lag for the whole sequence: a camera's delay does not change by more than a few frames.
constexpr Scale kColorLag{400, 160, 60};

SignalJudgement measured(std::string name, double weight, std::optional<double> value, const Scale& scale,
                         std::string good, std::string bad) {
    SignalJudgement judgement{std::move(name), value, 0, weight, false, "could not be measured"};
    if (!value || !std::isfinite(*value)) return judgement;
    judgement.passed = scale.passes(*value);
    judgement.score = scale.score(*value);
    judgement.reason = judgement.passed ? std::move(good) : std::move(bad);
    return judgement;
}

std::optional<double> if_enough(int count, int needed, std::optional<double> value) {
    return count >= needed ? value : std::nullopt;
}

std::optional<double> log10_of(std::optional<double> rate) {
    if (!rate || !(*rate > 0)) return std::nullopt;
    return std::log10(*rate);
}

SignalJudgement judge_claims(const ClipSignals& signals) {
    SignalJudgement judgement{"claims", 0.0, 0, 0.05, signals.claims_consistent, signals.claims_problem};
    if (judgement.passed) {
        judgement.value = 1;
        judgement.score = 1;
        judgement.reason = "the client's account agrees with what was asked and what arrived";
    } else if (judgement.reason.empty()) {
        judgement.reason = "the client's account was not checked";
    }
    return judgement;
}

double confidence_of(const std::vector<SignalJudgement>& signals) {
    double sum = 0;
    double weights = 0;
    double weakest = 1;
    bool all_passed = true;
    for (const SignalJudgement& signal : signals) {
        sum += signal.weight * signal.score;
        weights += signal.weight;
        weakest = std::min(weakest, signal.score);
        all_passed = all_passed && signal.passed;
    }
    const double score = all_passed ? sum / weights : weakest;
    return std::round(score * 1000) / 10;
}

}  // namespace

Verdict judge(const ClipSignals& signals, ChallengeType type) {
    const bool light = type == ChallengeType::kMovementAndLight;
    Verdict verdict;
    auto& list = verdict.signals;
    list.push_back(measured("one_face", 0.2,
                            if_enough(signals.sampled_frames, kMinSampledFrames, signals.one_face_fraction), kOneFace,
                            "exactly one face throughout", "not exactly one face throughout"));
    list.push_back(measured("in_oval", 0.2, signals.oval_overlap, light ? kInOval : kOnTheWayToOval,
                            "the face moved into the oval", "the face is not in the oval in the video"));
    list.push_back(measured("moved_closer", 0.1, signals.growth, kMovedCloser, "the face came closer",
                            "the face did not come closer"));
    list.push_back(measured(
        "same_person", 0.15, log10_of(if_enough(signals.compared_frames, kMinComparedFrames, signals.same_person_fmr)),
        kSamePerson, "the same person in all compared frames", "the compared frames may show different people"));
    if (light) {
        const auto color = [&](std::optional<double> value) {
            return if_enough(signals.flash_frames, kMinFlashFrames, value);
        };
        list.push_back(measured("color_order", 0.2, color(signals.color_correlation), kColorOrder,
                                "the face follows the displayed colours",
                                "the face does not follow the displayed colours"));
        list.push_back(measured("color_gain", 0.05, color(signals.color_gain), kColorGain,
                                "the displayed light reaches the face", "next to no displayed light reaches the face"));
        list.push_back(measured("color_lag", 0.05, color(signals.color_lag_spread_ms), kColorLag,
                                "the face follows at a constant delay", "the delay changes over the sequence"));
    }
    list.push_back(judge_claims(signals));
    verdict.confidence = confidence_of(list);
    verdict.live = verdict.confidence >= kLiveConfidence;
    return verdict;
}

std::string to_json(const Verdict& verdict) {
    std::string list;
    for (const SignalJudgement& signal : verdict.signals) {
        const bool has_value = signal.value && std::isfinite(*signal.value);
        list +=
            fmt::format(R"({}{{"name":{},"value":{},"weight":{},"passed":{},"reason":{}}})", list.empty() ? "" : ",",
                        log::json_string(signal.name), has_value ? fmt::format("{:.4g}", *signal.value) : "null",
                        signal.weight, signal.passed, log::json_string(signal.reason));
    }
    return fmt::format("[{}]", list);
}

}  // namespace facegate::liveness
