#include "api/endpoints/sign_in_attempt.h"

#include "api/endpoints/session_tokens.h"
#include "domain/continuations/continuation.h"
#include "domain/policies/liveness_policy.h"
#include "domain/risk/risk.h"
#include "domain/sessions/device.h"
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
    return {{"liveness_confidence", attempt.liveness},
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
    // What still needs a step-up, or was proved by movement alone, proves too little to change a template.
    if (!step_up && !movement_only) {
        decided.faces_changed =
            services.growth.after_sign_in(tx, attempt.match, attempt.probes, attempt.liveness, attempt.policy, now);
    }
    return decided;
}

}  // namespace facegate::api
