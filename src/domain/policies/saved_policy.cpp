#include "domain/policies/saved_policy.h"

#include "domain/time_columns.h"

namespace facegate::domain {

boost::json::object saved_policy(sql::TenantTx& tx, std::string_view type) {
    const auto rows =
        tx.query("SELECT config FROM policies WHERE tenant_id = $1 AND environment = $2 AND policy_type = $3", {type});
    return rows.empty() ? boost::json::object{} : boost::json::parse(rows.front().text(0)).as_object();
}

bool has_saved_policy(sql::TenantTx& tx, std::string_view type) {
    return !tx.query("SELECT updated_at FROM policies WHERE tenant_id = $1 AND environment = $2 AND policy_type = $3",
                     {type})
                .empty();
}

void save_policy(sql::TenantTx& tx, std::string_view type, const boost::json::object& config, TimeMs now) {
    tx.execute(
        "INSERT INTO policies (tenant_id, environment, policy_type, config, updated_at) "
        "VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (tenant_id, environment, policy_type) DO UPDATE SET config = $4, updated_at = $5",
        {type, boost::json::serialize(config), to_unix_ms(now)});
}

}  // namespace facegate::domain
