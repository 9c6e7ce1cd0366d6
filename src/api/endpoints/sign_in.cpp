#include "api/endpoints/sign_in.h"

#include "api/endpoints/sender.h"
#include "api/endpoints/sign_in_attempt.h"
#include "domain/continuations/continuation.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/sessions/device.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

/// Reads the session's result. One that was not live is consumed, counted, recorded and refused.
Result<domain::FinishedLiveness> live_result(Services& services, const CallContext& call, const LivenessSessionId& id,
                                             const SignInOrigin& origin) {
    const Scope& scope = call.caller.scope;
    Result<domain::FinishedLiveness> finished = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::read_finished_liveness(tx, services.vault, id, services.clock.now());
    });
    if (!finished || finished->outcome.live) return finished;
    const Result<void> taken = services.database.write(scope, [&](sql::TenantTx& tx) {
        if (Result<void> may = check_network(services, tx, origin); !may) return may;
        Result<void> consumed = domain::consume_liveness_session(tx, id, services.clock.now());
        if (consumed) {
            count_failure(services, tx, call, origin);
            const json::object details{{"liveness_confidence", finished->outcome.confidence},
                                       {"challenge", domain::name_of(finished->challenge)}};
            append_audit(services, tx, call, "verify.not_live", id.value, details);
        }
        return consumed;
    });
    if (!taken) return std::unexpected(taken.error());
    return std::unexpected(liveness_failed(finished->outcome.confidence));
}

/// Compares the attempt's face with whom it may be.
void compare(Services& services, const Scope& scope, SignInAttempt& attempt) {
    if (!attempt.origin.searching) {
        attempt.compared_with = MatchScope::kClaim;
        attempt.match = services.matcher.check_claim(scope, attempt.origin.claimed, attempt.probes, attempt.policy);
        return;
    }
    const std::vector<UserId> own = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::users_of_device(tx, attempt.device, attempt.fingerprint, services.clock.now());
    });
    if (!own.empty()) {
        attempt.match = services.matcher.identify_among(scope, own, attempt.probes, attempt.policy);
        if (attempt.match.matched()) {
            attempt.compared_with = MatchScope::kDevice;
            return;
        }
    }
    attempt.match = services.matcher.identify(scope, attempt.probes, attempt.policy);
}

/// Finishes what `claim_required` left open.
Result<VerifyAnswer> continue_sign_in(Services& services, CallContext& call, const DeviceHeaders& headers,
                                      const std::optional<domain::KeyProof>& proof, const std::string& token,
                                      const Claim& claim) {
    const Scope& scope = call.caller.scope;
    SignInAttempt attempt;
    attempt.key_proof = proof;
    const Result<void> found = services.database.read(scope, [&](sql::TenantTx& tx) -> Result<void> {
        attempt.origin = sign_in_origin(services, tx, call, headers, claim);
        if (Result<void> may = check_network(services, tx, attempt.origin); !may) return may;
        const Result<domain::Continuation> waiting = domain::find_continuation(tx, token, services.clock.now());
        if (!waiting) return std::unexpected(waiting.error());
        const auto session = domain::find_liveness_session(tx, waiting->liveness_session, services.clock.now());
        if (!session) return std::unexpected(session.error());
        attempt.challenge = session->challenge;
        attempt.liveness_session = waiting->liveness_session;
        attempt.liveness = waiting->liveness;
        attempt.device = waiting->device;
        attempt.fingerprint = waiting->fingerprint;
        attempt.probes = domain::load_probes(tx, services.vault, waiting->liveness_session);
        attempt.policy = domain::match_policy(tx);
        return {};
    });
    if (!found) return std::unexpected(found.error());
    // The tokens will be bound to the device that was in front of the face: nobody else may fetch them.
    const bool other_id = headers.id && *headers.id != attempt.device.value;
    const bool other_fingerprint = headers.fingerprint != attempt.fingerprint;
    if (other_id || other_fingerprint) {
        return fail(ErrorCode::kContinuationInvalid, "The continuation token belongs to another device");
    }
    compare(services, scope, attempt);
    const Decided decided = services.database.write(scope, [&](sql::TenantTx& tx) -> Decided {
        if (Result<void> may = check_network(services, tx, attempt.origin); !may) return {std::unexpected(may.error())};
        if (Result<void> fresh = remember_proof(tx, proof); !fresh) return {std::unexpected(fresh.error())};
        if (Result<void> taken = domain::take_continuation(tx, token, services.clock.now()); !taken) {
            return {std::unexpected(taken.error())};
        }
        domain::erase_probes(tx, attempt.liveness_session);
        return decide_sign_in(services, tx, call, attempt);
    });
    if (decided.faces_changed) services.gallery.catch_up(scope);
    return decided.answer;
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
    static const Schema<VerifyRequest> kSchema =
        Schema<VerifyRequest>(
            "VerifyRequest",
            {field("liveness_session_id", &VerifyRequest::liveness_session_id,
                   "The session id from POST /v1/liveness/session.")
                 .min_length(1)
                 .max_length(128),
             field("continuation_token", &VerifyRequest::continuation_token,
                   "From an answer with `claim_required`, instead of a liveness session: together with `claim`, within "
                   "3 minutes, once.")
                 .min_length(1)
                 .max_length(128),
             field("claim", &VerifyRequest::claim, "Who the person says they are; compares with that person alone.")})
            .exactly_one_of({"liveness_session_id", "continuation_token"})
            .refine([](const VerifyRequest& request, Issues& issues) {
                if (request.continuation_token && !request.claim) {
                    issues.add_at("claim", "A continuation needs a claim");
                }
            });
    return kSchema;
}

