#include <algorithm>

#include "api/endpoints/sender.h"
#include "api/endpoints/session_tokens.h"
#include "api/endpoints/sign_in.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/endpoints/sign_in_origin.h"
#include "api/endpoints/sign_in_risk.h"
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
    return StepUp{*session, *user};
}

/// By liveness: what it rests on besides.
struct FaceStepUp {
    StepUp before;
    bool light_needed = false;  ///< movement alone is what the tenant asked the step-up for
    domain::MatchPolicy policy;
    SignInOrigin origin;
    Sender sender;
    LivenessSessionId liveness_session;
    domain::FinishedLiveness liveness;
    provider::MatchResult match;
};

json::object audit_details(const Services& services, const Scope& scope, const StepUp& step_up) {
    return {{"session", services.audit.pseudonym(scope, step_up.session.id.value)}};
}

/// What the deciding transaction came to. Not a Result: what was consumed stays consumed, refusals are in the record.
struct Outcome {
    Result<VerifyAnswer> answer;
};

bool has_face(const Services& services, const domain::FinishedLiveness& liveness) {
    return liveness.outcome.probes.contains(services.engines.current().pack_id());
}

/// The answer to a step-up that succeeded. `was_waiting`: a sign-in had not been finished without it.
VerifyAnswer complete(Services& services, sql::TenantTx& tx, const StepUp& step_up,
                      const domain::EnrollmentState& enrollment, bool was_waiting,
                      const std::optional<std::string>& network) {
    const domain::Session& session = step_up.session;
    if (was_waiting) {
        complete_sign_in(tx, {session.id, session.user, session.device, network}, session.fingerprint,
                         services.clock.now());
    }
    VerifyAnswer answer = reissue_tokens(services, tx, session, step_up.user);
    note_enrollment(answer, enrollment);
    return answer;
}

