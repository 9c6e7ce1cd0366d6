#pragma once

#include <optional>
#include <string>

#include "api/answers.h"
#include "api/endpoint.h"
#include "api/endpoints/sign_in_origin.h"
#include "api/services.h"
#include "domain/issuers/key_proof.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/match_policy.h"
#include "provider/local/face_matcher.h"

namespace facegate::api {

/// How the people to compare with were chosen.
enum class MatchScope { kDevice, kCollection, kClaim };

/// Everything a sign-in knows once the face was compared, before anything is written.
struct SignInAttempt {
    SignInOrigin origin;
    LivenessSessionId liveness_session;
    double liveness = 0;  ///< confidence of the liveness check, 0-100
    domain::LivenessChallenge challenge = domain::LivenessChallenge::kMovementAndLight;
    domain::Probes probes;
    domain::MatchPolicy policy;
    MatchScope compared_with = MatchScope::kCollection;
    provider::MatchResult match;
    DeviceId device;
    std::optional<std::string> fingerprint;
    std::optional<domain::KeyProof> key_proof;  ///< of the key that the tokens shall be bound to
};

/// What the deciding transaction came to. Not a Result: refusals have to be committed, they are in the audit record.
struct Decided {
    Result<VerifyAnswer> answer;
    bool faces_changed = false;  ///< a template was added: the gallery has to catch up
};

/// Decides inside the transaction that consumed what the attempt rests on: locks (403), the user's state (403), risk
/// (403), the enrollment's age (403), then session, tokens and what the template learns. Failures and successes are
/// counted. Movement alone raises the risk, is said in the token, teaches no
/// template and asks for a step-up where the tenant wants one. Everything is audited, refusals included.
Decided decide_sign_in(Services& services, sql::TenantTx& tx, const CallContext& call, const SignInAttempt& attempt);

/// One audit record of this call, with its user agent as a pseudonym; found by its request and its liveness session.
void append_audit(Services& services, sql::TenantTx& tx, const CallContext& call, const char* action,
                  const std::string& subject, boost::json::object details);

}  // namespace facegate::api
