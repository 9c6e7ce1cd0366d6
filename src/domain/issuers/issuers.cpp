#include "domain/issuers/issuers.h"

#include <algorithm>
#include <boost/json.hpp>

#include "domain/issuers/token_claims.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kRefreshIssuer = "refresh";
constexpr std::string_view kAccessType = "JWT";
constexpr std::string_view kRefreshType = "refresh+jwt";

std::string key_context(std::string_view issuer, std::string_view kid) {
    return "signing_keys/" + std::string(issuer) + "/" + std::string(kid);
}

crypto::EcKey create_signing_key(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now) {
    auto key = crypto::EcKey::generate();
    Bytes der = key.private_der();
    const Bytes sealed = vault.seal_server_row(der, key_context(issuer, key.key_id()));
    crypto::wipe(der);
    tx.execute("INSERT INTO signing_keys (issuer, kid, sealed_private_key, created_at) VALUES ($1, $2, $3, $4)",
               {issuer, key.key_id(), sealed, to_unix_ms(now)});
    return key;
}

std::unexpected<Error> refused() {
    return fail(ErrorCode::kUnauthorized, "The token is invalid or has expired");
}

}  // namespace

Issuers Issuers::load_or_create(sql::SystemTx& tx, const Vault& vault, std::string public_url, TimeMs now) {
    Issuers issuers;
    issuers.public_url_ = std::move(public_url);
    for (const auto environment : {Environment::kTest, Environment::kLive, Environment::kDemo}) {
        issuers.rings_.at(static_cast<std::size_t>(environment)) =
            load_ring(tx, vault, facegate::name_of(environment), now);
    }
    issuers.refresh_ring_ = load_ring(tx, vault, kRefreshIssuer, now);
    return issuers;
}

Issuers::KeyRing Issuers::load_ring(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now) {
    const auto rows = tx.query(
        "SELECT kid, sealed_private_key, not_after FROM signing_keys "
        "WHERE issuer = $1 AND (not_after IS NULL OR not_after > $2) "
        "ORDER BY CASE WHEN not_after IS NULL THEN 0 ELSE 1 END, created_at DESC, kid",
        {issuer, to_unix_ms(now)});
    KeyRing ring;
    for (const auto& row : rows) {
        Bytes der = vault.open_server_row(row.blob(1), key_context(issuer, row.text(0)));
        auto key = crypto::EcKey::from_private_der(der);
        crypto::wipe(der);
        if (!key) throw VaultFailure("a signing key is damaged");
        ring.push_back({std::move(*key), maybe_time_in(row, 2)});
    }
    if (ring.empty() || ring.front().not_after) {
        ring.insert(ring.begin(), SigningKey{create_signing_key(tx, vault, issuer, now), std::nullopt});
    }
    return ring;
}

const Issuers::KeyRing& Issuers::ring(Environment environment) const {
    return rings_.at(static_cast<std::size_t>(environment));
}

std::string Issuers::url(Environment environment) const {
    if (environment == Environment::kLive) return public_url_;
    return public_url_ + "/" + facegate::name_of(environment);
}

std::string Issuers::jwks(Environment environment, TimeMs now) const {
    std::string keys;
    for (const auto& signing : ring(environment)) {
        if (signing.not_after && *signing.not_after <= now) continue;
        if (!keys.empty()) keys += ',';
        keys += signing.key.public_jwk();
    }
    return R"({"keys":[)" + keys + "]}";
}

std::string Issuers::sign_access_token(AccessClaims& claims, Random& random) const {
    claims.issued_at = std::chrono::floor<std::chrono::seconds>(claims.issued_at);
    claims.expires_at = claims.issued_at + (claims.step_up ? kStepUpTokenLife : kAccessTokenLife);
    claims.jti = random.uuid();
    const auto text = access_claims_json(claims, url(claims.scope.environment));
    return crypto::sign_es256(ring(claims.scope.environment).front().key, kAccessType, text);
}

Result<AccessClaims> Issuers::verify_access_token(std::string_view token, const Scope& expected, TimeMs now) const {
    const auto parts = crypto::split_jws(token);
    if (!parts) return refused();
    const auto header = parse_jose_header(parts->header);
    if (!header || header->algorithm != "ES256" || header->type != kAccessType) return refused();
    const auto& keys = ring(expected.environment);
    const auto signing = std::ranges::find_if(keys, [&](const SigningKey& candidate) {
        return candidate.key.key_id() == header->key_id && (!candidate.not_after || now < *candidate.not_after);
    });
    if (signing == keys.end() || !signing->key.verify(as_bytes(parts->signing_input), parts->signature))
        return refused();
    auto claims = parse_access_claims(parts->claims, url(expected.environment), expected);
    if (!claims || now < claims->issued_at || now >= claims->expires_at) return refused();
    return std::move(*claims);
}

RefreshToken Issuers::sign_refresh_token(const Scope& scope, const UserId& user, const SessionId& session,
                                         const DeviceId& device, Random& random, TimeMs now) const {
    const TimeMs issued_at = std::chrono::floor<std::chrono::seconds>(now);
    RefreshToken refresh;
    refresh.expires_at = issued_at + kRefreshTokenLife;
    const boost::json::object claims{
        {"iss", url(scope.environment)},
        {"aud", scope.tenant.value},
        {"sub", user.value},
        {"sid", session.value},
        {"tid", scope.tenant.value},
        {"env", facegate::name_of(scope.environment)},
        {"did", device.value},
        {"iat", to_unix_ms(issued_at) / 1000},
        {"nbf", to_unix_ms(issued_at) / 1000},
        {"exp", to_unix_ms(refresh.expires_at) / 1000},
        {"jti", random.uuid()},
    };
    refresh.token = crypto::sign_es256(refresh_ring_.front().key, kRefreshType, boost::json::serialize(claims));
    refresh.hash = crypto::sha256(as_bytes(refresh.token));
    return refresh;
}

}  // namespace facegate::domain