/// What the face came to, the session being `current`.
Result<VerifyAnswer> judge(Services& services, sql::TenantTx& tx, const CallContext& call, const FaceStepUp& attempt,
                           StepUp& current) {
    const TimeMs now = services.clock.now();
    const UserId& user = current.user.id;
    json::object details = audit_details(services, tx.scope(), current);
    details["liveness_session"] = attempt.liveness_session.value;
    details["liveness_confidence"] = attempt.liveness.outcome.confidence;
    details["challenge"] = domain::name_of(attempt.liveness.challenge);
    const auto refused = [&](const char* action, Error error) -> Result<VerifyAnswer> {
        append_audit(services, tx, call, action, user.value, details);
        return std::unexpected(std::move(error));
    };
    // Before the face is looked at: who is locked out learns nothing about it.
    if (Result<void> may = check_locks(services, tx, attempt.origin.persons, attempt.origin); !may) {
        return refused("step_up.locked_out", may.error());
    }
    if (!attempt.liveness.outcome.live) {
        count_failure(services, tx, call, attempt.origin);
        return refused("step_up.not_live", liveness_failed(attempt.liveness.outcome.confidence));
    }
    if (!has_face(services, attempt.liveness)) {
        return refused("step_up.no_face",
                       {ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be compared", {}, {}});
    }
    details["score"] = attempt.match.score;
    details["false_match"] = attempt.match.false_match;
    details["required"] = attempt.match.required;
    if (!attempt.match.matched()) {
        append_audit(services, tx, call, "step_up.not_matched", user.value, details);
        count_failure(services, tx, call, attempt.origin);
        VerifyAnswer answer;
        if (!call.caller.publishable) answer.device_id = current.session.device;
        return answer;
    }
    const domain::EnrollmentState enrollment = enrollment_of(tx, user, now);
    if (enrollment.age == domain::EnrollmentAge::kOverdue) {
        return refused("step_up.enrollment_overdue", re_enrollment_required(services, tx, user));
    }
    domain::Session& session = current.session;
    const bool was_waiting = session.step_up_required;
    session.confidence = attempt.match.confidence;
    session.liveness = attempt.liveness.outcome.confidence;
    session.challenge = attempt.liveness.challenge;
    session.step_up_required = false;
    session.verified_at = now;
    session.expires_at = now + domain::kSessionLife;
    domain::record_step_up(tx, session, now);
    domain::record_verification(tx, user, now);
    if (attempt.sender.proof && !session.key_thumbprint) {
        session.key_thumbprint = attempt.sender.proof->thumbprint;
        domain::bind_session(tx, session.id, *session.key_thumbprint);
    }
    count_success(tx, attempt.origin, user);
    append_audit(services, tx, call, "step_up.matched", user.value, details);
    return complete(services, tx, current, enrollment, was_waiting, attempt.origin.person_network);
}

/// Consumes the liveness session and decides; the session and its user are read again, they may have changed.
Outcome decide(Services& services, sql::TenantTx& tx, const CallContext& call, const FaceStepUp& attempt) {
    const TimeMs now = services.clock.now();
    if (Result<void> may = check_network(services, tx, attempt.origin); !may) return {std::unexpected(may.error())};
    if (Result<void> fresh = remember_proof(tx, attempt.sender.proof); !fresh) return {std::unexpected(fresh.error())};
    Result<StepUp> current = open_step_up(tx, attempt.before.session.id, now);
    if (!current) return {std::unexpected(current.error())};
    const domain::Session& session = current->session;
    Result<void> own = check_sender(call.caller, attempt.sender, session.fingerprint, session.key_thumbprint);
    if (!own) return {std::unexpected(own.error())};
    if (Result<void> taken = domain::consume_liveness_session(tx, attempt.liveness_session, now); !taken) {
        return {std::unexpected(taken.error())};
    }
    return {judge(services, tx, call, attempt, *current)};
}

/// Reads and checks what the step-up rests on. Nothing is consumed.
Result<FaceStepUp> face_step_up(Services& services, sql::TenantTx& tx, const CallContext& call, const Sender& sender,
                                const std::string& liveness_id) {
    const TimeMs now = services.clock.now();
    const SessionId id(call.param("id"));
    Result<StepUp> before = open_step_up(tx, id, now);
    if (!before) return std::unexpected(before.error());
    const domain::Session& session = before->session;
    const Result<void> own = check_sender(call.caller, sender, session.fingerprint, session.key_thumbprint);
    if (!own) return std::unexpected(own.error());
    const Result<LivenessSessionId> liveness_session = liveness_session_id(liveness_id);
    if (!liveness_session) return std::unexpected(liveness_session.error());
    SignInOrigin origin = sign_in_origin(services, tx, call, sender.device, Claim{session.user.value, {}, {}});
    if (Result<void> may = check_network(services, tx, origin); !may) return std::unexpected(may.error());
    Result<domain::FinishedLiveness> liveness =
        domain::read_finished_liveness(tx, services.vault, *liveness_session, now);
    if (!liveness) return std::unexpected(liveness.error());
    const bool light_needed = domain::liveness_policy(tx).movement_step_up;
    return FaceStepUp{std::move(*before),
                      light_needed,
                      domain::match_policy(tx),
                      std::move(origin),
                      sender,
                      *liveness_session,
                      std::move(*liveness),
                      {}};
}

Result<VerifyAnswer> by_liveness(Services& services, const CallContext& call, const std::string& liveness_id) {
    const Scope& scope = call.caller.scope;
    const Result<Sender> sender = sender_of(services, call);
    if (!sender) return std::unexpected(sender.error());
    Result<FaceStepUp> attempt = services.database.read(
        scope, [&](sql::TenantTx& tx) { return face_step_up(services, tx, call, *sender, liveness_id); });
    if (!attempt) return std::unexpected(attempt.error());
    if (attempt->light_needed && attempt->liveness.challenge == domain::LivenessChallenge::kMovement) {
        return fail(ErrorCode::kChallengeNotAllowed, "A step-up of this tenant needs a liveness check with light");
    }
    const domain::LivenessOutcome& outcome = attempt->liveness.outcome;
    if (outcome.live && has_face(services, attempt->liveness)) {
        const std::vector<UserId> claimed{attempt->before.session.user};
        attempt->match = services.matcher.check_claim(scope, claimed, outcome.probes, attempt->policy);
    }
    return services.database
        .write(scope, [&](sql::TenantTx& tx) -> Outcome { return decide(services, tx, call, *attempt); })
        .answer;
}

Result<VerifyAnswer> by_approval(Services& services, const CallContext& call, const StepUpRequest& request) {
    if (call.caller.publishable) return fail(ErrorCode::kSecretKeyRequired, "An approval needs a secret key");
    const SessionId id(call.param("id"));
    const auto approve = [&](sql::TenantTx& tx) -> Outcome {
        const TimeMs now = services.clock.now();
        Result<StepUp> step_up = open_step_up(tx, id, now);
        if (!step_up) return {std::unexpected(step_up.error())};
        domain::Session& session = step_up->session;
        if (!session.step_up_required) return {fail(ErrorCode::kStepUpNotRequired, "The session waits for no step-up")};
        const domain::EnrollmentState enrollment = enrollment_of(tx, session.user, now);
        if (enrollment.age == domain::EnrollmentAge::kOverdue) {
            append_audit(services, tx, call, "step_up.enrollment_overdue", session.user.value,
                         audit_details(services, tx.scope(), *step_up));
            return {std::unexpected(re_enrollment_required(services, tx, session.user))};
        }
        session.step_up_required = false;
        domain::record_approval(tx, id);
        json::object details = audit_details(services, tx.scope(), *step_up);
        details["approved_by"] = services.audit.pseudonym(tx.scope(), *request.approved_by);
        details["method"] = *request.method;
        append_audit(services, tx, call, "step_up.approved", step_up->user.id.value, details);
        return {complete(services, tx, *step_up, enrollment, true, std::nullopt)};
    };
    return services.database.write(call.caller.scope, approve).answer;
}

}  // namespace

void add_step_up_route(RouteTable& routes, Services& services) {
    routes.add<StepUpRequest, VerifyAnswer>(
        {.method = "POST",
         .path = "/v1/sessions/:id/step-up",
         .summary = "Finish a sign-in that needs more, or verify a session again",
         .doc =
             "By a liveness session of the same person, compared with that person alone at `target_fmr`; or, with a "
             "secret key, by somebody's approval. Answers like verify, with `matched: false` for another face; the "
             "session keeps its id. A face begins the session's 30 days anew and answers the continuous policy, so "
             "a session that waits for no step-up may be verified again; an approval does neither. With a face, the "
             "device and key that the session is bound to are asked for as in `POST /v1/session/refresh`, and failures "
             "are counted as of a sign-in that claims this user.",
         .tag = "Sessions",
         .errors = {ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kNoFaceDetected,
                    ErrorCode::kChallengeNotAllowed, ErrorCode::kUserSuspended, ErrorCode::kUserLocked,
                    ErrorCode::kSecretKeyRequired, ErrorCode::kStepUpNotRequired, ErrorCode::kDeviceMismatch,
                    ErrorCode::kInvalidKeyProof, ErrorCode::kTooManyFailures, ErrorCode::kReEnrollmentRequired},
         .answers_credential = true,
         .reads_sender = true},
        [&services](Call<StepUpRequest>& call) -> Result<VerifyAnswer> {
            if (call.body.approved_by) return by_approval(services, call, call.body);
            return by_liveness(services, call, *call.body.liveness_session_id);
        });
}

}  // namespace facegate::api
