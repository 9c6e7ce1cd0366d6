#include "domain/audit/audit_search.h"

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

/// The conditions of a statement and what they compare with.
class Conditions {
public:
    /// `condition` ends where the parameter's name goes.
    void add(std::string_view condition, sql::Value value) {
        params_.push_back(std::move(value));
        text_ += " AND " + std::string(condition) + last_name();
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] sql::Params& params() { return params_; }
    /// Of the parameter added last: $1 and $2 are the scope's.
    [[nodiscard]] std::string last_name() const { return "$" + std::to_string(params_.size() + 2); }

private:
    std::string text_;
    sql::Params params_;
};

}  // namespace

std::vector<AuditRecord> search_audit(sql::TenantTx& tx, const AuditTrail& trail, const AuditFilter& filter,
                                      int limit) {
    std::string from = "audit_records r";
    Conditions where;
    if (filter.reference) {
        from +=
            " JOIN audit_references f ON f.tenant_id = r.tenant_id AND f.environment = r.environment AND "
            "f.seq = r.seq";
        where.add("f.reference = ", trail.pseudonym(tx.scope(), *filter.reference));
    }
    if (filter.action) where.add("r.action = ", *filter.action);
    if (filter.actor) where.add("r.actor = ", *filter.actor);
    if (filter.subject) where.add("r.subject = ", trail.pseudonym(tx.scope(), *filter.subject));
    if (filter.from) where.add("r.created_at >= ", to_unix_ms(*filter.from));
    if (filter.to) where.add("r.created_at < ", to_unix_ms(*filter.to));
    if (filter.before) where.add("r.seq < ", *filter.before);
    where.params().emplace_back(limit);
    const auto rows =
        tx.query("SELECT r.seq, r.created_at, r.actor, r.action, s.subject, r.subject, r.details, r.hash FROM " + from +
                     " LEFT JOIN audit_subjects s ON s.tenant_id = r.tenant_id AND s.environment = r.environment AND "
                     "s.pseudonym = r.subject WHERE r.tenant_id = $1 AND r.environment = $2" +
                     where.text() + " ORDER BY r.seq DESC LIMIT " + where.last_name(),
                 where.params());
    std::vector<AuditRecord> records;
    for (const auto& row : rows) {
        records.push_back({row.integer(0), time_in(row, 1), row.text(2), row.text(3), row.maybe_text(4), row.text(5),
                           row.text(6), to_hex(row.blob(7))});
    }
    return records;
}

}  // namespace facegate::domain
