#include "domain/consents/consent_revocation.h"

#include "domain/consents/consent.h"

namespace facegate::domain {

Result<ConsentRevocation> revoke_consent(sql::TenantTx& tx, const ConsentId& id, TimeMs now) {
    const auto consent = find_consent(tx, id);
    if (!consent) return fail(ErrorCode::kNotFound, "There is no such consent");
    ConsentRevocation revocation;
    if (consent->revoked_at) {
        revocation.revoked_at = *consent->revoked_at;
        // Both times come from the transaction that revoked it.
        revocation.user_deleted = consent->user_deleted_at == consent->revoked_at;
        revocation.repeated = true;
        return revocation;
    }
    tx.execute(
        "UPDATE consents SET revoked_at = $4, ip = '', user_agent = '', sealed_origin = NULL "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id, to_unix_ms(now)});
    revocation.revoked_at = now;
    if (consent->user) {
        Result<UserRemoval> removal = remove_user(tx, *consent->user, now);
        if (!removal) return std::unexpected(removal.error());
        revocation.user = consent->user;
        revocation.removal = std::move(*removal);
        revocation.user_deleted = true;
    }
    return revocation;
}

}  // namespace facegate::domain
