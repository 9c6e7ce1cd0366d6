#include "app/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <stdexcept>

#include "app/admin/policy_json.h"
#include "app/command_session.h"
#include "domain/keys/api_key.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"
#include "domain/tenants/tenant.h"

namespace facegate::app {

namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<TimeMs>& time) {
    return time ? json::value(to_iso8601(*time)) : json::value(nullptr);
}

json::object to_json(const domain::Tenant& tenant) {
    json::array origins;
    for (const std::string& origin : tenant.allowed_origins) origins.emplace_back(origin);
    return {{"id", tenant.id.value},
            {"name", tenant.name},
            {"status", domain::name_of(tenant.status)},
            {"allowed_origins", std::move(origins)},
            {"default_role", tenant.default_role},
            {"plan", tenant.plan},
            {"created_at", to_iso8601(tenant.created_at)}};
}

json::object to_json(const domain::ApiKey& key) {
    return {{"id", key.id.value},
            {"tenant_id", key.scope.tenant.value},
            {"environment", name_of(key.scope.environment)},
            {"publishable", key.kind == domain::KeyKind::kPublishable},
            {"name", key.name},
            {"created_at", to_iso8601(key.created_at)},
            {"last_used_at", time_or_null(key.last_used_at)},
            {"expires_at", time_or_null(key.expires_at)},
            {"revoked_at", time_or_null(key.revoked_at)}};
}

Scope scope_of(const std::string& tenant, const std::string& environment) {
    return {TenantId(tenant), environment == "live" ? Environment::kLive : Environment::kTest};
}

/// The scope of a tenant that is there.
Scope known_scope(sql::Database& database, const std::string& tenant, const std::string& environment) {
    const auto tenants = database.read_system([](sql::SystemTx& tx) { return domain::list_tenants(tx); });
    if (std::ranges::find(tenants, TenantId(tenant), &domain::Tenant::id) == tenants.end()) {
        throw std::runtime_error("there is no tenant " + tenant + "; see: facegate tenant list");
    }
    return scope_of(tenant, environment);
}

void print_tenant(const domain::Tenant& tenant, bool as_json) {
    if (as_json) return print_json(to_json(tenant));
    std::cout << fmt::format("{}  {:<9}  {}\n", tenant.id.value, domain::name_of(tenant.status), tenant.name);
    for (const std::string& origin : tenant.allowed_origins) std::cout << "  origin " << origin << '\n';
}

void change(const std::string& data_dir, bool as_json, const std::string& id, const domain::TenantChange& change) {
    CommandSession session(data_dir);
    print_tenant(value_or_throw(session.administration().change_tenant(kCommandActor, TenantId(id), change)), as_json);
}

std::string day_or_dash(const std::optional<TimeMs>& time) {
    return time ? to_iso8601(*time).substr(0, 16) : "-";
}

}  // namespace

void create_tenant(const std::string& data_dir, bool as_json, const std::string& name,
                   const std::vector<std::string>& origins) {
    CommandSession session(data_dir);
    domain::TenantChange wanted;
    wanted.name = name;
    wanted.allowed_origins = origins;
    const domain::Tenant tenant = value_or_throw(session.administration().create_tenant(kCommandActor, wanted));
    print_tenant(tenant, as_json);
    if (!as_json) std::cout << "Next: facegate key create --tenant " << tenant.id.value << " --env test\n";
}

void list_tenants(const std::string& data_dir, bool as_json) {
    CommandSession session(data_dir);
    const auto tenants = session.database().read_system([](sql::SystemTx& tx) { return domain::list_tenants(tx); });
    if (as_json) {
        json::array list;
        for (const domain::Tenant& tenant : tenants) list.push_back(to_json(tenant));
        return print_json(list);
    }
    if (tenants.empty()) std::cout << "No tenants yet. Create one: facegate tenant create NAME\n";
    for (const domain::Tenant& tenant : tenants) print_tenant(tenant, false);
}

void suspend_tenant(const std::string& data_dir, bool as_json, const std::string& id) {
    change(data_dir, as_json, id, {.status = domain::TenantStatus::kSuspended});
}

void resume_tenant(const std::string& data_dir, bool as_json, const std::string& id) {
    change(data_dir, as_json, id, {.status = domain::TenantStatus::kActive});
}

void set_tenant_origins(const std::string& data_dir, bool as_json, const std::string& id,
                        const std::vector<std::string>& origins) {
    change(data_dir, as_json, id, {.allowed_origins = origins});
}

