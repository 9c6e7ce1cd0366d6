#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "sql/database.h"

namespace facegate::domain {

/// What a key's text says about itself: `fg_(test|live)_[0-9A-Za-z]{32,128}`, or `fg_(test|live)_pub_…` for a
/// publishable one, which is never a secret key.
struct ParsedKey {
    Environment environment = Environment::kTest;
    bool publishable = false;
};
/// Nothing if the text is no key at all.
std::optional<ParsedKey> parse_key(std::string_view text);

/// What a key may do: everything, or what browsers need (docs/conventions.md).
enum class KeyKind { kSecret, kPublishable };

/// A key as it may be shown: its text is known only to whom it was given.
struct ApiKey {
    KeyId id;
    Scope scope;
    KeyKind kind = KeyKind::kSecret;
    std::string name;
    TimeMs created_at;
    std::optional<TimeMs> last_used_at;
    std::optional<TimeMs> expires_at;
    std::optional<TimeMs> revoked_at;
};

struct CreatedKey {
    ApiKey key;
    std::string text;  ///< shown once, stored nowhere
};

/// Creates a key. kNotFound for an unknown tenant; kValidationFailed for an environment other than test and
/// live, an expiry that is not in the future, or a name over 200 bytes.
Result<CreatedKey> create_key(sql::SystemTx& tx, Random& random, const Scope& scope, const std::string& name,
                              std::optional<TimeMs> expires_at, TimeMs now, KeyKind kind = KeyKind::kSecret);
/// Oldest first, of one tenant or of all.
std::vector<ApiKey> list_keys(sql::SystemTx& tx, const std::optional<TenantId>& tenant = std::nullopt);
/// Takes effect with the next request. kNotFound; revoking twice keeps the first time and is no error.
Result<ApiKey> revoke_key(sql::SystemTx& tx, const KeyId& id, TimeMs now);

/// Who a presented key speaks for.
struct AuthenticatedKey {
    KeyId id;
    Scope scope;
    KeyKind kind = KeyKind::kSecret;
    std::vector<std::string> allowed_origins;
    std::string default_role;
    bool publishable_enroll = false;  ///< the tenant lets publishable keys enroll
    std::optional<TimeMs> last_used_at;
    std::optional<TimeMs> expires_at;
};
/// kUnauthorized for a malformed, unknown, expired or revoked key (the message does not tell which); kTenantSuspended.
Result<AuthenticatedKey> authenticate(sql::SystemTx& tx, std::string_view key_text, TimeMs now);

/// Whether the recorded last use is over a minute old, so that `touch_key` would write.
bool touch_due(const std::optional<TimeMs>& last_used_at, TimeMs now);
/// Records the use of a key, at most once a minute; in a transaction of its own, never in the request's way.
void touch_key(sql::SystemTx& tx, const KeyId& id, TimeMs now);

}  // namespace facegate::domain
