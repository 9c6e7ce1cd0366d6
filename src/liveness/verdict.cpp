#include "liveness/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "liveness/signal_table.h"

namespace facegate::liveness {
namespace {

constexpr double kUnmeasuredScore = 0.5;

SignalJudgement judge_one(const SignalRule& rule, const ClipSignals& signals, ChallengeType type) {
    SignalJudgement judgement;
    judgement.name = rule.name;
    judgement.value = rule.value(signals);
    judgement.weight = rule.weight;
    judgement.required = rule.role == SignalRole::kRequired;
    const Scale& scale = type == ChallengeType::kMovementAndLight ? rule.light : rule.movement;
    judgement.threshold = scale.pass;
    if (!judgement.value || !std::isfinite(*judgement.value)) {
        judgement.value.reset();
        judgement.score = judgement.required ? 0 : kUnmeasuredScore;
        judgement.reason = "could not be measured";
        return judgement;
    }
    judgement.passed = scale.passes(*judgement.value);
    judgement.score = scale.score(*judgement.value);
    judgement.reason = judgement.passed ? rule.good : rule.bad;
    return judgement;
}

double confidence_of(const std::vector<SignalJudgement>& signals) {
    double mean = 0;
    double weakest = 1;
    bool all_passed = true;
    for (const SignalJudgement& signal : signals) {
        mean += signal.weight * signal.score;
        if (!signal.required) continue;
        weakest = std::min(weakest, signal.score);
        all_passed = all_passed && signal.passed;
    }
    return std::round((all_passed ? mean : weakest) * 1000) / 10;
}

}  // namespace

Verdict judge(const ClipSignals& signals, ChallengeType type) {
    Verdict verdict;
    double weights = 0;
    for (const SignalRule& rule : signal_table()) {
        if (rule.light_only && type != ChallengeType::kMovementAndLight) continue;
        verdict.signals.push_back(judge_one(rule, signals, type));
        weights += rule.weight;
        // The first contradiction says more than any sentence written beforehand.
        SignalJudgement& last = verdict.signals.back();
        if (last.name == "claims" && !last.passed && !signals.claims_problem.empty()) {
            last.reason = signals.claims_problem;
        }
    }
    for (SignalJudgement& signal : verdict.signals) signal.weight /= weights;
    verdict.confidence = confidence_of(verdict.signals);
    verdict.live = verdict.confidence >= kLiveConfidence;
    return verdict;
}

std::string to_json(const Verdict& verdict) {
    std::string list;
    for (const SignalJudgement& signal : verdict.signals) {
        list += fmt::format(
            R"({}{{"name":{},"value":{},"threshold":{:.4g},"weight":{:.3f},"passed":{},"required":{},"reason":{}}})",
            list.empty() ? "" : ",", log::json_string(signal.name),
            signal.value ? fmt::format("{:.4g}", *signal.value) : "null", signal.threshold, signal.weight,
            signal.passed, signal.required, log::json_string(signal.reason));
    }
    return fmt::format("[{}]", list);
}

}  // namespace facegate::liveness
