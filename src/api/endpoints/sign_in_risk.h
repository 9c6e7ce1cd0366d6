#pragma once

#include "api/answers.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/policies/rotation_policy.h"
#include "domain/risk/risk.h"
#include "domain/risk/sign_in_history.h"

namespace facegate::api {

/// How old the user's enrollment is under the tenant's rotation policy.
domain::EnrollmentState enrollment_of(sql::TenantTx& tx, const UserId& user, TimeMs now);

/// The risk of a sign-in whose face was matched with that user.
domain::RiskAssessment assess_sign_in(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt,
                                      const UserId& user, const domain::EnrollmentState& enrollment);

/// Later sign-ins are judged by this one: its device is known from now on. To be called when nothing more is asked of
/// the person, which may be after a step-up.
void complete_sign_in(sql::TenantTx& tx, const domain::SignIn& sign_in, const std::optional<std::string>& fingerprint,
                      TimeMs now);

/// kReEnrollmentRequired with a token for one re-enrollment.
Error re_enrollment_required(Services& services, sql::TenantTx& tx, const UserId& user);
/// Says in the answer what the policy wants of the enrollment.
void note_enrollment(VerifyAnswer& answer, const domain::EnrollmentState& enrollment);

}  // namespace facegate::api
