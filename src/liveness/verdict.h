#pragma once

#include <optional>
#include <string>
#include <vector>

#include "liveness/challenge.h"
#include "liveness/clip_signals.h"

namespace facegate::liveness {

/// One signal's part in a verdict, for the audit record.
struct SignalJudgement {
    std::string name;             ///< e.g. "one_face"
    std::optional<double> value;  ///< as measured; nothing: it could not be measured
    double score = 0;             ///< 0-1; at least 0.9 if and only if passed
    double weight = 0;            ///< share in the confidence
    bool passed = false;
    std::string reason;  ///< one sentence, without data about the person
};

struct Verdict {
    bool live = false;      ///< confidence >= kLiveConfidence
    double confidence = 0;  ///< 0-100, one decimal
    std::vector<SignalJudgement> signals;
};

inline constexpr double kLiveConfidence = 90;

/// Judges what was measured. Every signal of the challenge's type has to pass: the confidence is the weighted mean of
/// the scores if all do, else the weakest score. A signal that could not be measured never passes. Pure.
Verdict judge(const ClipSignals& signals, ChallengeType type);

/// The verdict's signals as a JSON array of {name, value, weight, passed, reason}, for the audit record.
std::string to_json(const Verdict& verdict);

}  // namespace facegate::liveness
