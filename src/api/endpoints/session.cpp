#include "domain/sessions/session.h"

#include "api/endpoints/sender.h"
#include "api/endpoints/session_tokens.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/services.h"
#include "domain/sessions/exchange.h"
#include "domain/sessions/session_use.h"

namespace facegate::api {

namespace {

constexpr const char* kOwnProvider = "jwt";
constexpr std::size_t kLongestToken = 16 * 1024;

struct SessionRequest {
    std::string verification_token;
    std::string provider;

    static const Schema<SessionRequest>& schema() {
        static const Schema<SessionRequest> kSchema(
            "SessionRequest",
            {field("verification_token", &SessionRequest::verification_token, "The JWT returned by POST /v1/verify.")
                 .min_length(1)
                 .max_length(kLongestToken),
             field("provider", &SessionRequest::provider, "Whose session it shall be.")
                 .one_of({"supabase", "auth0", "firebase", kOwnProvider})
                 .default_value(kOwnProvider)});
        return kSchema;
    }
};

struct SessionAnswer {
    std::string token;
    std::string refresh_token;
    std::int64_t expires_in = 0;
    UserSummary user;
    std::optional<boost::json::object> provider_session;

    static const Schema<SessionAnswer>& schema() {
        static const Schema<SessionAnswer> kSchema(
            "SessionAnswer",
            {field("token", &SessionAnswer::token, "A fresh access token of the same session; not to be exchanged."),
             field("refresh_token", &SessionAnswer::refresh_token,
                   "Of the provider; empty for `jwt`: the one that verify returned goes on."),
             field("expires_in", &SessionAnswer::expires_in, "Seconds the token lives."),
             field("user", &SessionAnswer::user, "Whose session it is."),
             field("provider_session", &SessionAnswer::provider_session, "The provider's own answer; null for `jwt`.")
                 .nullable()});
        return kSchema;
    }
};

struct RevokeAnswer {
    bool revoked = true;
    SessionId session_id;

    static const Schema<RevokeAnswer>& schema() {
        static const Schema<RevokeAnswer> kSchema(
            "RevokeAnswer", {field("revoked", &RevokeAnswer::revoked, "Always true."),
                             field("session_id", &RevokeAnswer::session_id, "The session that has ended.")});
        return kSchema;
    }
};

/// Once for each provider: of concurrent exchanges of one token one wins.
Result<SessionAnswer> exchange(Services& services, Call<SessionRequest>& call) {
    const Scope& scope = call.caller.scope;
    if (call.body.provider != kOwnProvider) {
        return fail(ErrorCode::kProviderNotImplemented, "This provider is not configured for the tenant");
    }
    const std::string& token = call.body.verification_token;
    const Result<Sender> sender = sender_of(services, call, token);
    if (!sender) return std::unexpected(sender.error());
    const Result<domain::AccessClaims> verified =
        services.issuers.verify_access_token(token, scope, services.clock.now());
    if (!verified) return std::unexpected(verified.error());
    const Result<void> own = check_sender(call.caller, *sender, verified->fingerprint, verified->key_thumbprint);
    if (!own) return std::unexpected(own.error());
    return services.database.write(scope, [&](sql::TenantTx& tx) -> Result<SessionAnswer> {
        const TimeMs now = services.clock.now();
        if (Result<void> fresh = remember_proof(tx, sender->proof); !fresh) return std::unexpected(fresh.error());
        const auto usable = domain::usable_session(tx, verified->session, verified->user, now);
        if (!usable) return std::unexpected(usable.error());
        // The session may have been bound since the token was issued.
        const domain::Session& session = usable->session;
        const Result<void> of_session = check_sender(call.caller, *sender, session.fingerprint, session.key_thumbprint);
        if (!of_session) return std::unexpected(of_session.error());
        if (!domain::take_for_exchange(tx, verified->jti, call.body.provider, verified->expires_at)) {
            return fail(ErrorCode::kInvalidToken, "The token was exchanged already");
        }
        domain::AccessClaims claims = access_claims(scope, usable->session, usable->user, now);
        if (sender->proof) claims.key_thumbprint = sender->proof->thumbprint;
        SessionAnswer answer;
        answer.token = services.issuers.sign_access_token(claims, services.random);
        domain::forbid_exchange(tx, claims.jti, claims.expires_at);
        answer.expires_in = life_of(claims);
        answer.user = UserSummary::of(usable->user);
        append_audit(
            services, tx, call, "session.exchanged", usable->user.id.value,
            {{"session", services.audit.pseudonym(scope, usable->session.id.value)}, {"provider", call.body.provider}});
        return answer;
    });
}

Result<RevokeAnswer> revoke(Services& services, CallContext& call) {
    const SessionId id(call.param("id"));
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<RevokeAnswer> {
        const auto session = domain::find_session(tx, id);
        if (!session) return fail(ErrorCode::kNotFound, "Session not found");
        const TimeMs now = services.clock.now();
        if (domain::is_active(*session, now)) {
            if (Result<void> ended = domain::revoke_session(tx, id, now); !ended) {
                return std::unexpected(ended.error());
            }
            append_audit(services, tx, call, "session.revoked", session->user.value,
                         {{"session", services.audit.pseudonym(tx.scope(), id.value)}});
        }
        return RevokeAnswer{true, id};
    });
}

}  // namespace

void add_session_routes(RouteTable& routes, Services& services) {
    routes.add<SessionRequest, SessionAnswer>(
        {.method = "POST",
         .path = "/v1/session",
         .summary = "Exchange a verification token for a session",
         .doc = "Once for each provider and token, while the session is active. A token that is bound to a device is "
                "taken with the same `x-device-fingerprint`, or without one from a secret key; one that is bound to a "
                "key (`cnf.jkt`) only with a `DPoP` proof of that key, whose `ath` names the token.",
         .tag = "Sessions",
         .errors = {ErrorCode::kInvalidToken, ErrorCode::kStepUpRequired, ErrorCode::kReVerifyRequired,
                    ErrorCode::kDeviceMismatch, ErrorCode::kInvalidKeyProof, ErrorCode::kUserSuspended,
                    ErrorCode::kUserLocked, ErrorCode::kProviderNotImplemented},
         .answers_credential = true,
         .reads_sender = true},
        [&services](Call<SessionRequest>& call) { return exchange(services, call); });
    routes.add<Nothing, RevokeAnswer>(
        {.method = "POST",
         .path = "/v1/session/:id/revoke",
         .summary = "End a session at once",
         .doc = "Its refresh token is good for nothing from now on, and introspection calls its access tokens "
                "inactive. Who checks tokens by their signature alone learns of it when they expire. A session that "
                "has ended already is answered the same.",
         .tag = "Sessions",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<Nothing>& call) { return revoke(services, call); });
}

}  // namespace facegate::api
