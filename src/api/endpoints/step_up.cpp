#include <algorithm>

#include "api/endpoints/sender.h"
#include "api/endpoints/session_tokens.h"
#include "api/endpoints/sign_in.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestMethod = 64;

bool is_method(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

struct StepUpRequest {
    std::optional<std::string> liveness_session_id;
    std::optional<std::string> approved_by;
    std::optional<std::string> method;

    static const Schema<StepUpRequest>& schema();
};

const Schema<StepUpRequest>& StepUpRequest::schema() {
    static const Schema<StepUpRequest> kSchema =
        Schema<StepUpRequest>(
            "StepUpRequest",
            {field("liveness_session_id", &StepUpRequest::liveness_session_id,
                   "A fresh liveness session of the same person.")
                 .min_length(1)
                 .max_length(128),
             field("approved_by", &StepUpRequest::approved_by,
                   "Instead, from a secret key: who vouches for the person. Enters the audit record as a pseudonym.")
                 .min_length(1)
                 .max_length(256),
             field("method", &StepUpRequest::method,
                   "With `approved_by`: how the person was recognised, e.g. `in_person`.")
                 .min_length(1)
                 .max_length(kLongestMethod)
                 .matches("approval-method", is_method, "Expected lower-case letters, digits, '_' and '-'")})
            .exactly_one_of({"liveness_session_id", "approved_by"})
            .refine([](const StepUpRequest& request, Issues& issues) {
                if (request.approved_by && !request.method) issues.add_at("method", "An approval needs a method");
            });
    return kSchema;
}

/// Everything a step-up rests on, read before anything is written.
struct StepUp {
    domain::Session session;
    domain::User user;
    bool light_needed = false;  ///< movement alone is what the tenant asked the step-up for
    domain::MatchPolicy policy;
    domain::FinishedLiveness liveness;
};

/// The session, if it goes on, and its user, if they may sign in.
Result<StepUp> open_step_up(sql::TenantTx& tx, const SessionId& id, TimeMs now) {
    const auto session = domain::find_session(tx, id);
    if (!session || !domain::is_active(*session, now)) {
        return fail(ErrorCode::kNotFound, "There is no such active session");
    }
    const auto user = domain::find_user(tx, session->user);
    if (!user) return fail(ErrorCode::kNotFound, "There is no such active session");
    if (const Result<void> may = domain::check_may_sign_in(*user); !may) return std::unexpected(may.error());
    return StepUp{*session, *user, domain::liveness_policy(tx).movement_step_up, domain::match_policy(tx), {}};
}

json::object audit_details(const Services& services, const Scope& scope, const StepUp& step_up) {
    return {{"session", services.audit.pseudonym(scope, step_up.session.id.value)}};
}

/// What the deciding transaction came to. Not a Result: what was consumed stays consumed, refusals are in the record.
struct Outcome {
    Result<VerifyAnswer> answer;
};

Outcome not_matched(Services& services, sql::TenantTx& tx, const CallContext& call, const StepUp& step_up,
                    const json::object& details) {
    append_audit(services, tx, call, "step_up.not_matched", step_up.user.id.value, details);
    VerifyAnswer answer;
    answer.device_id = step_up.session.device;
    return {answer};
}

bool has_face(const Services& services, const domain::FinishedLiveness& liveness) {
    return liveness.outcome.probes.contains(services.engines.current().pack_id());
}

/// Consumes the liveness session and decides; the session and its user are read again, they may have changed.
Outcome decide(Services& services, sql::TenantTx& tx, const CallContext& call, const LivenessSessionId& liveness,
               const Sender& sender, const StepUp& before, const provider::MatchResult& match) {
    const TimeMs now = services.clock.now();
    if (Result<void> fresh = remember_proof(tx, sender.proof); !fresh) return {std::unexpected(fresh.error())};
    Result<StepUp> current = open_step_up(tx, before.session.id, now);
    if (!current) return {std::unexpected(current.error())};
    if (Result<void> taken = domain::consume_liveness_session(tx, liveness, now); !taken) {
        return {std::unexpected(taken.error())};
    }
    json::object details = audit_details(services, tx.scope(), *current);
    details["liveness_confidence"] = before.liveness.outcome.confidence;
    details["challenge"] = domain::name_of(before.liveness.challenge);
    if (!before.liveness.outcome.live) {
        append_audit(services, tx, call, "step_up.not_live", current->user.id.value, details);
        return {std::unexpected(liveness_failed(call.caller, before.liveness.outcome.confidence))};
    }
    if (!has_face(services, before.liveness)) {
        append_audit(services, tx, call, "step_up.no_face", current->user.id.value, details);
        return {fail(ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be compared")};
    }
    details["score"] = match.score;
    details["false_match"] = match.false_match;
    details["required"] = match.required;
    if (!match.matched()) return not_matched(services, tx, call, *current, details);

    domain::Session& session = current->session;
    session.confidence = match.confidence;
    session.liveness = before.liveness.outcome.confidence;
    session.challenge = before.liveness.challenge;
    session.step_up_required = false;
    session.verified_at = now;
    session.expires_at = now + domain::kSessionLife;
    domain::record_step_up(tx, session, now);
    domain::record_verification(tx, current->user.id, now);
    append_audit(services, tx, call, "step_up.matched", current->user.id.value, details);
    return {reissue_tokens(services, tx, session, current->user)};
}

Result<VerifyAnswer> by_liveness(Services& services, const CallContext& call, const std::string& liveness_id) {
    const Scope& scope = call.caller.scope;
    const Result<Sender> sender = sender_of(services, call);
    if (!sender) return std::unexpected(sender.error());
    const SessionId id(call.param("id"));
    Result<StepUp> step_up =
        services.database.read(scope, [&](sql::TenantTx& tx) { return open_step_up(tx, id, services.clock.now()); });
    if (!step_up) return std::unexpected(step_up.error());
    const domain::Session& session = step_up->session;
    const Result<void> own = check_sender(call.caller, *sender, session.fingerprint, session.key_thumbprint);
    if (!own) return std::unexpected(own.error());
    const Result<LivenessSessionId> liveness = liveness_session_id(liveness_id);
    if (!liveness) return std::unexpected(liveness.error());
    Result<domain::FinishedLiveness> finished = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::read_finished_liveness(tx, services.vault, *liveness, services.clock.now());
    });
    if (!finished) return std::unexpected(finished.error());
    if (step_up->light_needed && finished->challenge == domain::LivenessChallenge::kMovement) {
        return fail(ErrorCode::kChallengeNotAllowed, "A step-up of this tenant needs a liveness check with light");
    }
    step_up->liveness = std::move(*finished);
    provider::MatchResult match;
    if (step_up->liveness.outcome.live && has_face(services, step_up->liveness)) {
        const std::vector<UserId> claimed{session.user};
        match = services.matcher.check_claim(scope, claimed, step_up->liveness.outcome.probes, step_up->policy);
    }
    return services.database
        .write(scope,
               [&](sql::TenantTx& tx) -> Outcome {
                   return decide(services, tx, call, *liveness, *sender, *step_up, match);
               })
        .answer;
}

Result<VerifyAnswer> by_approval(Services& services, const CallContext& call, const StepUpRequest& request) {
    if (call.caller.publishable) return fail(ErrorCode::kSecretKeyRequired, "An approval needs a secret key");
    const SessionId id(call.param("id"));
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<VerifyAnswer> {
        const TimeMs now = services.clock.now();
        Result<StepUp> step_up = open_step_up(tx, id, now);
        if (!step_up) return std::unexpected(step_up.error());
        domain::Session& session = step_up->session;
        if (!session.step_up_required) return fail(ErrorCode::kStepUpNotRequired, "The session waits for no step-up");
        session.step_up_required = false;
        domain::record_approval(tx, id);
        json::object details = audit_details(services, tx.scope(), *step_up);
        details["approved_by"] = services.audit.pseudonym(tx.scope(), *request.approved_by);
        details["method"] = *request.method;
        append_audit(services, tx, call, "step_up.approved", step_up->user.id.value, details);
        return reissue_tokens(services, tx, session, step_up->user);
    });
}

}  // namespace

