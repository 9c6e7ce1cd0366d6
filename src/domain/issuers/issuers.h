#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "domain/issuers/signing_keys.h"
#include "domain/issuers/token_secrets.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

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
    TimeMs auth_time;                           ///< when the face was verified
    bool step_up = false;                       ///< `aud` is `<tenant>:step-up`, 5 minutes
    std::optional<std::string> key_thumbprint;  ///< `cnf.jkt` (RFC 9449): whose holder alone may use the token
    TimeMs issued_at;
    std::optional<TimeMs> session_expires_at;  ///< no claim: the token ends then at the latest
    TimeMs expires_at;                         ///< set by signing
    std::string jti;                           ///< set by signing
};

struct RefreshToken {
    std::string token;
    crypto::Digest hash{};  ///< SHA-256 of the token: all that is stored
    TimeMs expires_at;
};

/// What a refresh token says.
struct RefreshClaims {
    UserId user;
    SessionId session;
    DeviceId device;
    TimeMs issued_at;
    TimeMs expires_at;
    std::string jti;
};

/// The issuers of access tokens (live, test, demo; ES256 keys, or the shared secret of a tenant that chose HS256) and
/// of refresh tokens, whose keys no JWKS shows. Thread-safe. Holds the keys as last loaded; `reload` follows what other
/// processes changed. Every key is sealed under the master key at rest.
class Issuers {
public:
    /// Creates the keys that are missing. `public_url` has no trailing slash. `live_secret` (at least 32 bytes) signs
    /// the live tokens of the one tenant there is; throws std::runtime_error with a message for the operator if it is
    /// too short or there is not exactly one tenant besides the demo. Throws VaultFailure.
    static Issuers load_or_create(sql::SystemTx& tx, const Vault& vault, std::string public_url, TimeMs now,
                                  const std::optional<std::string>& live_secret = std::nullopt);
    /// Loads the keys anew if any was added, changed or ended; returns whether it did. Throws VaultFailure.
    bool reload(sql::SystemTx& tx, const Vault& vault, TimeMs now);

    /// live: the public URL; test and demo: `/test`, `/demo` behind it.
    [[nodiscard]] std::string url(Environment environment) const;
    /// RFC 7517 JSON text of the issuer's public keys that are valid at `now`, those that sign only later included.
    [[nodiscard]] std::string jwks(Environment environment, TimeMs now) const;

    /// A compact JWS of type `JWT`, issued at `claims.issued_at`; sets `expires_at` and `jti` of the claims.
    [[nodiscard]] std::string sign_access_token(AccessClaims& claims, Random& random) const;
    /// Strict: `typ` JWT; ES256 with a key of this environment's issuer, or HS256 with a secret of this tenant and
    /// environment; `iss`, `aud`, `nbf` and `exp` without leeway. kInvalidToken, whose message does not tell which
    /// check failed; kStepUpRequired for a token that is right but only good for a step-up.
    [[nodiscard]] Result<AccessClaims> verify_access_token(std::string_view token, const Scope& expected,
                                                           TimeMs now) const;

    /// `typ: refresh+jwt`, under the key that is in no JWKS, until the session ends.
    [[nodiscard]] RefreshToken sign_refresh_token(const Scope& scope, const UserId& user, const SessionId& session,
                                                  const DeviceId& device, TimeMs session_expires_at, Random& random,
                                                  TimeMs now) const;
    /// Whether this server made it for this scope, and it is not over: not whether it was used. kInvalidToken.
    [[nodiscard]] Result<RefreshClaims> verify_refresh_token(std::string_view token, const Scope& expected,
                                                             TimeMs now) const;

private:
    struct Keys;
    struct Held;
    explicit Issuers(std::string public_url);
    [[nodiscard]] std::shared_ptr<const Keys> keys() const;
    void load(sql::SystemTx& tx, const Vault& vault, TimeMs now);

    std::string public_url_;
    std::shared_ptr<Held> held_;
    std::optional<Scope> secret_scope_;  ///< whose tokens the configured secret signs
    TokenSecret configured_secret_;
};

}  // namespace facegate::domain
