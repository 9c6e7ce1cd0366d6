#include "api/services.h"
#include "domain/issuers/token_claims.h"
#include "domain/sessions/refresh.h"
#include "domain/sessions/session_use.h"

namespace facegate::api {

namespace {

constexpr std::size_t kLongestToken = 16 * 1024;

struct IntrospectRequest {
    std::string token;
    std::optional<std::string> token_type_hint;

    static const Schema<IntrospectRequest>& schema() {
        static const Schema<IntrospectRequest> kSchema(
            "IntrospectRequest", {field("token", &IntrospectRequest::token, "An access or refresh token.")
                                      .min_length(1)
                                      .max_length(kLongestToken),
                                  field("token_type_hint", &IntrospectRequest::token_type_hint,
                                        "`access_token` or `refresh_token`; not needed, the token says it itself.")
                                      .max_length(64)});
        return kSchema;
    }
};

struct Confirmation {
    std::string jkt;

    static const Schema<Confirmation>& schema() {
        static const Schema<Confirmation> kSchema(
            "Confirmation", {field("jkt", &Confirmation::jkt, "RFC 7638 thumbprint of the key (RFC 9449).")});
        return kSchema;
    }
};

/// Everything but `active` is left out of the answer for a token that is not.
struct IntrospectAnswer {
    bool active = false;
    std::optional<std::string> token_type, iss, aud, sub, sid, tid, env, role, name, did, dfp, acr, jti;
    std::optional<std::vector<std::string>> amr;
    std::optional<double> conf, liv;
    std::optional<std::int64_t> auth_time, iat, nbf, exp;
    std::optional<Confirmation> cnf;

    static const Schema<IntrospectAnswer>& schema();
};

const Schema<IntrospectAnswer>& IntrospectAnswer::schema() {
    using A = IntrospectAnswer;
    static const Schema<A> kSchema(
        "IntrospectAnswer",
        {field("active", &A::active, "Whether the token may be relied on at this moment. All else only if it may."),
         field("token_type", &A::token_type, "`Bearer`, `DPoP` (bound to a key), or `refresh_token`.").omit_if_empty(),
         field("iss", &A::iss, "Issuer.").omit_if_empty(),
         field("aud", &A::aud, "Audience: the tenant.").omit_if_empty(),
         field("sub", &A::sub, "The user's id.").omit_if_empty(),
         field("sid", &A::sid, "The session's id.").omit_if_empty(),
         field("tid", &A::tid, "The tenant's id.").omit_if_empty(),
         field("env", &A::env, "`test` or `live`.").omit_if_empty(),
         field("role", &A::role, "The user's role when the token was issued.").omit_if_empty(),
         field("name", &A::name, "The user's name when the token was issued.").omit_if_empty(),
         field("did", &A::did, "The device's id.").omit_if_empty(),
         field("dfp", &A::dfp, "The device fingerprint it is bound to.").omit_if_empty(),
         field("conf", &A::conf, "Confidence of the match, 0-100.").omit_if_empty(),
         field("liv", &A::liv, "Confidence of the liveness check, 0-100.").omit_if_empty(),
         field("amr", &A::amr, "Authentication methods (RFC 8176).").omit_if_empty(),
         field("acr", &A::acr, "Authentication context class.").omit_if_empty(),
         field("auth_time", &A::auth_time, "When the face was verified, in seconds since 1970.").omit_if_empty(),
         field("iat", &A::iat, "Issued at.").omit_if_empty(),
         field("nbf", &A::nbf, "Not before.").omit_if_empty(),
         field("exp", &A::exp, "Expires at.").omit_if_empty(),
         field("jti", &A::jti, "The token's id.").omit_if_empty(),
         field("cnf", &A::cnf, "The key it is bound to.").omit_if_empty()});
    return kSchema;
}

std::int64_t seconds(TimeMs time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void tell_scope(IntrospectAnswer& answer, const Services& services, const Scope& scope) {
    answer.active = true;
    answer.iss = services.issuers.url(scope.environment);
    answer.aud = scope.tenant.value;
    answer.tid = scope.tenant.value;
    answer.env = name_of(scope.environment);
}

IntrospectAnswer about(const Services& services, const domain::AccessClaims& claims) {
    const bool by_movement = claims.challenge == domain::LivenessChallenge::kMovement;
    IntrospectAnswer answer;
    tell_scope(answer, services, claims.scope);
    answer.token_type = claims.key_thumbprint ? "DPoP" : "Bearer";
    answer.sub = claims.user.value;
    answer.sid = claims.session.value;
    answer.role = claims.role;
    answer.name = claims.name;
    answer.did = claims.device.value;
    answer.dfp = claims.fingerprint;
    answer.conf = claims.confidence;
    answer.liv = claims.liveness;
    answer.amr = std::vector{std::string(domain::kFaceMethod)};
    if (by_movement) answer.amr->emplace_back(domain::kMovementMethod);
    answer.acr = std::string(by_movement ? domain::kMovementContext : domain::kLivenessContext);
    answer.auth_time = seconds(claims.auth_time);
    answer.iat = seconds(claims.issued_at);
    answer.nbf = seconds(claims.issued_at);
    answer.exp = seconds(claims.expires_at);
    answer.jti = claims.jti;
    if (claims.key_thumbprint) answer.cnf = Confirmation{*claims.key_thumbprint};
    return answer;
}

IntrospectAnswer about(const Services& services, const Scope& scope, const domain::RefreshClaims& claims,
                       const domain::Session& session) {
    IntrospectAnswer answer;
    tell_scope(answer, services, scope);
    answer.token_type = "refresh_token";
    answer.sub = claims.user.value;
    answer.sid = claims.session.value;
    answer.did = claims.device.value;
    answer.iat = seconds(claims.issued_at);
    answer.nbf = seconds(claims.issued_at);
    answer.exp = seconds(claims.expires_at);
    answer.jti = claims.jti;
    if (session.key_thumbprint) answer.cnf = Confirmation{*session.key_thumbprint};
    return answer;
}

IntrospectAnswer introspect(Services& services, const Scope& scope, const std::string& token) {
    const TimeMs now = services.clock.now();
    const auto access = services.issuers.verify_access_token(token, scope, now);
    const auto refresh = services.issuers.verify_refresh_token(token, scope, now);
    if (!access && !refresh) return {};
    const SessionId& id = access ? access->session : refresh->session;
    const UserId& user = access ? access->user : refresh->user;
    return services.database.read(scope, [&](sql::TenantTx& tx) -> IntrospectAnswer {
        const auto usable = domain::usable_session(tx, id, user, now);
        if (!usable) return {};
        if (access) return about(services, *access);
        if (!domain::is_current_refresh_token(tx, id, crypto::sha256(as_bytes(token)))) return {};
        return about(services, scope, *refresh, usable->session);
    });
}

}  // namespace

void add_session_introspect_route(RouteTable& routes, Services& services) {
    routes.add<IntrospectRequest, IntrospectAnswer>(
        {.method = "POST",
         .path = "/v1/session/introspect",
         .summary = "Whether a token may be relied on at this moment",
         .doc = "RFC 7662, as JSON. Inactive: a token that is malformed, forged, expired, used up, only good for a "
                "step-up, or of another tenant or environment; one whose session was revoked or has ended, whose user "
                "may not sign in, or where the continuous policy asks for the face again.",
         .tag = "Sessions",
         .auth = Auth::kSecretKey},
        [&services](Call<IntrospectRequest>& call) -> Result<IntrospectAnswer> {
            return introspect(services, call.caller.scope, call.body.token);
        });
}

}  // namespace facegate::api
