#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "domain/policies/policy_numbers.h"
#include "sql/database.h"

namespace facegate::domain {

/// From which risk on a sign-in needs a step-up or is refused, and how many failures lock: per tenant and environment.
/// What is not saved has the default.
struct RiskPolicy {
    double block_threshold = 0.9;    ///< 0-1: a sign-in of this risk or more is refused
    double step_up_threshold = 0.6;  ///< 0-1, at most block_threshold: one of this risk or more needs a step-up
    int max_failed_attempts = 5;     ///< after so many failures further attempts are refused
    int lockout_duration_minutes = 30;

    [[nodiscard]] Milliseconds lockout_duration() const { return std::chrono::minutes(lockout_duration_minutes); }
};

inline constexpr PolicyRange kRiskThreshold{0, 1};
inline constexpr PolicyRange kMaxFailedAttempts{1, 100};
inline constexpr PolicyRange kLockoutMinutes{1, 7 * 24 * 60};

/// What to change; nothing stays as it is.
struct RiskPolicyChange {
    std::optional<double> block_threshold = {};
    std::optional<double> step_up_threshold = {};
    std::optional<int> max_failed_attempts = {};
    std::optional<int> lockout_duration_minutes = {};
};

RiskPolicy risk_policy(sql::TenantTx& tx);
/// kValidationFailed naming every value out of range, and a step-up threshold above the block threshold.
Result<RiskPolicy> change_risk_policy(sql::TenantTx& tx, const RiskPolicyChange& change, TimeMs now);

}  // namespace facegate::domain
