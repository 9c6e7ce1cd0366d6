#include "domain/audit/audit.h"

namespace facegate::domain {

namespace {

constexpr int kBatch = 1000;

struct ChainRecord {
    std::int64_t seq = 0;
    std::int64_t created_at = 0;
    std::string actor;
    std::string action;
    std::string subject;
    std::string details;
    Bytes prev_hash;
    Bytes hash;
};

/// Each field with its length before it, so that no two records have the same bytes.
void append_field(std::string& out, std::string_view field) {
    out += std::to_string(field.size());
    out += ':';
    out += field;
}

Bytes to_vector(const crypto::Digest& digest) {
    return Bytes(digest.begin(), digest.end());
}

Bytes hash_of(const crypto::SecretKey& key, const Scope& scope, const ChainRecord& record) {
    std::string canonical;
    append_field(canonical, as_text(record.prev_hash));
    append_field(canonical, scope.tenant.value);
    append_field(canonical, facegate::name_of(scope.environment));
    append_field(canonical, std::to_string(record.seq));
    append_field(canonical, std::to_string(record.created_at));
    append_field(canonical, record.actor);
    append_field(canonical, record.action);
    append_field(canonical, record.subject);
    append_field(canonical, record.details);
    return to_vector(crypto::hmac_sha256(key.view(), as_bytes(canonical)));
}

Bytes first_prev_hash() {
    return Bytes(crypto::Digest{}.size(), 0);
}

ChainRecord record_in(const sql::Row& row) {
    return {row.integer(0), row.integer(1), row.text(2), row.text(3),
            row.text(4),    row.text(5),    row.blob(6), row.blob(7)};
}

constexpr std::string_view kRecordColumns = "seq, created_at, actor, action, subject, details, prev_hash, hash";

}  // namespace

Scope server_scope() {
    return {TenantId("server"), Environment::kLive};
}

void AuditTrail::append(sql::TenantTx& tx, const AuditEntry& entry, TimeMs now) const {
    // The upsert holds the head's row until the commit: records of one chain are written one after another.
    const auto head = tx.query(
        "INSERT INTO audit_heads (tenant_id, environment, seq, hash) VALUES ($1, $2, 1, $3) "
        "ON CONFLICT (tenant_id, environment) DO UPDATE SET seq = audit_heads.seq + 1 RETURNING seq, hash",
        {first_prev_hash()});
    ChainRecord record{head.front().integer(0),
                       to_unix_ms(now),
                       entry.actor,
                       entry.action,
                       entry.subject.empty() ? "" : pseudonym(tx.scope(), entry.subject),
                       entry.details,
                       head.front().blob(1),
                       {}};
    record.hash = hash_of(key_, tx.scope(), record);
    tx.execute(
        "INSERT INTO audit_records (tenant_id, environment, seq, created_at, actor, action, subject, details, "
        "prev_hash, "
        "hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {record.seq, record.created_at, record.actor, record.action, record.subject, record.details, record.prev_hash,
         record.hash});
    tx.execute("UPDATE audit_heads SET hash = $3 WHERE tenant_id = $1 AND environment = $2", {record.hash});
    if (entry.subject.empty()) return;
    // A user who is gone, or goes in this very transaction, is not named any more.
    tx.execute(
        "INSERT INTO audit_subjects (tenant_id, environment, subject, pseudonym) SELECT $1, $2, $3, $4 FROM users "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3 ON CONFLICT (tenant_id, environment, subject) DO "
        "NOTHING",
        {entry.subject, record.subject});
}

void AuditTrail::refer(sql::TenantTx& tx, std::string_view id) const {
    tx.execute(
        "INSERT INTO audit_references (tenant_id, environment, reference, seq) SELECT $1, $2, $3, seq FROM audit_heads "
        "WHERE tenant_id = $1 AND environment = $2 ON CONFLICT (tenant_id, environment, reference, seq) DO NOTHING",
        {pseudonym(tx.scope(), id)});
}

std::string AuditTrail::pseudonym(const Scope& scope, std::string_view text) const {
    const auto key = key_.derive("facegate audit pseudonyms");
    return to_hex(crypto::hmac_sha256(key.view(), as_bytes(row_context("audit", scope, text))));
}

ChainCheck AuditTrail::verify_chain(sql::TenantTx& tx, const ChainVisitor& visit) const {
    ChainCheck check;
    Bytes previous = first_prev_hash();
    std::size_t batch = 0;
    do {
        const auto rows = tx.query(
            "SELECT " + std::string(kRecordColumns) +
                " FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND seq > $3 ORDER BY seq LIMIT $4",
            {check.records, kBatch});
        batch = rows.size();
        for (const auto& row : rows) {
            const auto record = record_in(row);
            const bool fits = record.seq == check.records + 1 && record.prev_hash == previous &&
                              crypto::equal_in_constant_time(record.hash, hash_of(key_, tx.scope(), record));
            if (!fits) return {false, check.records, check.records + 1};
            previous = record.hash;
            ++check.records;
            if (visit) visit(record.seq, record.hash);
        }
    } while (batch == static_cast<std::size_t>(kBatch));
    const auto head = tx.query("SELECT seq, hash FROM audit_heads WHERE tenant_id = $1 AND environment = $2");
    const bool ends_at_head = head.empty()
                                  ? check.records == 0
                                  : head.front().integer(0) == check.records && head.front().blob(1) == previous;
    if (!ends_at_head) return {false, check.records, check.records + 1};
    return check;
}

bool AuditTrail::head_fits(sql::TenantTx& tx) const {
    const auto head = tx.query("SELECT seq, hash FROM audit_heads WHERE tenant_id = $1 AND environment = $2");
    const auto rows = tx.query("SELECT " + std::string(kRecordColumns) +
                               " FROM audit_records WHERE tenant_id = $1 AND environment = $2 "
                               "ORDER BY seq DESC LIMIT 1");
    if (head.empty() || rows.empty()) return head.empty() && rows.empty();
    const auto record = record_in(rows.front());
    return record.seq == head.front().integer(0) && record.hash == head.front().blob(1) &&
           crypto::equal_in_constant_time(record.hash, hash_of(key_, tx.scope(), record));
}

void forget_audit_subject(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM audit_subjects WHERE tenant_id = $1 AND environment = $2 AND subject = $3", {user});
}

}  // namespace facegate::domain