Result<LivenessSessionId> liveness_session_id(const std::string& text) {
    if (!is_uuid(text)) return fail(ErrorCode::kNotFound, "There is no such liveness session");
    return LivenessSessionId(text);
}

Error liveness_failed(double confidence) {
    Error error{ErrorCode::kLivenessFailed, "The liveness check did not succeed", {}, {}};
    error.details["confidence"] = domain::displayed_confidence(confidence, false, true);
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
    const Result<std::optional<domain::KeyProof>> proof = presented_proof(services, call);
    if (!proof) return std::unexpected(proof.error());
    if (request.continuation_token) {
        return continue_sign_in(services, call, *headers, *proof, *request.continuation_token, request.claim.value());
    }
    const Result<LivenessSessionId> id = liveness_session_id(request.liveness_session_id.value());
    if (!id) return std::unexpected(id.error());

    const Scope& scope = call.caller.scope;
    SignInAttempt attempt;
    const Result<void> begun = services.database.read(scope, [&](sql::TenantTx& tx) -> Result<void> {
        attempt.origin = sign_in_origin(services, tx, call, *headers, request.claim);
        attempt.policy = domain::match_policy(tx);
        return check_network(services, tx, attempt.origin);
    });
    if (!begun) return std::unexpected(begun.error());
    Result<domain::FinishedLiveness> liveness = live_result(services, call, *id, attempt.origin);
    if (!liveness) return std::unexpected(std::move(liveness.error()));

    attempt.liveness_session = *id;
    attempt.liveness = liveness->outcome.confidence;
    attempt.challenge = liveness->challenge;
    attempt.probes = std::move(liveness->outcome.probes);
    attempt.device =
        domain::derive_device_id(services.vault, services.random, scope, headers->id, headers->fingerprint);
    attempt.fingerprint = headers->fingerprint;
    attempt.key_proof = *proof;
    const bool comparable = attempt.probes.contains(services.engines.current().pack_id());
    if (comparable) compare(services, scope, attempt);
    // The demo knows no claims.
    if (scope.environment == Environment::kDemo && !attempt.match.matched()) {
        attempt.match.decision = domain::MatchDecision::kNoMatch;
    }
    const bool goes_on = attempt.match.decision == domain::MatchDecision::kClaimRequired;
    // Consumption, decision and session are one transaction: of concurrent requests one wins, and one fsync pays for
    // all.
    const Decided decided = services.database.write(scope, [&](sql::TenantTx& tx) -> Decided {
        if (Result<void> fresh = remember_proof(tx, attempt.key_proof); !fresh) {
            return {std::unexpected(fresh.error())};
        }
        const TimeMs now = services.clock.now();
        if (Result<void> may = check_network(services, tx, attempt.origin); !may) return {std::unexpected(may.error())};
        const auto probes_until = goes_on ? std::optional(now + domain::kContinueWithin) : std::nullopt;
        if (Result<void> taken = domain::consume_liveness_session(tx, *id, now, probes_until); !taken) {
            return {std::unexpected(taken.error())};
        }
        if (!comparable) {
            append_audit(services, tx, call, "verify.no_face", id->value, {});
            return {fail(ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be compared")};
        }
        return decide_sign_in(services, tx, call, attempt);
    });
    if (decided.faces_changed) services.gallery.catch_up(scope);
    return decided.answer;
}

}  // namespace facegate::api
