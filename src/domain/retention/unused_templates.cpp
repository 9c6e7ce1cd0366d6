#include "domain/retention/unused_templates.h"

#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::domain {

namespace {

bool still_unused(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    return !tx.query(
                  "SELECT u.id FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.tenant_id = $1 "
                  "AND u.environment = $2 AND u.id = $3 AND u.templates_used_at <= $4 - t.retention_days * 86400000",
                  {user, to_unix_ms(now)})
                .empty();
}

}  // namespace

std::vector<UnusedTemplates> unused_templates(sql::SystemTx& tx, TimeMs now, int limit) {
    // CROSS JOIN: SQLite keeps the order of the tables, and reads of each tenant's users only those that are due.
    const auto rows = tx.query(
        "SELECT u.tenant_id, u.environment, u.id FROM tenants t CROSS JOIN users u WHERE u.tenant_id = t.id "
        "AND u.templates_used_at <= $1 - t.retention_days * 86400000 LIMIT $2",
        {to_unix_ms(now), limit});
    std::vector<UnusedTemplates> unused;
    for (const auto& row : rows) {
        unused.push_back({Scope{TenantId(row.text(0)), static_cast<Environment>(row.integer(1))}, UserId(row.text(2))});
    }
    return unused;
}

std::optional<TemplateExpiry> expire_templates(sql::TenantTx& tx, const Vault& vault, const UserId& user, TimeMs now) {
    if (!still_unused(tx, user, now)) return std::nullopt;
    tx.execute(
        "UPDATE users SET templates_used_at = NULL, duplicate_of = NULL "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {user});
    TemplateExpiry expiry;
    expiry.faces = remove_faces_of_user(tx, user, now);
    if (expiry.faces.empty()) return std::nullopt;
    const std::vector<OpenedOrigin> origins = open_origins_of_user(tx, vault, user);
    Vault::destroy_user_key(tx, user);
    vault.create_user_key(tx, user);
    seal_origins_of_user(tx, vault, user, origins);
    forget_answers_of_user(tx, user);
    forget_duplicates_of(tx, user);
    expiry.sessions_ended = end_sessions_of_user(tx, user, now);
    return expiry;
}

}  // namespace facegate::domain
