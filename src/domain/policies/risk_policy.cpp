#include "domain/policies/risk_policy.h"

#include "domain/policies/saved_policy.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kType = "risk";

RiskPolicy policy_in(const boost::json::object& config) {
    RiskPolicy policy;
    policy.block_threshold = number_in(config, "block_threshold", policy.block_threshold);
    policy.step_up_threshold = number_in(config, "step_up_threshold", policy.step_up_threshold);
    policy.max_failed_attempts = whole_number_in(config, "max_failed_attempts", policy.max_failed_attempts);
    policy.lockout_duration_minutes =
        whole_number_in(config, "lockout_duration_minutes", policy.lockout_duration_minutes);
    return policy;
}

}  // namespace

RiskPolicy risk_policy(sql::TenantTx& tx) {
    return policy_in(saved_policy(tx, kType));
}

Result<RiskPolicy> change_risk_policy(sql::TenantTx& tx, const RiskPolicyChange& change, TimeMs now) {
    Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
    boost::json::object config = saved_policy(tx, kType);
    change_number(config, error, "block_threshold", change.block_threshold, kRiskThreshold);
    change_number(config, error, "step_up_threshold", change.step_up_threshold, kRiskThreshold);
    change_number(config, error, "max_failed_attempts", change.max_failed_attempts, kMaxFailedAttempts);
    change_number(config, error, "lockout_duration_minutes", change.lockout_duration_minutes, kLockoutMinutes);
    const RiskPolicy changed = policy_in(config);
    if (changed.step_up_threshold > changed.block_threshold) {
        error.issues.push_back(
            {"custom", {"step_up_threshold"}, "step_up_threshold must not be above block_threshold", {}, {}});
    }
    if (!error.issues.empty()) return std::unexpected(std::move(error));
    save_policy(tx, kType, config, now);
    return changed;
}

}  // namespace facegate::domain
