#include "api/endpoints/session_tokens.h"

#include "domain/sessions/device.h"
#include "domain/sessions/session.h"

namespace facegate::api {

namespace {

RiskSummary summary_of(const domain::RiskAssessment& risk, bool step_up) {
    RiskSummary summary;
    summary.score = risk.score;
    summary.level = domain::name_of(risk.level);
    for (const domain::RiskFactor& factor : risk.factors) summary.factors.push_back(factor.name);
    summary.step_up_required = step_up;
    if (step_up) summary.step_up_type = "liveness";
    return summary;
}

}  // namespace

VerifyAnswer open_session(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt, const domain::User& user,
                          const domain::RiskAssessment& risk, bool step_up) {
    const TimeMs now = services.clock.now();
    VerifyAnswer answer;
    answer.matched = true;
    answer.confidence = attempt.match.confidence;
    answer.device_id = attempt.device;
    answer.user = UserSummary::of(user);
    answer.risk = summary_of(risk, step_up);

    domain::Session session;
    session.id = domain::new_session_id(services.random);
    session.user = user.id;
    session.device = attempt.device;
    session.fingerprint = attempt.fingerprint;
    session.confidence = attempt.match.confidence;
    session.liveness = attempt.liveness;
    session.challenge = attempt.challenge;
    session.risk = risk.score;
    session.step_up_required = step_up;

    domain::AccessClaims claims;
    claims.scope = tx.scope();
    claims.user = user.id;
    claims.session = session.id;
    claims.role = user.profile.role;
    claims.name = user.profile.name;
    claims.device = attempt.device;
    claims.fingerprint = attempt.fingerprint;
    claims.confidence = session.confidence;
    claims.liveness = session.liveness;
    claims.challenge = session.challenge;
    claims.auth_time = now;
    claims.step_up = step_up;
    claims.issued_at = now;
    answer.verification_token = services.issuers.sign_access_token(claims, services.random);
    answer.session_id = session.id;

    std::optional<crypto::Digest> refresh_hash;
    if (!step_up) {
        const domain::RefreshToken refresh =
            services.issuers.sign_refresh_token(tx.scope(), user.id, session.id, attempt.device, services.random, now);
        answer.refresh_token = refresh.token;
        refresh_hash = refresh.hash;
    }
    domain::create_session(tx, session, refresh_hash, now);
    domain::record_device_use(tx, attempt.device, attempt.fingerprint, user.id, now);
    domain::record_verification(tx, user.id, now);
    return answer;
}

}  // namespace facegate::api
