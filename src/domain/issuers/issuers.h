#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/jwt.h"
#include "crypto/secret.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

inline constexpr std::chrono::minutes kAccessTokenLife{15};
inline constexpr std::chrono::minutes kStepUpTokenLife{5};
inline constexpr std::chrono::hours kRefreshTokenLife{30 * 24};

/// What an access token says (RFC 7519, RFC 9068 names where there are any).
struct AccessClaims {
    Scope scope;  ///< `tid`, `env`, and with `step_up` the `aud`
    UserId user;
    SessionId session;
    std::string role;
    std::string name;
    DeviceId device;
    std::optional<std::string> fingerprint;  ///< `dfp`
    double confidence = 0;                   ///< `conf`, 0-100
    double liveness = 0;                     ///< `liv`, 0-100
    /// How liveness was proved: `amr` and `acr`.
    LivenessChallenge challenge = LivenessChallenge::kMovementAndLight;
    TimeMs auth_time;      ///< when the face was verified
    bool step_up = false;  ///< `aud` is `<tenant>:step-up`, 5 minutes
    TimeMs issued_at;
    TimeMs expires_at;  ///< set by signing
    std::string jti;    ///< set by signing
};

struct RefreshToken {
    std::string token;
    crypto::Digest hash{};  ///< SHA-256 of the token: all that is stored
    TimeMs expires_at;
};

/// The signing keys of the three issuers, and of the refresh tokens, which no JWKS shows. Loaded at start; immutable
/// and thread-safe afterwards. Every key is ES256 and sealed under the master key at rest.
class Issuers {
public:
    /// Creates the keys that are missing. `public_url` has no trailing slash. Throws VaultFailure.
    static Issuers load_or_create(sql::SystemTx& tx, const Vault& vault, std::string public_url, TimeMs now);

    /// live: the public URL; test and demo: `/test`, `/demo` behind it.
    [[nodiscard]] std::string url(Environment environment) const;
    /// RFC 7517 JSON text of the issuer's public keys that are valid at `now`.
    [[nodiscard]] std::string jwks(Environment environment, TimeMs now) const;

    /// A compact JWS of type `JWT`, issued at `claims.issued_at`; sets `expires_at` and `jti` of the claims.
    [[nodiscard]] std::string sign_access_token(AccessClaims& claims, Random& random) const;
    /// Strict: ES256 only, `typ` JWT, a key of this environment's issuer, `iss`, `aud` (the tenant; a step-up token is
    /// refused), `nbf` and `exp` without leeway. kUnauthorized; the message does not tell which check failed.
    [[nodiscard]] Result<AccessClaims> verify_access_token(std::string_view token, const Scope& expected,
                                                           TimeMs now) const;

    /// `typ: refresh+jwt`, under the key that is in no JWKS, 30 days.
    [[nodiscard]] RefreshToken sign_refresh_token(const Scope& scope, const UserId& user, const SessionId& session,
                                                  const DeviceId& device, Random& random, TimeMs now) const;

private:
    struct SigningKey {
        crypto::EcKey key;
        std::optional<TimeMs> not_after;
    };
    using KeyRing = std::vector<SigningKey>;  ///< newest first: the first one signs

    Issuers() = default;
    static KeyRing load_ring(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now);
    [[nodiscard]] const KeyRing& ring(Environment environment) const;

    std::string public_url_;
    std::array<KeyRing, 3> rings_;  ///< by Environment
    KeyRing refresh_ring_;
};

}  // namespace facegate::domain
