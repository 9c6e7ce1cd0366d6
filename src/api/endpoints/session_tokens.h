#pragma once

#include "api/answers.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/risk/risk.h"
#include "domain/users/user.h"

namespace facegate::api {

/// Session and tokens of a person who may sign in; records the use of the device and of the person's face.
VerifyAnswer open_session(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt, const domain::User& user,
                          const domain::RiskAssessment& risk, bool step_up);

}  // namespace facegate::api
