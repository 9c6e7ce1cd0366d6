#include "domain/sessions/exchange.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kNowhere;

std::int64_t insert(sql::TenantTx& tx, std::string_view jti, std::string_view provider, TimeMs expires_at) {
    return tx.execute(
        "INSERT INTO token_exchanges (tenant_id, environment, jti, provider, expires_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, environment, jti, provider) DO NOTHING",
        {jti, provider, to_unix_ms(expires_at)});
}

}  // namespace

bool take_for_exchange(sql::TenantTx& tx, std::string_view jti, std::string_view provider, TimeMs expires_at) {
    const auto forbidden = tx.query(
        "SELECT 1 FROM token_exchanges WHERE tenant_id = $1 AND environment = $2 AND jti = $3 AND provider = $4",
        {jti, kNowhere});
    return forbidden.empty() && insert(tx, jti, provider, expires_at) == 1;
}

void forbid_exchange(sql::TenantTx& tx, std::string_view jti, TimeMs expires_at) {
    insert(tx, jti, kNowhere, expires_at);
}

std::int64_t purge_exchanges(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM token_exchanges WHERE expires_at <= $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
