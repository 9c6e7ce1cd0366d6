#include "api/endpoints/session_tokens.h"

#include "domain/sessions/device.h"
#include "domain/sessions/refresh.h"

namespace facegate::api {

namespace {

RiskSummary summary_of(const domain::Session& session) {
    RiskSummary summary;
    summary.score = session.risk;
    summary.level = domain::name_of(domain::level_of(session.risk));
    summary.factors = session.risk_factors;
    summary.step_up_required = session.step_up_required;
    if (session.step_up_required) summary.step_up_type = "liveness";
    return summary;
}

/// The session that a sign-in begins.
domain::Session session_of(const SignInAttempt& attempt, const UserId& user, const domain::RiskAssessment& risk,
                           bool step_up, TimeMs now) {
    domain::Session session;
    session.user = user;
    session.device = attempt.device;
    session.fingerprint = attempt.fingerprint;
    session.confidence = attempt.match.confidence;
    session.liveness = attempt.liveness;
    session.challenge = attempt.challenge;
    session.risk = risk.score;
    for (const domain::RiskFactor& factor : risk.factors) session.risk_factors.push_back(factor.name);
    session.step_up_required = step_up;
    if (attempt.key_proof) session.key_thumbprint = attempt.key_proof->thumbprint;
    session.created_at = now;
    session.verified_at = now;
    session.expires_at = now + domain::kSessionLife;
    return session;
}

/// The answer to verify, but for the refresh token.
VerifyAnswer answer_of(Services& services, const Scope& scope, const domain::Session& session,
                       const domain::User& user) {
    domain::AccessClaims claims = access_claims(scope, session, user, services.clock.now());
    VerifyAnswer answer;
    answer.matched = true;
    answer.confidence = session.confidence;
    answer.verification_token = services.issuers.sign_access_token(claims, services.random);
    answer.session_id = session.id;
    answer.device_id = session.device;
    answer.user = UserSummary::of(user);
    answer.risk = summary_of(session);
    return answer;
}

domain::RefreshToken refresh_token_of(Services& services, const Scope& scope, const domain::Session& session) {
    return services.issuers.sign_refresh_token(scope, session.user, session.id, session.device, session.expires_at,
                                               services.random, services.clock.now());
}

}  // namespace

VerifyAnswer open_session(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt, const domain::User& user,
                          const domain::RiskAssessment& risk, bool step_up) {
    const TimeMs now = services.clock.now();
    domain::Session session = session_of(attempt, user.id, risk, step_up, now);
    session.id = domain::new_session_id(services.random);
    VerifyAnswer answer = answer_of(services, tx.scope(), session, user);
    std::optional<crypto::Digest> refresh_hash;
    if (!step_up) {
        const domain::RefreshToken refresh = refresh_token_of(services, tx.scope(), session);
        answer.refresh_token = refresh.token;
        refresh_hash = refresh.hash;
    }
    domain::create_session(tx, session, refresh_hash, now);
    domain::record_verification(tx, user.id, now);
    return answer;
}

domain::AccessClaims access_claims(const Scope& scope, const domain::Session& session, const domain::User& user,
                                   TimeMs now) {
    domain::AccessClaims claims;
    claims.scope = scope;
    claims.user = user.id;
    claims.session = session.id;
    claims.role = user.profile.role;
    claims.name = user.profile.name;
    claims.device = session.device;
    claims.fingerprint = session.fingerprint;
    claims.confidence = session.confidence;
    claims.liveness = session.liveness;
    claims.challenge = session.challenge;
    claims.auth_time = session.verified_at;
    claims.step_up = session.step_up_required;
    claims.key_thumbprint = session.key_thumbprint;
    claims.issued_at = now;
    claims.session_expires_at = session.expires_at;
    return claims;
}

VerifyAnswer reissue_tokens(Services& services, sql::TenantTx& tx, const domain::Session& session,
                            const domain::User& user) {
    VerifyAnswer answer = answer_of(services, tx.scope(), session, user);
    const domain::RefreshToken refresh = refresh_token_of(services, tx.scope(), session);
    domain::set_refresh_token(tx, session.id, refresh.hash);
    answer.refresh_token = refresh.token;
    return answer;
}

std::int64_t life_of(const domain::AccessClaims& signed_claims) {
    return (to_unix_ms(signed_claims.expires_at) - to_unix_ms(signed_claims.issued_at)) / 1000;
}

}  // namespace facegate::api
