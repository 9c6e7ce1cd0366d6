#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "domain/policies/policy_numbers.h"
#include "sql/database.h"

namespace facegate::domain {

/// How long a sign-in may be trusted: per tenant and environment. By default nothing decays and nothing runs out.
struct ContinuousPolicy {
    int re_verify_interval_minutes = 0;  ///< after which the person has to verify again; 0: never
    double confidence_decay_rate = 0;    ///< per hour
    double min_confidence = 0;           ///< 0-100; below it the person has to verify again
};

inline constexpr PolicyRange kReVerifyIntervalMinutes{0, 30 * 24 * 60};  ///< a session ends after 30 days
inline constexpr PolicyRange kConfidenceDecayRate{0, 100};
inline constexpr PolicyRange kMinConfidence{0, 100};

/// What to change; nothing stays as it is.
struct ContinuousPolicyChange {
    std::optional<int> re_verify_interval_minutes = {};
    std::optional<double> confidence_decay_rate = {};
    std::optional<double> min_confidence = {};
};

ContinuousPolicy continuous_policy(sql::TenantTx& tx);
/// kValidationFailed naming every value out of range.
Result<ContinuousPolicy> change_continuous_policy(sql::TenantTx& tx, const ContinuousPolicyChange& change, TimeMs now);

/// Confidence (0-100) that is left of `at_verification` after a time: c0 * exp(-confidence_decay_rate * hours). A time
/// before the verification counts as none.
double decayed_confidence(const ContinuousPolicy& policy, double at_verification, Milliseconds since);
/// Whether the person has to verify again: the interval is over, or the confidence fell below the least one.
bool re_verify_required(const ContinuousPolicy& policy, double at_verification, Milliseconds since);

}  // namespace facegate::domain
