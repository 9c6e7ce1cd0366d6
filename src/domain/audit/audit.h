#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "crypto/secret.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// One thing that was done. No personal field in the clear: see AuditTrail::pseudonym.
struct AuditEntry {
    std::string actor;           ///< key id, `demo`, `stream` or `system`
    std::string action;          ///< e.g. `user.enrolled`
    std::string subject;         ///< id of what it was done to; entered as its pseudonym
    std::string details = "{}";  ///< JSON text
};

struct ChainCheck {
    bool intact = true;
    std::int64_t records = 0;    ///< checked
    std::int64_t broken_at = 0;  ///< number of the first record that does not fit; 0 if intact
};

/// Told of each record that fits: its number and its hash.
using ChainVisitor = std::function<void(std::int64_t seq, const Bytes& hash)>;

/// The chain of what concerns the server and no tenant, such as its admin tokens. No tenant has this id.
Scope server_scope();

/// The append-only record of a tenant's environment, chained by HMAC-SHA256 under a key outside the database: a
/// changed, moved, inserted or missing record breaks the chain. Immutable and thread-safe.
class AuditTrail {
public:
    explicit AuditTrail(const Vault& vault) : key_(vault.server_key(ServerKey::kAudit)) {}

    /// Appends in the transaction of the change itself. A subject that is a user is kept by its id in a row beside the
    /// chain, which goes when the user goes (see forget_audit_subject).
    void append(sql::TenantTx& tx, const AuditEntry& entry, TimeMs now) const;
    /// Lets the record that this transaction appended last be found by another id too: of a request or a session.
    void refer(sql::TenantTx& tx, std::string_view id) const;
    /// A stable name for a personal field or id: HMAC under the audit key, separate for every scope, in hexadecimal.
    [[nodiscard]] std::string pseudonym(const Scope& scope, std::string_view text) const;
    /// Recomputes the whole chain, in bounded batches.
    [[nodiscard]] ChainCheck verify_chain(sql::TenantTx& tx, const ChainVisitor& visit = {}) const;
    /// Whether the scope's newest record is the head's and fits by itself: what is asked before a head is signed.
    [[nodiscard]] bool head_fits(sql::TenantTx& tx) const;

private:
    crypto::SecretKey key_;
};

/// Erases the row that tells whose pseudonym a user's is; their records stay in the chain, without a name.
void forget_audit_subject(sql::TenantTx& tx, const UserId& user);

}  // namespace facegate::domain
