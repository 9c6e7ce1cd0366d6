#include "api/endpoints/sign_in_attempt.h"

#include "api/endpoints/session_tokens.h"
#include "api/endpoints/sign_in_risk.h"
#include "domain/continuations/continuation.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/risk_policy.h"
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
                  const std::string& subject, json::object details) {
    if (const std::string_view agent = call.request.header("user-agent"); !agent.empty()) {
        details["user_agent"] = services.audit.pseudonym(tx.scope(), std::string(agent));
    }
    services.audit.append(tx, {call.caller.key.value, action, subject, json::serialize(details)}, services.clock.now());
    services.audit.refer(tx, call.request_id());
    if (const json::value* session = details.if_contains("liveness_session")) {
        services.audit.refer(tx, session->get_string());
    }
}

Decided decide_sign_in(Services& services, sql::TenantTx& tx, const CallContext& call, const SignInAttempt& attempt) {
    const TimeMs now = services.clock.now();
    json::object details = audit_details(attempt);
    const auto refused = [&](const char* action, const std::string& subject, Error error) -> Decided {
        append_audit(services, tx, call, action, subject, details);
        return {std::unexpected(std::move(error))};
    };
    // Before the match is looked at: who is locked out learns nothing about the face.
    if (const auto may = check_locks(services, tx, attempt.origin.persons, attempt.origin); !may) {
        return refused("verify.locked_out", attempt.liveness_session.value, may.error());
    }
    const std::optional<domain::User> user =
        attempt.match.matched() ? domain::find_user(tx, *attempt.match.user) : std::nullopt;
    if (!user) {
        append_audit(services, tx, call, "verify.not_matched", attempt.liveness_session.value, details);
        // With a claim it goes on, and counts if that fails.
        if (attempt.match.decision != domain::MatchDecision::kClaimRequired) {
            count_failure(services, tx, call, attempt.origin);
        }
        return {not_matched(services, tx, call, attempt)};
    }
    if (const auto may = check_locks(services, tx, {user->id.value}, attempt.origin); !may) {
        return refused("verify.locked_out", user->id.value, may.error());
    }
    if (const auto may = domain::check_may_sign_in(*user); !may) {
        return refused("verify.user_refused", user->id.value, may.error());
    }

    const domain::EnrollmentState enrollment = enrollment_of(tx, user->id, now);
    const domain::RiskAssessment risk = assess_sign_in(services, tx, attempt, user->id, enrollment);
    const domain::RiskPolicy thresholds = domain::risk_policy(tx);
    details["risk"] = risk.score;
    json::object& factors = details["risk_factors"].emplace_object();
    for (const domain::RiskFactor& factor : risk.factors) factors[factor.name] = factor.contribution;
    if (risk.score >= thresholds.block_threshold) {
        return refused("verify.risk_blocked", user->id.value,
                       {ErrorCode::kRiskBlocked, "The risk of this sign-in is too high", {}, {}});
    }
    const bool movement_only = attempt.challenge == domain::LivenessChallenge::kMovement;
    const bool step_up =
        risk.score >= thresholds.step_up_threshold || (movement_only && domain::liveness_policy(tx).movement_step_up);
    details["step_up_required"] = step_up;
    // Whoever is doubted has to answer that first: what is too little for a session must not replace a template.
    if (enrollment.age == domain::EnrollmentAge::kOverdue && !step_up) {
        return refused("verify.enrollment_overdue", user->id.value, re_enrollment_required(services, tx, user->id));
    }
    append_audit(services, tx, call, "verify.matched", user->id.value, details);
    Decided decided{open_session(services, tx, attempt, *user, risk, step_up)};
    note_enrollment(*decided.answer, enrollment);
    if (!step_up) {
        complete_sign_in(tx, {*decided.answer->session_id, user->id, attempt.device, attempt.origin.person_network},
                         attempt.fingerprint, now);
        count_success(tx, attempt.origin, user->id);
    }
    services.audit.refer(tx, decided.answer->session_id->value);
    // What still needs a step-up, or was proved by movement alone, proves too little to change a template.
    if (!step_up && !movement_only) {
        decided.faces_changed =
            services.growth.after_sign_in(tx, attempt.match, attempt.probes, attempt.liveness, attempt.policy, now);
    }
    return decided;
}

}  // namespace facegate::api
