#include "api/endpoints/sender.h"
#include "api/endpoints/session_tokens.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/sessions/refresh.h"
#include "domain/sessions/session_use.h"

namespace facegate::api {

namespace {

constexpr std::size_t kLongestToken = 16 * 1024;

struct RefreshRequest {
    std::string refresh_token;

    static const Schema<RefreshRequest>& schema() {
        static const Schema<RefreshRequest> kSchema(
            "RefreshRequest", {field("refresh_token", &RefreshRequest::refresh_token,
                                     "The session's latest one, from verify, step-up or the last refresh.")
                                   .min_length(1)
                                   .max_length(kLongestToken)});
        return kSchema;
    }
};

struct RefreshAnswer {
    std::string token;
    std::string refresh_token;
    std::int64_t expires_in = 0;
    SessionId session_id;
    UserSummary user;

    static const Schema<RefreshAnswer>& schema() {
        static const Schema<RefreshAnswer> kSchema(
            "RefreshAnswer",
            {field("token", &RefreshAnswer::token, "A fresh access token; `auth_time` stays that of the verification."),
             field("refresh_token", &RefreshAnswer::refresh_token,
                   "For the next time. The one that was sent is used up."),
             field("expires_in", &RefreshAnswer::expires_in, "Seconds the access token lives."),
             field("session_id", &RefreshAnswer::session_id, "The session that goes on."),
             field("user", &RefreshAnswer::user, "Whose session it is.")});
        return kSchema;
    }
};

/// What the transaction came to. Not a Result: a session that is revoked for reuse has to stay so.
struct Outcome {
    Result<RefreshAnswer> answer;
};

std::unexpected<Error> reused(Services& services, sql::TenantTx& tx, const CallContext& call,
                              const domain::Session& session) {
    // Whoever is late, the owner or a thief, holds a token that somebody else has used: nobody goes on with it.
    if (Result<void> ended = domain::revoke_session(tx, session.id, services.clock.now()); !ended) {
        return std::unexpected(ended.error());
    }
    append_audit(services, tx, call, "session.refresh_reused", session.user.value,
                 {{"session", services.audit.pseudonym(tx.scope(), session.id.value)}});
    return fail(ErrorCode::kInvalidToken, "The refresh token was used before: the session has been revoked");
}

Outcome rotate(Services& services, sql::TenantTx& tx, const CallContext& call, const domain::RefreshClaims& presented,
               const crypto::Digest& hash, const Sender& sender) {
    const TimeMs now = services.clock.now();
    auto session = domain::find_session(tx, presented.session);
    if (!session || session->user != presented.user || !domain::is_active(*session, now)) {
        return {fail(ErrorCode::kInvalidToken, "The session has ended")};
    }
    if (!domain::is_current_refresh_token(tx, session->id, hash)) return {reused(services, tx, call, *session)};
    const Result<void> own = check_sender(call.caller, sender, session->fingerprint, session->key_thumbprint);
    if (!own) return {std::unexpected(own.error())};
    const auto usable = domain::usable_session(tx, session->id, session->user, now);
    if (!usable) return {std::unexpected(usable.error())};
    if (Result<void> fresh = remember_proof(tx, sender.proof); !fresh) return {std::unexpected(fresh.error())};

    if (sender.proof && !session->key_thumbprint) {
        session->key_thumbprint = sender.proof->thumbprint;
        domain::bind_session(tx, session->id, sender.proof->thumbprint);
    }
    domain::AccessClaims claims = access_claims(tx.scope(), *session, usable->user, now);
    RefreshAnswer answer;
    answer.token = services.issuers.sign_access_token(claims, services.random);
    const domain::RefreshToken next = services.issuers.sign_refresh_token(
        tx.scope(), session->user, session->id, session->device, session->expires_at, services.random, now);
    if (!domain::rotate_refresh_token(tx, session->id, hash, next.hash, now)) {
        return {reused(services, tx, call, *session)};
    }
    answer.refresh_token = next.token;
    answer.expires_in = life_of(claims);
    answer.session_id = session->id;
    answer.user = UserSummary::of(usable->user);
    append_audit(services, tx, call, "session.refreshed", session->user.value,
                 {{"session", services.audit.pseudonym(tx.scope(), session->id.value)}});
    return {answer};
}

Result<RefreshAnswer> refresh(Services& services, Call<RefreshRequest>& call) {
    const Scope& scope = call.caller.scope;
    const std::string& token = call.body.refresh_token;
    const Result<Sender> sender = sender_of(services, call);
    if (!sender) return std::unexpected(sender.error());
    const Result<domain::RefreshClaims> presented =
        services.issuers.verify_refresh_token(token, scope, services.clock.now());
    if (!presented) return std::unexpected(presented.error());
    const crypto::Digest hash = crypto::sha256(as_bytes(token));
    return services.database
        .write(scope,
               [&](sql::TenantTx& tx) -> Outcome { return rotate(services, tx, call, *presented, hash, *sender); })
        .answer;
}

}  // namespace

void add_session_refresh_route(RouteTable& routes, Services& services) {
    routes.add<RefreshRequest, RefreshAnswer>(
        {.method = "POST",
         .path = "/v1/session/refresh",
         .summary = "A fresh access token without showing the face again",
         .doc = "Each refresh token works once and is answered with the next one. A second use, however soon after the "
                "first, revokes the session: two requests with one token at the same time end it. Let one tab or "
                "thread refresh for all, and send an `Idempotency-Key`: a repetition after a lost answer then gets "
                "that answer again and counts as the same use. Device and key bindings as for `POST /v1/session`, "
                "without `ath`; the first `DPoP` proof binds a session that was bound to no key.",
         .tag = "Sessions",
         .errors = {ErrorCode::kInvalidToken, ErrorCode::kReVerifyRequired, ErrorCode::kDeviceMismatch,
                    ErrorCode::kInvalidKeyProof, ErrorCode::kUserSuspended, ErrorCode::kUserLocked},
         .answers_credential = true,
         .reads_sender = true},
        [&services](Call<RefreshRequest>& call) { return refresh(services, call); });
}

}  // namespace facegate::api
