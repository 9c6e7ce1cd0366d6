#include "domain/policies/rotation_policy.h"

#include "domain/policies/saved_policy.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kType = "rotation";
using Days = std::chrono::days;

RotationPolicy policy_in(const boost::json::object& config) {
    RotationPolicy policy;
    policy.rotation_days = whole_number_in(config, "rotation_days", policy.rotation_days);
    policy.grace_period_days = whole_number_in(config, "grace_period_days", policy.grace_period_days);
    policy.notify_before_days = whole_number_in(config, "notify_before_days", policy.notify_before_days);
    return policy;
}

}  // namespace

RotationPolicy rotation_policy(sql::TenantTx& tx) {
    return policy_in(saved_policy(tx, kType));
}

Result<RotationPolicy> change_rotation_policy(sql::TenantTx& tx, const RotationPolicyChange& change, TimeMs now) {
    Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
    boost::json::object config = saved_policy(tx, kType);
    change_number(config, error, "rotation_days", change.rotation_days, kRotationDays);
    change_number(config, error, "grace_period_days", change.grace_period_days, kGracePeriodDays);
    change_number(config, error, "notify_before_days", change.notify_before_days, kNotifyBeforeDays);
    if (!error.issues.empty()) return std::unexpected(std::move(error));
    save_policy(tx, kType, config, now);
    return policy_in(config);
}

EnrollmentState enrollment_state(const RotationPolicy& policy, TimeMs enrolled_at, TimeMs now) {
    if (policy.rotation_days == 0) return {};
    const TimeMs due_at = enrolled_at + Days(policy.rotation_days);
    if (now >= due_at + Days(policy.grace_period_days)) return {EnrollmentAge::kOverdue, due_at};
    if (now >= due_at) return {EnrollmentAge::kExpired, due_at};
    if (now >= due_at - Days(policy.notify_before_days)) return {EnrollmentAge::kDueSoon, due_at};
    return {EnrollmentAge::kFresh, due_at};
}

std::optional<TimeMs> enrolled_at(sql::TenantTx& tx, const UserId& user) {
    const auto rows = tx.query(
        "SELECT MAX(created_at) FROM faces WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 AND source = "
        "'enrolled'",
        {user});
    return maybe_time_in(rows.front(), 0);
}

}  // namespace facegate::domain
