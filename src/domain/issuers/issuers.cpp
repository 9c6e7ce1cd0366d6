#include "domain/issuers/issuers.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <mutex>
#include <stdexcept>

#include "domain/issuers/token_claims.h"
#include "domain/tenants/tenant.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kAccessType = "JWT";
constexpr std::string_view kRefreshType = "refresh+jwt";
constexpr std::size_t kShortestSecret = 32;  // RFC 7518 3.2: as long as the hash

std::unexpected<Error> refused() {
    return fail(ErrorCode::kInvalidToken, "The token is invalid or has expired");
}

const TokenSecret* signing_secret(const TokenSecrets& secrets, const Scope& scope, TimeMs now) {
    const auto own = secrets.find(scope);
    if (own == secrets.end()) return nullptr;
    const auto found = std::ranges::find_if(
        own->second, [&](const TokenSecret& secret) { return secret.times.may_sign(now, kAccessTokenLife); });
    return found == own->second.end() ? nullptr : &*found;
}

const TokenSecret* find_secret(const TokenSecrets& secrets, const Scope& scope, std::string_view key_id, TimeMs now) {
    const auto own = secrets.find(scope);
    if (own == secrets.end()) return nullptr;
    const auto found = std::ranges::find_if(
        own->second, [&](const TokenSecret& secret) { return secret.key_id == key_id && secret.times.known(now); });
    return found == own->second.end() ? nullptr : &*found;
}

std::string describe(const std::string& owner, const std::string& key_id, const KeyTimes& times) {
    const auto end = times.not_after ? to_unix_ms(*times.not_after) : -1;
    return fmt::format("{}/{}/{}/{}\n", owner, key_id, to_unix_ms(times.signs_from), end);
}

/// What there is, without opening it: differs whenever a key was added, changed or ended.
std::string inventory(sql::SystemTx& tx, TimeMs now) {
    std::string text;
    for (const SigningKeyInfo& key : list_signing_keys(tx, now)) text += describe(key.issuer, key.key_id, key.times);
    for (const TokenSecretInfo& secret : list_token_secrets(tx, now)) {
        text += describe(secret.scope.tenant.value + name_of(secret.scope.environment), secret.key_id, secret.times);
    }
    return text;
}

/// The tenant whose live tokens the configured secret signs.
Scope only_tenant(sql::SystemTx& tx, const std::string& secret) {
    if (secret.size() < kShortestSecret) {
        throw std::runtime_error(
            "FACEGATE_JWT_SECRET must have at least 32 bytes, as HS256 asks for; e.g. from: openssl rand -base64 32");
    }
    const auto tenants = list_tenants(tx);
    if (tenants.size() != 1) {
        throw std::runtime_error(fmt::format(
            "FACEGATE_JWT_SECRET works only with exactly one tenant, and there are {}: with a secret of all, one "
            "tenant could make tokens of another. Unset it, and give each tenant a secret of its own: facegate "
            "signing-key hs256 --tenant ID --env live",
            tenants.size()));
    }
    return {tenants.front().id, Environment::kLive};
}

}  // namespace

/// All keys as of one moment. Immutable.
struct Issuers::Keys {
    std::array<KeyRing, 3> rings;  ///< by Environment
    KeyRing refresh;
    TokenSecrets secrets;
    std::string inventory;

    [[nodiscard]] const KeyRing& ring(Environment environment) const {
        return rings.at(static_cast<std::size_t>(environment));
    }
    /// Each key belongs to one algorithm for good: a public key can never be taken for an HMAC secret.
    [[nodiscard]] bool signed_by_one(const JoseHeader& header, const crypto::CompactJws& parts, const Scope& scope,
                                     TimeMs now) const {
        if (header.algorithm == "ES256") {
            const SigningKey* found = find_key(ring(scope.environment), header.key_id, now);
            return found != nullptr && found->key.verify(as_bytes(parts.signing_input), parts.signature);
        }
        if (header.algorithm == "HS256") {
            const TokenSecret* found = find_secret(secrets, scope, header.key_id, now);
            return found != nullptr &&
                   crypto::verify_hs256(as_bytes(found->text), parts.signing_input, parts.signature);
        }
        return false;
    }
};

struct Issuers::Held {
    std::mutex mutex;
    std::shared_ptr<const Keys> keys;
};

Issuers::Issuers(std::string public_url) : public_url_(std::move(public_url)), held_(std::make_shared<Held>()) {}

Issuers Issuers::load_or_create(sql::SystemTx& tx, const Vault& vault, std::string public_url, TimeMs now,
                                const std::optional<std::string>& live_secret) {
    Issuers issuers(std::move(public_url));
    if (live_secret) {
        issuers.secret_scope_ = only_tenant(tx, *live_secret);
        const crypto::Digest digest = crypto::sha256(as_bytes(*live_secret));
        issuers.configured_secret_ = {"env_" + to_hex(ByteView(digest).first(4)), *live_secret, {}};
    }
    for (const auto issuer : kIssuerNames) ensure_signing_key(tx, vault, issuer, now);
    issuers.load(tx, vault, now);
    return issuers;
}

bool Issuers::reload(sql::SystemTx& tx, const Vault& vault, TimeMs now) {
    if (inventory(tx, now) == keys()->inventory) return false;
    load(tx, vault, now);
    return true;
}

