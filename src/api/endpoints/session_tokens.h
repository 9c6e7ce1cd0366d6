#pragma once

#include <string>

#include "api/answers.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/issuers/issuers.h"
#include "domain/risk/risk.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::api {

/// Session and tokens of a person who may sign in; records the use of the device and of the person's face.
VerifyAnswer open_session(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt, const domain::User& user,
                          const domain::RiskAssessment& risk, bool step_up);

/// What a fresh access token of a session says: of the verification what the session knows, of the person what is
/// stored now. It never lives past the session.
domain::AccessClaims access_claims(const Scope& scope, const domain::Session& session, const domain::User& user,
                                   TimeMs now);

/// Tokens for a session whose step-up is done; the refresh token takes the place of any it had. Answers like verify,
/// with the risk of the sign-in.
VerifyAnswer reissue_tokens(Services& services, sql::TenantTx& tx, const domain::Session& session,
                            const domain::User& user);

/// Seconds a signed token lives: `expires_in`.
std::int64_t life_of(const domain::AccessClaims& signed_claims);

}  // namespace facegate::api
