#include "domain/audit/subject_records.h"

#include "domain/time_columns.h"

namespace facegate::domain {

std::vector<SubjectRecord> records_about(sql::TenantTx& tx, const AuditTrail& audit, std::string_view subject,
                                         std::int64_t after, int limit) {
    const auto rows = tx.query(
        "SELECT seq, created_at, actor, action, details FROM audit_records "
        "WHERE tenant_id = $1 AND environment = $2 AND subject = $3 AND seq > $4 ORDER BY seq LIMIT $5",
        {audit.pseudonym(tx.scope(), subject), after, limit});
    std::vector<SubjectRecord> records;
    for (const auto& row : rows) {
        records.push_back({row.integer(0), time_in(row, 1), row.text(2), row.text(3), row.text(4)});
    }
    return records;
}

}  // namespace facegate::domain
