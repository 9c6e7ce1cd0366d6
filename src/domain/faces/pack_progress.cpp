#include "domain/faces/pack_progress.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kHasCurrent =
    "EXISTS (SELECT 1 FROM faces c WHERE c.tenant_id = f.tenant_id AND c.environment = f.environment "
    "AND c.user_id = f.user_id AND c.pack_id = $1)";

Scope scope_in(const sql::Row& row) {
    return {TenantId(row.text(0)), static_cast<Environment>(row.integer(1))};
}

}  // namespace

std::vector<PackCount> other_packs(sql::SystemTx& tx, const std::string& current) {
    // User ids are unique over all collections.
    const auto rows = tx.query("SELECT f.pack_id, COUNT(DISTINCT f.user_id), COUNT(DISTINCT CASE WHEN NOT " +
                                   std::string(kHasCurrent) +
                                   " THEN f.user_id END) FROM faces f WHERE f.pack_id <> $1 "
                                   "GROUP BY f.pack_id ORDER BY f.pack_id",
                               {current});
    std::vector<PackCount> counts;
    for (const auto& row : rows) counts.push_back({row.text(0), row.integer(1), row.integer(2)});
    return counts;
}

std::vector<PackProgress> pack_progress(sql::SystemTx& tx, const std::string& current) {
    const auto rows = tx.query(
        "SELECT f.tenant_id, f.environment, f.pack_id, COUNT(*), COUNT(DISTINCT f.user_id), "
        "COUNT(DISTINCT CASE WHEN NOT " +
            std::string(kHasCurrent) +
            " THEN f.user_id END) FROM faces f GROUP BY f.tenant_id, f.environment, f.pack_id "
            "ORDER BY f.tenant_id, f.environment, f.pack_id",
        {current});
    std::vector<PackProgress> progress;
    for (const auto& row : rows) {
        progress.push_back({scope_in(row), row.text(2), row.integer(3), row.integer(4), row.integer(5)});
    }
    return progress;
}

std::vector<RetiredFaces> faces_to_retire(sql::SystemTx& tx, const std::string& pack, const std::string& current,
                                          int limit) {
    const auto rows =
        tx.query("SELECT f.tenant_id, f.environment, f.user_id, f.id FROM faces f WHERE f.pack_id = $2 AND " +
                     std::string(kHasCurrent) + " ORDER BY f.tenant_id, f.environment, f.user_id LIMIT $3",
                 {current, pack, limit});
    std::vector<RetiredFaces> retired;
    for (const auto& row : rows) {
        const Scope scope = scope_in(row);
        const UserId user(row.text(2));
        if (retired.empty() || retired.back().scope != scope || retired.back().user != user) {
            retired.push_back({scope, user, {}});
        }
        retired.back().faces.emplace_back(row.text(3));
    }
    return retired;
}

}  // namespace facegate::domain
