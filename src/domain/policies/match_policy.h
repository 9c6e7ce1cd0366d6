#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "domain/decision/decision.h"
#include "domain/policies/policy_numbers.h"
#include "sql/database.h"

namespace facegate::domain {

/// How sure a comparison must be, and whether templates may learn: per tenant and environment. What is not saved has
/// the default.
struct MatchPolicy {
    double target_fmr = kTargetFmr;        ///< 1:1, 1e-9 to 1e-2
    double target_fpir = kTargetFpir;      ///< 1:N, 1e-9 to 1e-1
    double duplicate_fmr = kDuplicateFmr;  ///< enrollment, 1e-9 to 1e-2
    bool learn_templates = true;           ///< templates grow by very sure sign-ins
};

/// No calibration tells less than the lower end.
inline constexpr PolicyRange kTargetFmrRange{kLowestFmr, 1e-2};
inline constexpr PolicyRange kTargetFpirRange{kLowestFmr, 1e-1};
inline constexpr PolicyRange kDuplicateFmrRange{kLowestFmr, 1e-2};

/// What to change; nothing stays as it is.
struct MatchPolicyChange {
    std::optional<double> target_fmr = {};
    std::optional<double> target_fpir = {};
    std::optional<double> duplicate_fmr = {};
    std::optional<bool> learn_templates = {};
};

MatchPolicy match_policy(sql::TenantTx& tx);
/// kValidationFailed naming every value out of range.
Result<MatchPolicy> change_match_policy(sql::TenantTx& tx, const MatchPolicyChange& change, TimeMs now);

}  // namespace facegate::domain