void add_step_up_route(RouteTable& routes, Services& services) {
    routes.add<StepUpRequest, VerifyAnswer>(
        {.method = "POST",
         .path = "/v1/sessions/:id/step-up",
         .summary = "Finish a sign-in that needs more, or verify a session again",
         .doc = "By a liveness session of the same person, compared with that person alone at `target_fmr`; or, with a "
                "secret key, by somebody's approval. Answers like verify, with `matched: false` for another face; the "
                "session keeps its id. A face begins the session's 30 days anew and answers the continuous policy, so "
                "a session that waits for no step-up may be verified again; an approval does neither. With a face, the "
                "device and key that the session is bound to are asked for as in `POST /v1/session/refresh`.",
         .tag = "Sessions",
         .errors = {ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kNoFaceDetected,
                    ErrorCode::kChallengeNotAllowed, ErrorCode::kUserSuspended, ErrorCode::kUserLocked,
                    ErrorCode::kSecretKeyRequired, ErrorCode::kStepUpNotRequired, ErrorCode::kDeviceMismatch,
                    ErrorCode::kInvalidKeyProof},
         .answers_credential = true,
         .reads_sender = true},
        [&services](Call<StepUpRequest>& call) -> Result<VerifyAnswer> {
            if (call.body.approved_by) return by_approval(services, call, call.body);
            return by_liveness(services, call, *call.body.liveness_session_id);
        });
}

}  // namespace facegate::api
