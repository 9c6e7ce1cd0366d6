#include "app/admin/administration.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "app/admin/policy_json.h"
#include "domain/audit/attempt.h"
#include "domain/audit/signed_head.h"

namespace facegate::app {

namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTouchEvery{1};
constexpr std::uintmax_t kMaxPlansBytes = 256 * 1024;

/// What of a tenant was changed, and to what; never names, which may be of people.
json::object changed_members(const domain::TenantChange& change) {
    json::object details;
    if (change.name) details["name"] = "changed";
    if (change.status) details["status"] = domain::name_of(*change.status);
    if (change.allowed_origins) details["allowed_origins"] = json::value_from(*change.allowed_origins);
    if (change.default_role) details["default_role"] = *change.default_role;
    if (change.plan) details["plan"] = *change.plan;
    if (change.publishable_enroll) details["publishable_enroll"] = *change.publishable_enroll;
    if (change.retention_days) details["retention_days"] = *change.retention_days;
    return details;
}

std::unexpected<Error> no_such_tenant() {
    return fail(ErrorCode::kNotFound, "There is no such tenant");
}

}  // namespace

std::vector<domain::Tenant> Administration::tenants() const {
    return database_.read_system([](sql::SystemTx& tx) { return domain::list_tenants(tx); });
}

Result<domain::Tenant> Administration::tenant(const TenantId& id) const {
    auto found = database_.read_system([&](sql::SystemTx& tx) { return domain::find_tenant(tx, id); });
    if (!found || id == domain::demo_tenant_id()) return no_such_tenant();
    return std::move(*found);
}

Result<void> Administration::check_plan(const std::optional<std::string>& plan) const {
    if (!plan || std::ranges::find(plans_, *plan, &domain::Plan::name) != plans_.end()) return {};
    return fail(ErrorCode::kValidationFailed, "There is no such plan");
}

void Administration::record_for_tenant(sql::SystemTx& tx, const std::string& actor, const char* action,
                                       const TenantId& tenant, const domain::TenantChange& change, TimeMs now) const {
    for (const auto environment : {Environment::kTest, Environment::kLive}) {
        auto of_tenant = tx.of({tenant, environment});
        audit_.append(of_tenant, {actor, action, tenant.value, json::serialize(changed_members(change))}, now);
    }
}

Result<domain::Tenant> Administration::create_tenant(const std::string& actor, const domain::TenantChange& wanted) {
    if (const Result<void> known = check_plan(wanted.plan); !known) return std::unexpected(known.error());
    return database_.write_system([&](sql::SystemTx& tx) -> Result<domain::Tenant> {
        const TimeMs now = clock_.now();
        const auto created = domain::create_tenant(tx, vault_, random_, wanted.name.value_or(""),
                                                   wanted.allowed_origins.value_or(std::vector<std::string>{}), now);
        if (!created) return created;
        auto complete = domain::change_tenant(tx, created->id, wanted);
        if (complete) record_for_tenant(tx, actor, "tenant.created", created->id, wanted, now);
        return complete;
    });
}

Result<domain::Tenant> Administration::change_tenant(const std::string& actor, const TenantId& id,
                                                     const domain::TenantChange& change) {
    if (const Result<void> known = check_plan(change.plan); !known) return std::unexpected(known.error());
    return database_.write_system([&](sql::SystemTx& tx) -> Result<domain::Tenant> {
        auto changed = domain::change_tenant(tx, id, change);
        if (changed) record_for_tenant(tx, actor, "tenant.changed", id, change, clock_.now());
        return changed;
    });
}

Result<TenantSettings> Administration::settings(const Scope& scope) const {
    if (const auto known = tenant(scope.tenant); !known) return std::unexpected(known.error());
    return database_.read(
        scope, [](sql::TenantTx& tx) { return TenantSettings{domain::match_policy(tx), domain::liveness_policy(tx)}; });
}

Result<TenantSettings> Administration::change_settings(const std::string& actor, const Scope& scope,
                                                       const std::optional<domain::MatchPolicyChange>& matching,
                                                       const std::optional<domain::LivenessPolicyChange>& liveness) {
    if (const auto known = tenant(scope.tenant); !known) return std::unexpected(known.error());
    return database_.write(scope, [&](sql::TenantTx& tx) -> Result<TenantSettings> {
        const TimeMs now = clock_.now();
        const auto record = [&](const char* action, const json::object& details) {
            audit_.append(tx, {actor, action, scope.tenant.value, json::serialize(details)}, now);
        };
        if (matching) {
            const auto changed = domain::change_match_policy(tx, *matching, now);
            if (!changed) return std::unexpected(changed.error());
            record("policy.match_changed", to_json(*changed));
        }
        if (liveness) {
            const auto changed = domain::change_liveness_policy(tx, *liveness, now);
            if (!changed) return std::unexpected(changed.error());
            record("policy.liveness_changed", to_json(*changed));
        }
        return TenantSettings{domain::match_policy(tx), domain::liveness_policy(tx)};
    });
}

