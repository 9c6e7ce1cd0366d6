#pragma once

#include "api/answers.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/policies/rotation_policy.h"
#include "domain/risk/risk.h"

namespace facegate::api {

/// How old the user's enrollment is under the tenant's rotation policy.
domain::EnrollmentState enrollment_of(sql::TenantTx& tx, const UserId& user, TimeMs now);

/// The risk of a sign-in whose face was matched with that user.
domain::RiskAssessment assess_sign_in(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt,
                                      const UserId& user, const domain::EnrollmentState& enrollment);

/// kReEnrollmentRequired with a token for one re-enrollment; without one where the sign-in itself needs a step-up:
/// what is too doubtful for a session must not replace a template.
Error re_enrollment_required(Services& services, sql::TenantTx& tx, const UserId& user, bool step_up);
/// Says in the answer what the policy wants of the enrollment.
void note_enrollment(VerifyAnswer& answer, const domain::EnrollmentState& enrollment);

}  // namespace facegate::api
