#include "api/endpoints/sign_in.h"

#include "domain/liveness_sessions/liveness_session.h"
#include "domain/risk/risk.h"
#include "domain/sessions/device.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

/// What the transaction after the match decided. Not a Result: refusals have to be committed, they are in the audit.
struct Decided {
    Result<VerifyAnswer> answer;
};

/// Everything the sign-in knows once the face was compared.
struct Attempt {
    LivenessSessionId liveness_session;
    domain::FinishedLiveness liveness;
    provider::MatchResult match;
    bool claimed = false;
    DeviceHeaders headers;
    DeviceId device;
};

json::object audit_details(const Attempt& attempt) {
    const provider::MatchResult& match = attempt.match;
    json::object details;
    details["liveness_confidence"] = attempt.liveness.outcome.confidence;
    details["claimed"] = attempt.claimed;
    details["score"] = match.score;
    details["fmr"] = match.fmr;
    details["fmr_extrapolated"] = match.extrapolated;
    details["people"] = match.people;
    details["false_match"] = match.false_match;
    details["required"] = match.required;
    return details;
}

void append_audit(Services& services, sql::TenantTx& tx, const CallContext& call, const char* action,
                  const std::string& subject, const json::object& details) {
    services.audit.append(tx, {call.caller.key.value, action, subject, json::serialize(details)}, services.clock.now());
}

/// The people a claim may mean.
std::vector<UserId> claimed_users(Services& services, const Scope& scope, const Claim& claim) {
    return services.database.read(scope, [&](sql::TenantTx& tx) -> std::vector<UserId> {
        if (claim.user_id) return {UserId(*claim.user_id)};
        if (claim.external_id) {
            const auto user = domain::find_user_by_external_id(tx, *claim.external_id);
            return user ? std::vector<UserId>{*user} : std::vector<UserId>{};
        }
        return domain::find_users_by_email(tx, *claim.email);
    });
}

RiskSummary summary_of(const domain::RiskAssessment& risk) {
    RiskSummary summary;
    summary.score = risk.score;
    summary.level = domain::name_of(risk.level);
    for (const domain::RiskFactor& factor : risk.factors) summary.factors.push_back(factor.name);
    summary.step_up_required = risk.score >= domain::kStepUpThreshold;
    if (summary.step_up_required) summary.step_up_type = "liveness";
    return summary;
}

/// Session and tokens of a person who may sign in.
VerifyAnswer open_session(Services& services, sql::TenantTx& tx, const Attempt& attempt, const domain::User& user,
                          const domain::RiskAssessment& risk) {
    const TimeMs now = services.clock.now();
    VerifyAnswer answer;
    answer.matched = true;
    answer.confidence = attempt.match.confidence;
    answer.device_id = attempt.device;
    answer.user = UserSummary::of(user);
    answer.risk = summary_of(risk);
    const bool step_up = answer.risk->step_up_required;

    domain::Session session;
    session.id = domain::new_session_id(services.random);
    session.user = user.id;
    session.device = attempt.device;
    session.fingerprint = attempt.headers.fingerprint;
    session.confidence = attempt.match.confidence;
    session.liveness = attempt.liveness.outcome.confidence;
    session.risk = risk.score;
    session.step_up_required = step_up;

    domain::AccessClaims claims;
    claims.scope = tx.scope();
    claims.user = user.id;
    claims.session = session.id;
    claims.role = user.profile.role;
    claims.name = user.profile.name;
    claims.device = attempt.device;
    claims.fingerprint = attempt.headers.fingerprint;
    claims.confidence = session.confidence;
    claims.liveness = session.liveness;
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
    domain::record_device_use(tx, attempt.device, attempt.headers.fingerprint, user.id, now);
    domain::record_verification(tx, user.id, now);
    return answer;
}

Decided decide(Services& services, sql::TenantTx& tx, const CallContext& call, const Attempt& attempt) {
    const TimeMs now = services.clock.now();
    const std::string subject = attempt.liveness_session.value;
    json::object details = audit_details(attempt);
    const std::optional<domain::User> user =
        attempt.match.matched() ? domain::find_user(tx, *attempt.match.user) : std::nullopt;
    if (!user) {
        append_audit(services, tx, call, "verify.not_matched", subject, details);
        VerifyAnswer answer;
        // A person deleted since the search counts as never found, and a claim tells nothing about who exists.
        const double confidence = attempt.match.matched() || attempt.claimed ? 0 : attempt.match.confidence;
        answer.confidence = domain::displayed_confidence(confidence, false, !call.caller.publishable);
        answer.device_id = attempt.device;
        if (attempt.match.decision == domain::MatchDecision::kClaimRequired) answer.claim_required = true;
        return {answer};
    }
    if (const Result<void> may = domain::check_may_sign_in(*user); !may) {
        append_audit(services, tx, call, "verify.user_refused", user->id.value, details);
        return {std::unexpected(may.error())};
    }

    const domain::DeviceHistory history =
        domain::device_history(tx, attempt.device, attempt.headers.fingerprint, user->id, now);
    const domain::RiskAssessment risk = domain::assess(
        {!history.known_to_user, history.other_users,
         domain::match_margin(attempt.match.false_match, attempt.match.required), attempt.liveness.outcome.confidence});
    details["risk"] = risk.score;
    json::object& factors = details["risk_factors"].emplace_object();
    for (const domain::RiskFactor& factor : risk.factors) factors[factor.name] = factor.contribution;
    if (risk.score >= domain::kBlockThreshold) {
        append_audit(services, tx, call, "verify.risk_blocked", user->id.value, details);
        return {fail(ErrorCode::kRiskBlocked, "The risk of this sign-in is too high")};
    }
    append_audit(services, tx, call, "verify.matched", user->id.value, details);
    return {open_session(services, tx, attempt, *user, risk)};
}