void Issuers::load(sql::SystemTx& tx, const Vault& vault, TimeMs now) {
    auto loaded = std::make_shared<Keys>();
    loaded->inventory = inventory(tx, now);
    for (const auto environment : {Environment::kTest, Environment::kLive, Environment::kDemo}) {
        loaded->rings.at(static_cast<std::size_t>(environment)) =
            load_key_ring(tx, vault, facegate::name_of(environment), now);
    }
    loaded->refresh = load_key_ring(tx, vault, kRefreshIssuer, now);
    const auto empty = [](const KeyRing& ring) { return ring.empty(); };
    if (loaded->refresh.empty() || std::ranges::any_of(loaded->rings, empty)) {
        throw VaultFailure("an issuer has no signing key");
    }
    loaded->secrets = load_token_secrets(tx, vault, now);
    if (secret_scope_) {
        auto& own = loaded->secrets[*secret_scope_];
        own.insert(own.begin(), configured_secret_);
    }
    const std::lock_guard lock(held_->mutex);
    held_->keys = std::move(loaded);
}

std::shared_ptr<const Issuers::Keys> Issuers::keys() const {
    const std::lock_guard lock(held_->mutex);
    return held_->keys;
}

std::string Issuers::url(Environment environment) const {
    if (environment == Environment::kLive) return public_url_;
    return public_url_ + "/" + facegate::name_of(environment);
}

std::string Issuers::jwks(Environment environment, TimeMs now) const {
    const auto current = keys();
    std::string list;
    for (const SigningKey& signing : current->ring(environment)) {
        if (!signing.times.known(now)) continue;
        if (!list.empty()) list += ',';
        list += signing.key.public_jwk();
    }
    return R"({"keys":[)" + list + "]}";
}

std::string Issuers::sign_access_token(AccessClaims& claims, Random& random) const {
    const Milliseconds life = claims.step_up ? Milliseconds(kStepUpTokenLife) : kAccessTokenLife;
    const TimeMs now = claims.issued_at;
    claims.issued_at = std::chrono::floor<std::chrono::seconds>(claims.issued_at);
    claims.expires_at = claims.issued_at + life;
    if (claims.session_expires_at) {
        const TimeMs end = std::chrono::floor<std::chrono::seconds>(*claims.session_expires_at);
        claims.expires_at = std::min(claims.expires_at, end);
    }
    claims.jti = random.uuid();
    const auto text = access_claims_json(claims, url(claims.scope.environment));
    const auto current = keys();
    if (const TokenSecret* secret = signing_secret(current->secrets, claims.scope, now)) {
        return crypto::sign_hs256(as_bytes(secret->text), secret->key_id, kAccessType, text);
    }
    const KeyRing& ring = current->ring(claims.scope.environment);
    return crypto::sign_es256(signing_key(ring, now, kAccessTokenLife).key, kAccessType, text);
}

Result<AccessClaims> Issuers::verify_access_token(std::string_view token, const Scope& expected, TimeMs now) const {
    const auto parts = crypto::split_jws(token);
    if (!parts) return refused();
    const auto header = parse_jose_header(parts->header);
    if (!header || header->type != kAccessType) return refused();
    if (!keys()->signed_by_one(*header, *parts, expected, now)) return refused();
    auto claims = parse_access_claims(parts->claims, url(expected.environment), expected);
    if (!claims || now < claims->issued_at || now >= claims->expires_at) return refused();
    if (claims->step_up) return fail(ErrorCode::kStepUpRequired, "This token is only good for a step-up");
    return std::move(*claims);
}

RefreshToken Issuers::sign_refresh_token(const Scope& scope, const UserId& user, const SessionId& session,
                                         const DeviceId& device, TimeMs session_expires_at, Random& random,
                                         TimeMs now) const {
    RefreshToken refresh;
    refresh.expires_at = std::chrono::floor<std::chrono::seconds>(session_expires_at);
    const RefreshClaims claims{
        user, session, device, std::chrono::floor<std::chrono::seconds>(now), refresh.expires_at, random.uuid()};
    const auto text = refresh_claims_json(claims, scope, url(scope.environment));
    const auto current = keys();
    refresh.token = crypto::sign_es256(signing_key(current->refresh, now, kRefreshTokenLife).key, kRefreshType, text);
    refresh.hash = crypto::sha256(as_bytes(refresh.token));
    return refresh;
}

Result<RefreshClaims> Issuers::verify_refresh_token(std::string_view token, const Scope& expected, TimeMs now) const {
    const auto parts = crypto::split_jws(token);
    if (!parts) return refused();
    const auto header = parse_jose_header(parts->header);
    if (!header || header->algorithm != "ES256" || header->type != kRefreshType) return refused();
    const auto current = keys();
    const SigningKey* signing = find_key(current->refresh, header->key_id, now);
    if (signing == nullptr || !signing->key.verify(as_bytes(parts->signing_input), parts->signature)) return refused();
    auto claims = parse_refresh_claims(parts->claims, url(expected.environment), expected);
    if (!claims || now < claims->issued_at || now >= claims->expires_at) return refused();
    return std::move(*claims);
}

}  // namespace facegate::domain
