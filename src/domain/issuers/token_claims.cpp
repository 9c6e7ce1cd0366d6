#include "domain/issuers/token_claims.h"

#include <boost/json.hpp>

namespace facegate::domain {

namespace {

namespace json = boost::json;

std::int64_t to_seconds(TimeMs time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::optional<json::object> parse_object(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

/// Reads members of fixed types; remembers whether one was missing or of another type.
class ClaimReader {
public:
    explicit ClaimReader(const json::object& object) : object_(object) {}

    std::string text(std::string_view name) {
        const auto* value = object_.if_contains(name);
        if (value != nullptr && value->is_string()) return std::string(value->get_string());
        complete_ = false;
        return {};
    }
    /// A text inside of an object.
    std::string member_text(std::string_view name, std::string_view member) {
        const auto* value = object_.if_contains(name);
        if (value != nullptr && value->is_object()) {
            const auto* inner = value->get_object().if_contains(member);
            if (inner != nullptr && inner->is_string()) return std::string(inner->get_string());
        }
        complete_ = false;
        return {};
    }
    double number(std::string_view name) {
        const auto* value = object_.if_contains(name);
        if (value != nullptr && value->is_number()) return value->to_number<double>();
        complete_ = false;
        return 0;
    }
    TimeMs time(std::string_view name) {
        const auto* value = object_.if_contains(name);
        // The bound keeps the milliseconds within 64 bits.
        if (value != nullptr && value->is_int64() && value->get_int64() >= 0 &&
            value->get_int64() < 1'000'000'000'000) {
            return from_unix_ms(value->get_int64() * 1000);
        }
        complete_ = false;
        return {};
    }
    [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
    [[nodiscard]] bool complete() const { return complete_; }

private:
    const json::object& object_;
    bool complete_ = true;
};

}  // namespace

std::string access_claims_json(const AccessClaims& claims, std::string_view issuer) {
    const auto& tenant = claims.scope.tenant.value;
    const bool by_movement = claims.challenge == LivenessChallenge::kMovement;
    json::object payload{
        {"iss", issuer},
        {"aud", claims.step_up ? tenant + ":step-up" : tenant},
        {"sub", claims.user.value},
        {"sid", claims.session.value},
        {"tid", tenant},
        {"env", facegate::name_of(claims.scope.environment)},
        {"role", claims.role},
        {"name", claims.name},
        {"did", claims.device.value},
        {"conf", claims.confidence},
        {"liv", claims.liveness},
        {"amr", by_movement ? json::array{kFaceMethod, kMovementMethod} : json::array{kFaceMethod}},
        {"acr", by_movement ? kMovementContext : kLivenessContext},
        {"auth_time", to_seconds(claims.auth_time)},
        {"iat", to_seconds(claims.issued_at)},
        {"nbf", to_seconds(claims.issued_at)},
        {"exp", to_seconds(claims.expires_at)},
        {"jti", claims.jti},
    };
    if (claims.fingerprint) payload["dfp"] = *claims.fingerprint;
    if (claims.key_thumbprint) payload["cnf"] = json::object{{"jkt", *claims.key_thumbprint}};
    return json::serialize(payload);
}

std::optional<AccessClaims> parse_access_claims(std::string_view text, std::string_view issuer, const Scope& expected) {
    const auto object = parse_object(text);
    if (!object) return std::nullopt;
    ClaimReader reader(*object);
    const auto& tenant = expected.tenant.value;
    const std::string audience = reader.text("aud");
    AccessClaims claims;
    claims.step_up = audience == tenant + ":step-up";
    const bool meant_for_us = reader.text("iss") == issuer && (audience == tenant || claims.step_up) &&
                              reader.text("tid") == tenant &&
                              reader.text("env") == facegate::name_of(expected.environment);
    claims.scope = expected;
    claims.user = UserId(reader.text("sub"));
    claims.session = SessionId(reader.text("sid"));
    claims.role = reader.text("role");
    claims.name = reader.text("name");
    claims.device = DeviceId(reader.text("did"));
    if (reader.has("dfp")) claims.fingerprint = reader.text("dfp");
    if (reader.has("cnf")) claims.key_thumbprint = reader.member_text("cnf", "jkt");
    claims.confidence = reader.number("conf");
    claims.liveness = reader.number("liv");
    const std::string context = reader.text("acr");
    if (context == kMovementContext) claims.challenge = LivenessChallenge::kMovement;
    claims.auth_time = reader.time("auth_time");
    claims.issued_at = reader.time("nbf");
    claims.expires_at = reader.time("exp");
    claims.jti = reader.text("jti");
    const bool context_known = context == kLivenessContext || context == kMovementContext;
    if (!meant_for_us || !context_known || !reader.complete()) return std::nullopt;
    return claims;
}

std::string refresh_claims_json(const RefreshClaims& claims, const Scope& scope, std::string_view issuer) {
    return json::serialize(json::object{
        {"iss", issuer},
        {"aud", scope.tenant.value},
        {"sub", claims.user.value},
        {"sid", claims.session.value},
        {"tid", scope.tenant.value},
        {"env", facegate::name_of(scope.environment)},
        {"did", claims.device.value},
        {"iat", to_seconds(claims.issued_at)},
        {"nbf", to_seconds(claims.issued_at)},
        {"exp", to_seconds(claims.expires_at)},
        {"jti", claims.jti},
    });
}

std::optional<RefreshClaims> parse_refresh_claims(std::string_view text, std::string_view issuer,
                                                  const Scope& expected) {
    const auto object = parse_object(text);
    if (!object) return std::nullopt;
    ClaimReader reader(*object);
    const auto& tenant = expected.tenant.value;
    const bool meant_for_us = reader.text("iss") == issuer && reader.text("aud") == tenant &&
                              reader.text("tid") == tenant &&
                              reader.text("env") == facegate::name_of(expected.environment);
    RefreshClaims claims;
    claims.user = UserId(reader.text("sub"));
    claims.session = SessionId(reader.text("sid"));
    claims.device = DeviceId(reader.text("did"));
    claims.issued_at = reader.time("nbf");
    claims.expires_at = reader.time("exp");
    claims.jti = reader.text("jti");
    if (!meant_for_us || !reader.complete()) return std::nullopt;
    return claims;
}

std::optional<JoseHeader> parse_jose_header(std::string_view text) {
    const auto object = parse_object(text);
    if (!object) return std::nullopt;
    ClaimReader reader(*object);
    JoseHeader header{reader.text("alg"), reader.text("typ"), reader.text("kid")};
    if (!reader.complete() || reader.has("crit")) return std::nullopt;
    return header;
}

}  // namespace facegate::domain