void change_matching(const std::string& data_dir, bool as_json, const MatchingChange& change) {
    CommandSession session(data_dir);
    const Scope scope = known_scope(session.database(), change.tenant, change.environment);
    const domain::MatchPolicyChange wanted{change.target_fmr, change.target_fpir, change.duplicate_fmr,
                                           change.learning};
    const bool shows_only =
        !wanted.target_fmr && !wanted.target_fpir && !wanted.duplicate_fmr && !wanted.learn_templates;
    const domain::MatchPolicy policy =
        shows_only
            ? session.database().read(scope, [](sql::TenantTx& tx) { return domain::match_policy(tx); })
            : value_or_throw(session.administration().change_settings(kCommandActor, scope, wanted, {})).matching;
    if (as_json) return print_json(to_json(policy));
    std::cout << fmt::format(
        "target_fmr       {:<8g}  1:1 with a claim: accepted probability of a false match\n"
        "target_fpir      {:<8g}  search: accepted probability that a stranger is taken for anyone\n"
        "duplicate_fmr    {:<8g}  enrollment: below it a newcomer counts as enrolled already\n"
        "learn_templates  {:<8}  whether very sure sign-ins improve a person's template\n",
        policy.target_fmr, policy.target_fpir, policy.duplicate_fmr, policy.learn_templates ? "on" : "off");
}

void change_liveness(const std::string& data_dir, bool as_json, const LivenessChange& change) {
    domain::LivenessPolicyChange wanted{{}, change.movement_step_up, change.min_confidence};
    if (change.challenge) {
        wanted.challenge = domain::challenge_choice(*change.challenge);
        if (!wanted.challenge) throw std::invalid_argument("--challenge is movement_and_light or movement_allowed");
    }
    CommandSession session(data_dir);
    const Scope scope = known_scope(session.database(), change.tenant, change.environment);
    const bool shows_only = !wanted.challenge && !wanted.movement_step_up && !wanted.min_confidence;
    const domain::LivenessPolicy policy =
        shows_only
            ? session.database().read(scope, [](sql::TenantTx& tx) { return domain::liveness_policy(tx); })
            : value_or_throw(session.administration().change_settings(kCommandActor, scope, {}, wanted)).liveness;
    if (as_json) return print_json(to_json(policy));
    std::cout << fmt::format(
        "challenge         {:<18}  movement_allowed: a client may ask for a check without flashing light\n"
        "movement_step_up  {:<18}  whether a sign-in by movement alone gets a step-up token only\n"
        "min_confidence    {:<18g}  of a living person, 90 to 100\n",
        domain::name_of(policy.challenge), policy.movement_step_up ? "yes" : "no", policy.min_confidence);
}

void create_key(const std::string& data_dir, bool as_json, const NewKey& key) {
    CommandSession session(data_dir);
    const KeyOrder order{scope_of(key.tenant, key.environment), key.name, key.expires_days, key.publishable};
    const domain::CreatedKey created = value_or_throw(session.administration().create_key(kCommandActor, order));
    if (as_json) {
        json::object object = to_json(created.key);
        object["key"] = created.text;
        return print_json(object);
    }
    std::cout << created.text << '\n';
    std::cerr << "This is the only time the key is shown. Its id is " << created.key.id.value << ".\n";
}

void list_keys(const std::string& data_dir, bool as_json, const std::string& tenant) {
    CommandSession session(data_dir);
    std::optional<TenantId> of;
    if (!tenant.empty()) of = TenantId(tenant);
    const auto keys = session.database().read_system([&](sql::SystemTx& tx) { return domain::list_keys(tx, of); });
    if (as_json) {
        json::array list;
        for (const domain::ApiKey& key : keys) list.push_back(to_json(key));
        return print_json(list);
    }
    std::cout << fmt::format("{:<26}  {:<26}  {:<4}  {:<11}  {:<16}  {:<16}  {:<16}  {:<16}  {}\n", "KEY", "TENANT",
                             "ENV", "KIND", "CREATED", "LAST USED", "EXPIRES", "REVOKED", "NAME");
    for (const domain::ApiKey& key : keys) {
        std::cout << fmt::format("{:<26}  {:<26}  {:<4}  {:<11}  {:<16}  {:<16}  {:<16}  {:<16}  {}\n", key.id.value,
                                 key.scope.tenant.value, name_of(key.scope.environment),
                                 key.kind == domain::KeyKind::kPublishable ? "publishable" : "secret",
                                 day_or_dash(key.created_at), day_or_dash(key.last_used_at),
                                 day_or_dash(key.expires_at), day_or_dash(key.revoked_at), key.name);
    }
}

void revoke_key(const std::string& data_dir, bool as_json, const std::string& id) {
    CommandSession session(data_dir);
    const domain::ApiKey key = value_or_throw(session.administration().revoke_key(kCommandActor, KeyId(id)));
    if (as_json) return print_json(to_json(key));
    std::cout << key.id.value << " is revoked.\n";
}

}  // namespace facegate::app
