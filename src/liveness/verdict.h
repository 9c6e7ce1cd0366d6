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
    double threshold = 0;         ///< from which value on it passes; whether from above or below is the signal's own
    double score = 0;             ///< 0-1; at least 0.9 if and only if passed
    double weight = 0;            ///< share in the confidence; all add up to 1
    bool passed = false;
    bool required = true;
    std::string reason;  ///< one sentence, without data about the person
};

struct Verdict {
    bool live = false;      ///< confidence >= kLiveConfidence
    double confidence = 0;  ///< 0-100, one decimal
    std::vector<SignalJudgement> signals;
};

inline constexpr double kLiveConfidence = 90;

/// Judges what was measured by signal_table(). Every required signal of the challenge's type has to be measured and to
/// pass, else the confidence is the weakest one's score. If all do, it is the weighted mean of all scores, supporting
/// ones included; one of these that could not be measured scores a half. Pure.
Verdict judge(const ClipSignals& signals, ChallengeType type);

/// The verdict's signals as a JSON array of {name, value, threshold, weight, passed, required, reason}, for the audit
/// record.
std::string to_json(const Verdict& verdict);

}  // namespace facegate::liveness
