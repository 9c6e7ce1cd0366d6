#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/risk/sign_in_history.h"

namespace facegate::domain {

enum class RiskLevel { kLow, kMedium, kHigh };

/// "low" (under 0.3), "medium" (under 0.6) or "high".
std::string_view name_of(RiskLevel level);
RiskLevel level_of(double score);

/// What is measured at a sign-in. The defaults are those of a sign-in without risk.
struct RiskInputs {
    bool new_device = false;
    std::int64_t other_users_on_device = 0;
    double match_margin = 2;  ///< decades of false-match probability below what was required; see match_margin()
    double liveness_confidence = 100;  ///< 0-100
    bool movement_only = false;        ///< liveness was proved by movement, without light
    double failures_used = 0;          ///< 0-1: FailureState::used, the largest of this attempt's counters
    double velocity = 0;               ///< 0-1: velocity_of()
    double usual_hour = 1;             ///< 0-1: share_of_hour()
    bool enrollment_expired = false;   ///< the enrollment is in its grace period
};

/// How fast sign-ins follow each other, 0-1: the largest of three, each rising between two numbers of sign-ins within
/// kVelocityWindow: of the user 5 to 20, of the device 10 to 40, of the network 60 to 240.
double velocity_of(const RecentSignIns& recent);

/// What share of a person's sign-ins was within an hour of this time of day (UTC, around midnight too), 0-1. With fewer
/// than 20 sign-ins nothing is known: 1.
double share_of_hour(std::span<const TimeMs> sign_ins, TimeMs now);

struct RiskFactor {
    std::string name;
    double contribution = 0;  ///< added to the score, two decimals
};

struct RiskAssessment {
    double score = 0;  ///< 0-1, two decimals: the sum of the contributions
    RiskLevel level = RiskLevel::kLow;
    std::vector<RiskFactor> factors;  ///< those that contribute, the largest first
};

/// One factor: it contributes nothing up to `none`, `at_most` from `full` on, and in proportion between them.
struct RiskFactorRow {
    std::string_view name;
    double at_most;
    double none;
    double full;
    double (*measure)(const RiskInputs&);
    std::string_view measures;  ///< in words
    std::string_view reason;    ///< why it counts, and why so much
};

/// Every factor. The contributions are weights chosen so that no factor alone asks for a step-up by the default policy,
/// not probabilities.
std::span<const RiskFactorRow> risk_factor_table();

/// Pure: the same inputs give the same assessment.
RiskAssessment assess(const RiskInputs& inputs);

/// The table as in docs/risk.md.
std::string risk_factor_table_markdown();

}  // namespace facegate::domain