/// Reads the session's result. One that was not live is consumed, recorded and refused.
Result<domain::FinishedLiveness> live_result(Services& services, const CallContext& call, const LivenessSessionId& id) {
    const Scope& scope = call.caller.scope;
    Result<domain::FinishedLiveness> finished = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::read_finished_liveness(tx, services.vault, id, services.clock.now());
    });
    if (!finished || finished->outcome.live) return finished;
    const Result<void> taken = services.database.write(scope, [&](sql::TenantTx& tx) {
        Result<void> consumed = domain::consume_liveness_session(tx, id, services.clock.now());
        if (consumed) {
            const json::object details{{"liveness_confidence", finished->outcome.confidence}};
            append_audit(services, tx, call, "verify.not_live", id.value, details);
        }
        return consumed;
    });
    if (!taken) return std::unexpected(taken.error());
    return std::unexpected(liveness_failed(call.caller, finished->outcome.confidence));
}

bool names_one_person(const Claim& claim) {
    return (claim.user_id ? 1 : 0) + (claim.external_id ? 1 : 0) + (claim.email ? 1 : 0) == 1;
}

}  // namespace

const Schema<Claim>& Claim::schema() {
    static const Schema<Claim> kSchema =
        Schema<Claim>(
            "Claim",
            {field("user_id", &Claim::user_id, "A user's id.").min_length(1).max_length(128),
             field("external_id", &Claim::external_id, "Your own id of the user.").min_length(1).max_length(256),
             field("email", &Claim::email, "The address given at enrollment.").email()})
            .refine([](const Claim& claim, Issues& issues) {
                if (!names_one_person(claim)) {
                    issues.add("custom", "Exactly one of user_id, external_id and email is needed");
                }
            });
    return kSchema;
}

const Schema<VerifyRequest>& VerifyRequest::schema() {
    static const Schema<VerifyRequest> kSchema(
        "VerifyRequest",
        {field("liveness_session_id", &VerifyRequest::liveness_session_id,
               "The session id from POST /v1/liveness/session.")
             .min_length(1)
             .max_length(128),
         field("claim", &VerifyRequest::claim, "Who the person says they are; compares with that person alone.")});
    return kSchema;
}

Result<LivenessSessionId> liveness_session_id(const std::string& text) {
    if (!is_uuid(text)) return fail(ErrorCode::kNotFound, "There is no such liveness session");
    return LivenessSessionId(text);
}

Error liveness_failed(const Caller& caller, double confidence) {
    Error error{ErrorCode::kLivenessFailed, "The liveness check did not succeed", {}, {}};
    error.details["confidence"] = domain::displayed_confidence(confidence, false, !caller.publishable);
    return error;
}

Result<DeviceHeaders> device_headers(const http::Request& request) {
    DeviceHeaders headers;
    Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
    if (const std::string_view id = request.header("x-device-id"); !id.empty()) {
        if (domain::is_device_id(id)) {
            headers.id = std::string(id);
        } else {
            error.issues.push_back({"invalid_string",
                                    {"headers", "x-device-id"},
                                    "Expected 1 to 128 letters, digits, '-', '_', '.' or ':'",
                                    {},
                                    {}});
        }
    }
    if (const std::string_view fingerprint = request.header("x-device-fingerprint"); !fingerprint.empty()) {
        if (domain::is_device_fingerprint(fingerprint)) {
            // Hexadecimal in either case is the same digest; tokens and sessions carry one form of it.
            headers.fingerprint = to_hex(from_hex(fingerprint).value());
        } else {
            error.issues.push_back({"invalid_string",
                                    {"headers", "x-device-fingerprint"},
                                    "Expected a SHA-256 in 64 hexadecimal digits",
                                    {},
                                    {}});
        }
    }
    if (!error.issues.empty()) return std::unexpected(std::move(error));
    return headers;
}

Result<VerifyAnswer> sign_in(Services& services, CallContext& call, const VerifyRequest& request) {
    const Result<DeviceHeaders> headers = device_headers(call.request);
    if (!headers) return std::unexpected(headers.error());
    const Result<LivenessSessionId> id = liveness_session_id(request.liveness_session_id);
    if (!id) return std::unexpected(id.error());

    Result<domain::FinishedLiveness> liveness = live_result(services, call, *id);
    if (!liveness) return std::unexpected(std::move(liveness.error()));

    Attempt attempt{*id, std::move(*liveness), {}, request.claim.has_value(), *headers, {}};
    const Scope& scope = call.caller.scope;
    attempt.device =
        domain::derive_device_id(services.vault, services.random, scope, headers->id, headers->fingerprint);
    const domain::LivenessOutcome& outcome = attempt.liveness.outcome;
    const bool comparable = outcome.probe && outcome.pack_id == services.engine.pack_id();
    if (comparable) {
        attempt.match = request.claim ? services.matcher.check_claim(
                                            scope, claimed_users(services, scope, *request.claim), *outcome.probe)
                                      : services.matcher.identify(scope, *outcome.probe);
    }
    // Consumption, decision and session are one transaction: of concurrent requests one wins, and one fsync pays for
    // all.
    Decided decided = services.database.write(scope, [&](sql::TenantTx& tx) -> Decided {
        if (Result<void> taken = domain::consume_liveness_session(tx, *id, services.clock.now()); !taken) {
            return {std::unexpected(taken.error())};
        }
        if (!comparable) {
            append_audit(services, tx, call, "verify.no_face", id->value, {});
            return {fail(ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be compared")};
        }
        return decide(services, tx, call, attempt);
    });
    return std::move(decided.answer);
}

}  // namespace facegate::api
