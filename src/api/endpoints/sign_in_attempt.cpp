#include "api/endpoints/sign_in_attempt.h"

#include "domain/continuations/continuation.h"
#include "domain/policies/liveness_policy.h"
#include "domain/risk/risk.h"
#include "domain/sessions/device.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

const char* name_of(MatchScope scope) {
    switch (scope) {
        case MatchScope::kDevice: return "device";
        case MatchScope::kCollection: return "collection";
        case MatchScope::kClaim: return "claim";
    }
    return "?";
}

json::object audit_details(const SignInAttempt& attempt) {
    const provider::MatchResult& match = attempt.match;
    return {{"liveness_session", attempt.liveness_session.value},
            {"liveness_confidence", attempt.liveness},
            {"challenge", domain::name_of(attempt.challenge)},
            {"compared_with", name_of(attempt.compared_with)},
            {"pack", match.pack},
            {"score", match.score},
            {"threshold", match.threshold},
            {"fmr", match.fmr},
            {"fmr_extrapolated", match.extrapolated},
            {"people", match.people},
            {"false_match", match.false_match},
            {"required", match.required}};
}

RiskSummary summary_of(const domain::RiskAssessment& risk, bool step_up) {
    RiskSummary summary;
    summary.score = risk.score;
    summary.level = domain::name_of(risk.level);
    for (const domain::RiskFactor& factor : risk.factors) summary.factors.push_back(factor.name);
    summary.step_up_required = step_up;
    if (step_up) summary.step_up_type = "liveness";
    return summary;
}

/// Session and tokens of a person who may sign in.
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

VerifyAnswer not_matched(Services& services, sql::TenantTx& tx, const CallContext& call, const SignInAttempt& attempt) {
    VerifyAnswer answer;
    // A person deleted since the search counts as never found, and a claim tells nothing about who exists.
    const bool tells_nothing = attempt.match.matched() || attempt.compared_with == MatchScope::kClaim;
    answer.confidence =
        domain::displayed_confidence(tells_nothing ? 0 : attempt.match.confidence, false, !call.caller.publishable);
    answer.device_id = attempt.device;
    if (attempt.match.decision == domain::MatchDecision::kClaimRequired) {
        answer.claim_required = true;
        answer.continuation_token = domain::create_continuation(
            tx, services.random, {attempt.liveness_session, attempt.device, attempt.fingerprint, attempt.liveness},
            services.clock.now());
    }
    return answer;
}

}  // namespace

void append_audit(Services& services, sql::TenantTx& tx, const CallContext& call, const char* action,
                  const std::string& subject, const json::object& details) {
    services.audit.append(tx, {call.caller.key.value, action, subject, json::serialize(details)}, services.clock.now());
    services.audit.refer(tx, call.request_id());
    if (const json::value* session = details.if_contains("liveness_session")) {
        services.audit.refer(tx, session->get_string());
    }
}

Decided decide_sign_in(Services& services, sql::TenantTx& tx, const CallContext& call, const SignInAttempt& attempt) {
    const TimeMs now = services.clock.now();
    json::object details = audit_details(attempt);
    const std::optional<domain::User> user =
        attempt.match.matched() ? domain::find_user(tx, *attempt.match.user) : std::nullopt;
    if (!user) {
        append_audit(services, tx, call, "verify.not_matched", attempt.liveness_session.value, details);
        return {not_matched(services, tx, call, attempt)};
    }
    if (const Result<void> may = domain::check_may_sign_in(*user); !may) {
        append_audit(services, tx, call, "verify.user_refused", user->id.value, details);
        return {std::unexpected(may.error())};
    }

    const domain::DeviceHistory history =
        domain::device_history(tx, attempt.device, attempt.fingerprint, user->id, now);
    const bool movement_only = attempt.challenge == domain::LivenessChallenge::kMovement;
    const domain::RiskAssessment risk = domain::assess(
        {!history.known_to_user, history.other_users,
         domain::match_margin(attempt.match.false_match, attempt.match.required), attempt.liveness, movement_only});
    details["risk"] = risk.score;
    json::object& factors = details["risk_factors"].emplace_object();
    for (const domain::RiskFactor& factor : risk.factors) factors[factor.name] = factor.contribution;
    if (risk.score >= domain::kBlockThreshold) {
        append_audit(services, tx, call, "verify.risk_blocked", user->id.value, details);
        return {fail(ErrorCode::kRiskBlocked, "The risk of this sign-in is too high")};
    }
    const bool step_up =
        risk.score >= domain::kStepUpThreshold || (movement_only && domain::liveness_policy(tx).movement_step_up);
    details["step_up_required"] = step_up;
    append_audit(services, tx, call, "verify.matched", user->id.value, details);
    Decided decided{open_session(services, tx, attempt, *user, risk, step_up)};
    services.audit.refer(tx, decided.answer->session_id->value);
    // What still needs a step-up, or was proved by movement alone, proves too little to change a template.
    if (!step_up && !movement_only) {
        decided.faces_changed =
            services.growth.after_sign_in(tx, attempt.match, attempt.probes, attempt.liveness, attempt.policy, now);
    }
    return decided;
}

}  // namespace facegate::api
