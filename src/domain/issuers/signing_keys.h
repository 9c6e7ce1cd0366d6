#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/jwt.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

inline constexpr std::chrono::minutes kAccessTokenLife{15};
inline constexpr std::chrono::minutes kStepUpTokenLife{5};
inline constexpr std::chrono::hours kRefreshTokenLife{30 * 24};

/// How long a new key is published before it signs, unless the operator says otherwise: verifiers may cache a key set
/// for five minutes, and this is three times as long.
inline constexpr std::chrono::minutes kPublishBeforeSigning{15};

/// The issuers that have keys; `refresh` signs refresh tokens and is in no JWKS.
inline constexpr std::string_view kIssuerNames[] = {"live", "test", "demo", "refresh"};
inline constexpr std::string_view kRefreshIssuer = "refresh";

/// When a key signs and how long it is known. It is published (or, of a secret, accepted) from its creation on.
struct KeyTimes {
    TimeMs signs_from;
    std::optional<TimeMs> not_after;  ///< nothing: until it is rotated

    [[nodiscard]] bool known(TimeMs now) const { return !not_after || now < *not_after; }
    /// Whether a token of this life would end before the key does.
    [[nodiscard]] bool may_sign(TimeMs now, Milliseconds life) const {
        return signs_from <= now && (!not_after || now + life <= *not_after);
    }
};

struct SigningKey {
    crypto::EcKey key;
    KeyTimes times;
};
using KeyRing = std::vector<SigningKey>;  ///< the one that signs last comes first

/// The key that signs now; the newest one where none may.
const SigningKey& signing_key(const KeyRing& ring, TimeMs now, Milliseconds life);
/// Null if there is none of that id that is known now.
const SigningKey* find_key(const KeyRing& ring, std::string_view key_id, TimeMs now);

/// The keys of one issuer that are known at `now`. Throws VaultFailure.
KeyRing load_key_ring(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now);
/// Creates a key that signs from now on, unless one is there that has no end.
void ensure_signing_key(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now);

/// A key as it may be shown.
struct SigningKeyInfo {
    std::string issuer;
    std::string key_id;
    TimeMs created_at;
    KeyTimes times;
};
/// Those that are known at `now`, by issuer, the newest first.
std::vector<SigningKeyInfo> list_signing_keys(sql::SystemTx& tx, TimeMs now);

/// Creates a key that signs after `publish_for`; the ones before it sign until then and are known until their last
/// token is over. kValidationFailed for an issuer that is none, or a time outside 0 to 7 days.
Result<SigningKeyInfo> rotate_signing_key(sql::SystemTx& tx, const Vault& vault, std::string_view issuer,
                                          Milliseconds publish_for, TimeMs now);
/// For keys that got into wrong hands: the new one signs at once, the others are known no longer, and no token they
/// signed is good for anything. kValidationFailed.
Result<SigningKeyInfo> replace_signing_keys(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now);

/// Destroys keys whose time is over; returns how many.
std::int64_t purge_signing_keys(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
