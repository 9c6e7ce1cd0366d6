#include "domain/tenants/tenant.h"

#include <algorithm>
#include <charconv>

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxOriginBytes = 300;
constexpr std::size_t kMaxRoleBytes = 100;
constexpr std::string_view kColumns =
    "id, name, status, allowed_origins, default_role, created_at, plan, publishable_enroll, retention_days";

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535 &&
           text.front() != '0';
}

Tenant tenant_in(const sql::Row& row) {
    Tenant tenant;
    tenant.id = TenantId(row.text(0));
    tenant.name = row.text(1);
    tenant.status = row.text(2) == name_of(TenantStatus::kSuspended) ? TenantStatus::kSuspended : TenantStatus::kActive;
    tenant.allowed_origins = split_origins(row.text(3));
    tenant.default_role = row.text(4);
    tenant.created_at = time_in(row, 5);
    tenant.plan = row.text(6);
    tenant.publishable_enroll = row.boolean(7);
    tenant.retention_days = static_cast<int>(row.integer(8));
    return tenant;
}

Result<void> check_origins(const std::vector<std::string>& origins) {
    for (const auto& origin : origins) {
        if (!is_origin(origin)) {
            return fail(ErrorCode::kValidationFailed,
                        "An allowed origin is written scheme://host[:port], in lower case and without a path, or *");
        }
    }
    return {};
}

Result<void> check_name(const std::string& name) {
    if (!name.empty() && name.size() <= kMaxNameBytes) return {};
    return fail(ErrorCode::kValidationFailed, "A tenant's name has 1 to 200 bytes");
}

void insert_tenant(sql::SystemTx& tx, const Tenant& tenant) {
    tx.execute(
        "INSERT INTO tenants (id, name, status, allowed_origins, default_role, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
        {tenant.id, tenant.name, name_of(tenant.status), join_origins(tenant.allowed_origins), tenant.default_role,
         to_unix_ms(tenant.created_at)});
}

Result<Tenant> updated(const sql::Rows& rows) {
    if (rows.empty()) return fail(ErrorCode::kNotFound, "There is no such tenant");
    return tenant_in(rows.front());
}

}  // namespace

std::string_view name_of(TenantStatus status) {
    return status == TenantStatus::kActive ? "active" : "suspended";
}

TenantId demo_tenant_id() {
    return TenantId("ten_demo");
}
Scope demo_scope() {
    return Scope{demo_tenant_id(), Environment::kDemo};
}