std::vector<domain::ApiKey> Administration::keys(const std::optional<TenantId>& tenant) const {
    return database_.read_system([&](sql::SystemTx& tx) { return domain::list_keys(tx, tenant); });
}

Result<domain::CreatedKey> Administration::create_key(const std::string& actor, const KeyOrder& order) {
    return database_.write_system([&](sql::SystemTx& tx) -> Result<domain::CreatedKey> {
        const TimeMs now = clock_.now();
        std::optional<TimeMs> expires_at;
        if (order.expires_days > 0) expires_at = now + std::chrono::hours(24) * order.expires_days;
        const auto kind = order.publishable ? domain::KeyKind::kPublishable : domain::KeyKind::kSecret;
        auto created = domain::create_key(tx, random_, order.scope, order.name, expires_at, now, kind);
        if (!created) return created;
        auto of_tenant = tx.of(order.scope);
        const json::object details{{"key_id", created->key.id.value},
                                   {"expires_days", order.expires_days},
                                   {"publishable", order.publishable}};
        audit_.append(of_tenant, {actor, "key.created", created->key.id.value, json::serialize(details)}, now);
        return created;
    });
}

Result<domain::ApiKey> Administration::revoke_key(const std::string& actor, const KeyId& id) {
    return database_.write_system([&](sql::SystemTx& tx) -> Result<domain::ApiKey> {
        const TimeMs now = clock_.now();
        auto revoked = domain::revoke_key(tx, id, now);
        if (!revoked) return revoked;
        auto of_tenant = tx.of(revoked->scope);
        audit_.append(of_tenant, {actor, "key.revoked", id.value, json::serialize(json::object{{"key_id", id.value}})},
                      now);
        return revoked;
    });
}

std::vector<domain::AdminToken> Administration::tokens() const {
    return database_.read_system([&](sql::SystemTx& tx) { return domain::list_admin_tokens(tx, clock_.now()); });
}

Result<domain::CreatedAdminToken> Administration::create_token(const std::string& actor, const std::string& name,
                                                               int days) {
    return database_.write_system([&](sql::SystemTx& tx) -> Result<domain::CreatedAdminToken> {
        const TimeMs now = clock_.now();
        auto created = domain::create_admin_token(tx, random_, name, days, now);
        if (!created) return created;
        auto of_server = tx.of(domain::server_scope());
        const json::object details{{"token_id", created->token.id}, {"days", days}};
        audit_.append(of_server, {actor, "admin_token.created", created->token.id, json::serialize(details)}, now);
        return created;
    });
}

Result<domain::AdminToken> Administration::revoke_token(const std::string& actor, const std::string& id) {
    return database_.write_system([&](sql::SystemTx& tx) -> Result<domain::AdminToken> {
        const TimeMs now = clock_.now();
        auto revoked = domain::revoke_admin_token(tx, id, now);
        if (!revoked) return revoked;
        auto of_server = tx.of(domain::server_scope());
        const json::object details{{"token_id", id}};
        audit_.append(of_server, {actor, "admin_token.revoked", id, json::serialize(details)}, now);
        return revoked;
    });
}

Result<domain::AdminToken> Administration::authenticate(std::string_view text) {
    const TimeMs now = clock_.now();
    auto token = database_.read_system([&](sql::SystemTx& tx) { return domain::authenticate_admin(tx, text, now); });
    if (token && (!token->last_used_at || *token->last_used_at + kTouchEvery <= now)) {
        database_.write_system([&](sql::SystemTx& tx) { domain::touch_admin_token(tx, token->id, now); });
    }
    return token;
}

Result<AttemptRecords> Administration::attempt(const std::string& id, const std::optional<std::string>& tenant,
                                               const std::optional<std::string>& environment) const {
    for (const Scope& scope : database_.read_system([](sql::SystemTx& tx) { return domain::audited_scopes(tx); })) {
        const bool asked = (!tenant || scope.tenant.value == *tenant) &&
                           (!environment || *environment == facegate::name_of(scope.environment));
        if (!asked) continue;
        auto records = database_.read(scope, [&](sql::TenantTx& tx) { return domain::find_attempt(tx, audit_, id); });
        if (!records.empty()) return AttemptRecords{scope, std::move(records)};
    }
    return fail(ErrorCode::kNotFound, "No audit record has to do with that id");
}

std::vector<domain::AuditRecord> Administration::search_audit(const Scope& scope, const domain::AuditFilter& filter,
                                                              int limit) const {
    return database_.read(scope, [&](sql::TenantTx& tx) { return domain::search_audit(tx, audit_, filter, limit); });
}

std::vector<domain::Plan> load_plans(const std::string& path) {
    if (path.empty()) return domain::default_plans();
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error || size > kMaxPlansBytes) {
        throw std::runtime_error("--plans " + path + ": cannot be read, or is over 256 KiB");
    }
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    auto plans = domain::parse_plans(text.str());
    if (!file || !plans) {
        throw std::runtime_error("--plans " + path + ": " + (plans ? "cannot be read" : plans.error().message));
    }
    return std::move(*plans);
}

}  // namespace facegate::app
