#include "domain/sessions/refresh.h"

namespace facegate::domain {

namespace {

Bytes column(const crypto::Digest& hash) {
    return Bytes(hash.begin(), hash.end());
}

}  // namespace

bool is_current_refresh_token(sql::TenantTx& tx, const SessionId& session, const crypto::Digest& hash) {
    const auto rows =
        tx.query("SELECT 1 FROM sessions WHERE tenant_id = $1 AND environment = $2 AND id = $3 AND refresh_hash = $4",
                 {session, column(hash)});
    return !rows.empty();
}

bool rotate_refresh_token(sql::TenantTx& tx, const SessionId& session, const crypto::Digest& current,
                          const crypto::Digest& next, TimeMs now) {
    const auto rotated = tx.execute(
        "UPDATE sessions SET refresh_hash = $5 WHERE tenant_id = $1 AND environment = $2 AND id = $3 "
        "AND refresh_hash = $4 AND revoked_at IS NULL AND expires_at > $6",
        {session, column(current), column(next), to_unix_ms(now)});
    return rotated == 1;
}

void set_refresh_token(sql::TenantTx& tx, const SessionId& session, const crypto::Digest& hash) {
    tx.execute("UPDATE sessions SET refresh_hash = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
               {session, column(hash)});
}

}  // namespace facegate::domain
