#include "api/fingerprint.h"

#include <vector>

namespace facegate::testing {

namespace {

std::vector<std::string> texts(const sql::Rows& rows) {
    std::vector<std::string> list;
    for (const sql::Row& row : rows) list.push_back(row.text(0));
    return list;
}

}  // namespace

std::string fingerprint_of(sql::Database& database, const Scope& scope) {
    return database.read_system([&](sql::SystemTx& tx) {
        std::string all;
        for (const std::string& table :
             texts(tx.query("SELECT name FROM sqlite_master WHERE type = 'table' "
                            "AND name NOT IN ('api_keys', 'audit_signed_heads') ORDER BY name"))) {
            std::string columns;
            bool is_tenants = false;
            const auto names = texts(tx.query("SELECT name FROM pragma_table_info($1)", {table}));
            for (const std::string& column : names) {
                is_tenants = is_tenants || column == "tenant_id";
                columns += (columns.empty() ? "quote(" : ", quote(") + column + ")";
            }
            if (!is_tenants) continue;
            const sql::Rows rows = tx.query("SELECT " + columns + " FROM " + table +
                                                " WHERE tenant_id = $1 AND environment = $2 ORDER BY " + columns,
                                            {scope.tenant, static_cast<int>(scope.environment)});
            if (rows.empty()) continue;
            all += table + '\n';
            for (const sql::Row& row : rows) {
                for (std::size_t i = 0; i < names.size(); ++i) all += row.text(i) + ' ';
                all += '\n';
            }
        }
        return all;
    });
}

}  // namespace facegate::testing
