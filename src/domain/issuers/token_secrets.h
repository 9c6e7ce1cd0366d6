#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "domain/issuers/signing_keys.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// A shared secret that signs the access tokens of one tenant and environment with HS256: for a verifier that cannot
/// check ES256. Whoever holds it can make tokens, so it belongs to one tenant's environment and to nobody else.
struct TokenSecret {
    std::string key_id;
    std::string text;  ///< its bytes are the HMAC key, at least 32
    KeyTimes times;
};
using TokenSecrets = std::map<Scope, std::vector<TokenSecret>>;  ///< the one that signs last comes first

/// All that are known at `now`. Throws VaultFailure.
TokenSecrets load_token_secrets(sql::SystemTx& tx, const Vault& vault, TimeMs now);

struct TokenSecretInfo {
    Scope scope;
    std::string key_id;
    TimeMs created_at;
    KeyTimes times;
};
/// Those that are known at `now`.
std::vector<TokenSecretInfo> list_token_secrets(sql::SystemTx& tx, TimeMs now);

struct CreatedTokenSecret {
    TokenSecretInfo secret;
    std::string text;  ///< 256 random bits in base64url; shown once, stored sealed
};
/// Creates a secret that signs after `publish_for`; what signed until then goes on that long. kValidationFailed for a
/// time outside 0 to 7 days or the demo.
Result<CreatedTokenSecret> create_token_secret(sql::TenantTx& tx, const Vault& vault, Random& random,
                                               Milliseconds publish_for, TimeMs now);
/// Back to ES256: no secret signs any more, and tokens they signed are good until they expire. Returns how many ended.
std::int64_t end_token_secrets(sql::TenantTx& tx, TimeMs now);

/// Destroys secrets whose time is over; returns how many.
std::int64_t purge_token_secrets(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
