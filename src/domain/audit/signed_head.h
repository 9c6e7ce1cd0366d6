#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "crypto/jwt.h"
#include "domain/audit/audit.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// Where a chain ended at a time. Whoever keeps signed ones sees when a chain is cut, rolled back or rewritten.
struct AuditHead {
    Scope scope;
    std::int64_t seq = 0;  ///< number of its last record
    Bytes hash;            ///< of that record
    TimeMs signed_at;
};

/// Signs heads with ES256 under keys that no token issuer shares; loaded once, then immutable and thread-safe.
///
/// A signed head is a compact JWS with `typ` facegate-audit-head and the members tenant_id, environment, seq, hash
/// (hexadecimal) and signed_at (ISO 8601).
class HeadSigner {
public:
    /// Creates the first key where there is none. Throws VaultFailure if one is damaged.
    static HeadSigner load_or_create(sql::SystemTx& tx, const Vault& vault, TimeMs now);
    /// The keys that there are, to read heads with: without any it reads none. Throws VaultFailure if one is damaged.
    static HeadSigner load(sql::SystemTx& tx, const Vault& vault);

    /// Throws std::logic_error if there is no key.
    [[nodiscard]] std::string sign(const AuditHead& head) const;
    /// Nothing if the text is no head, or not signed by a key of this server.
    [[nodiscard]] std::optional<AuditHead> read(std::string_view token) const;
    /// RFC 7517 JSON text of the public keys.
    [[nodiscard]] std::string jwks() const;

private:
    explicit HeadSigner(std::vector<crypto::EcKey> keys) : keys_(std::move(keys)) {}
    std::vector<crypto::EcKey> keys_;  ///< the newest signs
};

/// One stored signed head.
struct SignedHead {
    AuditHead head;
    std::string token;
};

struct SignedHeads {
    int signed_now = 0;
    std::vector<Scope> broken;  ///< chains whose head does not fit: not signed
};
/// Signs the head of every chain that has grown since its last signed one, at most `limit` chains; call again until
/// nothing is signed.
SignedHeads sign_grown_heads(sql::SystemTx& tx, const AuditTrail& trail, const HeadSigner& signer, TimeMs now,
                             int limit);

/// Tokens that are not in the published file yet, oldest first.
std::vector<SignedHead> unpublished_heads(sql::SystemTx& tx, const HeadSigner& signer, int limit);
void mark_published(sql::SystemTx& tx, const std::vector<SignedHead>& heads);

/// Signed heads of the scope before number `before`, newest first.
std::vector<SignedHead> list_signed_heads(sql::TenantTx& tx, const HeadSigner& signer, std::int64_t before, int limit);

/// Every scope that has a chain or a signed head.
std::vector<Scope> audited_scopes(sql::SystemTx& tx);

/// Raw tokens of a scope, for checking: also those that do not read.
std::vector<std::string> stored_head_tokens(sql::TenantTx& tx);

}  // namespace facegate::domain
