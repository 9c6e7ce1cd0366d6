#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "domain/policies/policy_numbers.h"
#include "sql/database.h"

namespace facegate::domain {

/// How long an enrollment is good for: per tenant and environment. By default for ever.
struct RotationPolicy {
    int rotation_days = 0;        ///< after which a person has to enroll again; 0: never
    int grace_period_days = 7;    ///< for so long after that the person still gets in
    int notify_before_days = 14;  ///< for so long before that answers say when it will be
};

inline constexpr PolicyRange kRotationDays{0, 3650};
inline constexpr PolicyRange kGracePeriodDays{0, 365};
inline constexpr PolicyRange kNotifyBeforeDays{0, 365};

/// What to change; nothing stays as it is.
struct RotationPolicyChange {
    std::optional<int> rotation_days = {};
    std::optional<int> grace_period_days = {};
    std::optional<int> notify_before_days = {};
};

RotationPolicy rotation_policy(sql::TenantTx& tx);
/// kValidationFailed naming every value out of range.
Result<RotationPolicy> change_rotation_policy(sql::TenantTx& tx, const RotationPolicyChange& change, TimeMs now);

enum class EnrollmentAge {
    kFresh,    ///< nothing to do
    kDueSoon,  ///< within notify_before_days
    kExpired,  ///< in the grace period: to be renewed, and a risk
    kOverdue,  ///< the grace period is over: no way in but a new enrollment
};

/// How old an enrollment is under the policy.
struct EnrollmentState {
    EnrollmentAge age = EnrollmentAge::kFresh;
    TimeMs due_at = {};  ///< when it expires or expired; only if the policy lets it expire
};
EnrollmentState enrollment_state(const RotationPolicy& policy, TimeMs enrolled_at, TimeMs now);

/// When the user's enrolled faces were stored, the latest; what sign-ins added does not count. Nothing without a face.
std::optional<TimeMs> enrolled_at(sql::TenantTx& tx, const UserId& user);

}  // namespace facegate::domain