bool is_origin(std::string_view text) {
    if (text == "*") return true;
    if (text.size() > kMaxOriginBytes) return false;
    if (text.starts_with("https://")) {
        text.remove_prefix(8);
    } else if (text.starts_with("http://")) {
        text.remove_prefix(7);
    } else {
        return false;
    }
    std::string_view port;
    if (text.starts_with('[')) {  // IPv6 literal
        const auto close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const auto address = text.substr(1, close - 1);
        if (address.find_first_not_of("0123456789abcdef:.") != std::string_view::npos) return false;
        port = text.substr(close + 1);
    } else {
        const auto colon = text.find(':');
        const auto host = text.substr(0, colon);
        if (host.empty() || !std::ranges::all_of(host, is_host_character)) return false;
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    return port.empty() || (port.size() > 1 && port.front() == ':' && is_port(port.substr(1)));
}

Result<Tenant> create_tenant(sql::SystemTx& tx, const Vault& vault, Random& random, const std::string& name,
                             const std::vector<std::string>& allowed_origins, TimeMs now) {
    if (auto checked = check_name(name); !checked) return std::unexpected(checked.error());
    if (auto checked = check_origins(allowed_origins); !checked) return std::unexpected(checked.error());
    Tenant tenant{TenantId(random.id("ten_")), name, TenantStatus::kActive, allowed_origins, "user", now};
    insert_tenant(tx, tenant);
    for (const auto environment : {Environment::kTest, Environment::kLive}) {
        vault.create_tenant_key(tx, Scope{tenant.id, environment}, now);
    }
    return tenant;
}

void ensure_demo_tenant(sql::SystemTx& tx, const Vault& vault, TimeMs now) {
    insert_tenant(tx, Tenant{demo_tenant_id(), "Demo", TenantStatus::kActive, {}, "demo", now});
    vault.create_tenant_key(tx, demo_scope(), now);
}

std::vector<Tenant> list_tenants(sql::SystemTx& tx) {
    std::vector<Tenant> tenants;
    const auto rows = tx.query(
        "SELECT " + std::string(kColumns) + " FROM tenants WHERE id <> $1 ORDER BY created_at, id", {demo_tenant_id()});
    for (const auto& row : rows) tenants.push_back(tenant_in(row));
    return tenants;
}

std::optional<Tenant> find_tenant(sql::SystemTx& tx, const TenantId& id) {
    const auto rows = tx.query("SELECT " + std::string(kColumns) + " FROM tenants WHERE id = $1", {id});
    if (rows.empty()) return std::nullopt;
    return tenant_in(rows.front());
}

Result<Tenant> change_tenant(sql::SystemTx& tx, const TenantId& id, const TenantChange& change) {
    const auto known = id == demo_tenant_id() ? std::nullopt : find_tenant(tx, id);
    if (!known) return fail(ErrorCode::kNotFound, "There is no such tenant");
    if (change.name) {
        if (auto checked = check_name(*change.name); !checked) return std::unexpected(checked.error());
    }
    if (change.default_role && (change.default_role->empty() || change.default_role->size() > kMaxRoleBytes)) {
        return fail(ErrorCode::kValidationFailed, "A role has 1 to 100 bytes");
    }
    if (change.allowed_origins) {
        if (auto checked = check_origins(*change.allowed_origins); !checked) return std::unexpected(checked.error());
    }
    if (change.retention_days && (*change.retention_days < 1 || *change.retention_days > kMaxRetentionDays)) {
        return fail(ErrorCode::kValidationFailed, "Templates are kept for 1 to 1095 days without use");
    }
    return updated(
        tx.query("UPDATE tenants SET name = $2, status = $3, allowed_origins = $4, default_role = $5, plan = $6, "
                 "publishable_enroll = $7, retention_days = $8 WHERE id = $1 RETURNING " +
                     std::string(kColumns),
                 {id, change.name.value_or(known->name), name_of(change.status.value_or(known->status)),
                  join_origins(change.allowed_origins.value_or(known->allowed_origins)),
                  change.default_role.value_or(known->default_role), change.plan.value_or(known->plan),
                  change.publishable_enroll.value_or(known->publishable_enroll),
                  change.retention_days.value_or(known->retention_days)}));
}

Result<Tenant> set_tenant_status(sql::SystemTx& tx, const TenantId& id, TenantStatus status) {
    return updated(tx.query("UPDATE tenants SET status = $2 WHERE id = $1 RETURNING " + std::string(kColumns),
                            {id, name_of(status)}));
}

Result<Tenant> set_allowed_origins(sql::SystemTx& tx, const TenantId& id, const std::vector<std::string>& origins) {
    if (auto checked = check_origins(origins); !checked) return std::unexpected(checked.error());
    return updated(tx.query("UPDATE tenants SET allowed_origins = $2 WHERE id = $1 RETURNING " + std::string(kColumns),
                            {id, join_origins(origins)}));
}

bool origin_allowed(std::span<const std::string> allowed_origins, std::string_view origin) {
    return std::ranges::any_of(allowed_origins,
                               [&](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

bool origin_allowed_anywhere(sql::SystemTx& tx, std::string_view origin) {
    const auto rows = tx.query("SELECT allowed_origins FROM tenants WHERE status = $1 AND allowed_origins <> ''",
                               {name_of(TenantStatus::kActive)});
    return std::ranges::any_of(rows,
                               [&](const sql::Row& row) { return origin_allowed(split_origins(row.text(0)), origin); });
}

std::string join_origins(const std::vector<std::string>& origins) {
    std::string lines;
    for (const auto& origin : origins) {
        if (!lines.empty()) lines += '\n';
        lines += origin;
    }
    return lines;
}

std::vector<std::string> split_origins(std::string_view lines) {
    std::vector<std::string> origins;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        if (end > 0) origins.emplace_back(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return origins;
}

}  // namespace facegate::domain
