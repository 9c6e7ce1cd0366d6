#include "app/admin/admin_routes.h"

#include <chrono>
#include <memory>
#include <mutex>

#include "api/json_writer.h"
#include "api/openapi.h"
#include "app/admin/admin_requests.h"
#include "app/admin/doctor_answer.h"
#include "app/admin/explanation.h"

namespace facegate::app {

namespace {

using api::Auth;
using api::Call;
using api::Nothing;
using api::RouteInfo;
using api::RouteTable;

constexpr const char* kTenants = "Tenants";
constexpr const char* kKeys = "Keys";
constexpr const char* kRecord = "Audit";
constexpr const char* kTokens = "Admin tokens";
constexpr const char* kServer = "Server";

constexpr std::chrono::minutes kDoctorDeadline{2};

RouteInfo route(const char* method, const char* path, const char* summary, const char* tag) {
    RouteInfo info;
    info.method = method;
    info.path = path;
    info.summary = summary;
    info.tag = tag;
    info.auth = Auth::kSecretKey;
    return info;
}

RouteInfo route_to_one(const char* method, const char* path, const char* summary, const char* tag) {
    RouteInfo info = route(method, path, summary, tag);
    info.errors = {ErrorCode::kNotFound};
    return info;
}

template <class Item, class Rows>
ListOf<Item> list_of(const Rows& rows) {
    ListOf<Item> list;
    for (const auto& row : rows) list.items.push_back(Item::of(row));
    return list;
}

template <class Item, class Row>
Result<Item> item_of(const Result<Row>& row) {
    if (!row) return std::unexpected(row.error());
    return Item::of(*row);
}

void add_tenant_routes(RouteTable& routes, Administration& admin) {
    routes.add<Nothing, ListOf<TenantItem>>(
        route("GET", "/admin/v1/tenants", "List tenants", kTenants),
        [&admin](Call<Nothing>&) -> Result<ListOf<TenantItem>> { return list_of<TenantItem>(admin.tenants()); });

    RouteInfo create = route("POST", "/admin/v1/tenants", "Create a tenant", kTenants);
    create.success_status = 201;
    create.doc = "Needs a name.";
    routes.add<TenantRequest, TenantItem>(create, [&admin](Call<TenantRequest>& call) {
        return item_of<TenantItem>(admin.create_tenant(call.caller.key.value, call.body.change()));
    });
    routes.add<Nothing, TenantItem>(
        route_to_one("GET", "/admin/v1/tenants/:id", "Get a tenant", kTenants),
        [&admin](Call<Nothing>& call) { return item_of<TenantItem>(admin.tenant(TenantId(call.param("id")))); });

    RouteInfo change = route_to_one("PATCH", "/admin/v1/tenants/:id", "Change a tenant", kTenants);
    change.doc = "Name, status (suspend and resume), origins, default role, plan; what is left out stays.";
    routes.add<TenantRequest, TenantItem>(change, [&admin](Call<TenantRequest>& call) {
        return item_of<TenantItem>(
            admin.change_tenant(call.caller.key.value, TenantId(call.param("id")), call.body.change()));
    });

    const auto scope_of = [](const api::CallContext& call, const std::string& environment) {
        return Scope{TenantId(call.param("id")), environment_named(environment)};
    };
    routes.add<EnvironmentRequest, SettingsItem>(
        route_to_one("GET", "/admin/v1/tenants/:id/settings", "A tenant's matching and liveness settings", kTenants),
        [&admin, scope_of](Call<EnvironmentRequest>& call) -> Result<SettingsItem> {
            const Scope scope = scope_of(call, call.body.environment);
            const auto settings = admin.settings(scope);
            if (!settings) return std::unexpected(settings.error());
            return SettingsItem::of(scope, *settings);
        });
    routes.add<SettingsRequest, SettingsItem>(
        route_to_one("PATCH", "/admin/v1/tenants/:id/settings", "Change matching and liveness settings", kTenants),
        [&admin, scope_of](Call<SettingsRequest>& call) -> Result<SettingsItem> {
            const Scope scope = scope_of(call, call.body.environment);
            const auto settings =
                admin.change_settings(call.caller.key.value, scope, call.body.matching(), call.body.liveness());
            if (!settings) return std::unexpected(settings.error());
            return SettingsItem::of(scope, *settings);
        });
    routes.add<Nothing, ListOf<PlanItem>>(
        route("GET", "/admin/v1/plans", "List plans", kTenants),
        [&admin](Call<Nothing>&) -> Result<ListOf<PlanItem>> { return list_of<PlanItem>(admin.plans()); });
}

void add_key_routes(RouteTable& routes, Administration& admin) {
    routes.add<Nothing, ListOf<KeyItem>>(
        route_to_one("GET", "/admin/v1/tenants/:id/keys", "List a tenant's API keys", kKeys),
        [&admin](Call<Nothing>& call) -> Result<ListOf<KeyItem>> {
            const auto tenant = admin.tenant(TenantId(call.param("id")));
            if (!tenant) return std::unexpected(tenant.error());
            return list_of<KeyItem>(admin.keys(tenant->id));
        });
    RouteInfo create = route_to_one("POST", "/admin/v1/tenants/:id/keys", "Create an API key", kKeys);
    create.success_status = 201;
    create.doc = "The key is in this answer and nowhere else.";
    routes.add<KeyRequest, KeyItem>(create, [&admin](Call<KeyRequest>& call) -> Result<KeyItem> {
        const KeyOrder order{{TenantId(call.param("id")), environment_named(call.body.environment)},
                             call.body.name,
                             call.body.expires_days,
                             call.body.publishable};
        const auto created = admin.create_key(call.caller.key.value, order);
        if (!created) return std::unexpected(created.error());
        KeyItem item = KeyItem::of(created->key);
        item.key = created->text;
        return item;
    });
    RouteInfo revoke = route_to_one("DELETE", "/admin/v1/keys/:id", "Revoke an API key at once", kKeys);
    routes.add<Nothing, KeyItem>(revoke, [&admin](Call<Nothing>& call) {
        return item_of<KeyItem>(admin.revoke_key(call.caller.key.value, KeyId(call.param("id"))));
    });
}

void add_token_routes(RouteTable& routes, Administration& admin) {
    routes.add<Nothing, ListOf<AdminTokenItem>>(
        route("GET", "/admin/v1/tokens", "List admin tokens", kTokens),
        [&admin](Call<Nothing>&) -> Result<ListOf<AdminTokenItem>> { return list_of<AdminTokenItem>(admin.tokens()); });
    RouteInfo create = route("POST", "/admin/v1/tokens", "Create the next admin token", kTokens);
    create.success_status = 201;
    create.doc =
        "Two may be valid at a time: create the next one, put it to use, revoke the old one. The token is in this "
        "answer and nowhere else.";
    routes.add<TokenRequest, AdminTokenItem>(create, [&admin](Call<TokenRequest>& call) -> Result<AdminTokenItem> {
        const auto created = admin.create_token(call.caller.key.value, call.body.name, call.body.days);
        if (!created) return std::unexpected(created.error());
        AdminTokenItem item = AdminTokenItem::of(created->token);
        item.token = created->text;
        return item;
    });
    routes.add<Nothing, AdminTokenItem>(
        route_to_one("DELETE", "/admin/v1/tokens/:id", "Revoke an admin token at once", kTokens),
        [&admin](Call<Nothing>& call) {
            return item_of<AdminTokenItem>(admin.revoke_token(call.caller.key.value, call.param("id")));
        });
}

void add_record_routes(RouteTable& routes, Administration& admin, const domain::Vault& vault) {
    routes.add<AdminAuditRequest, api::AuditAnswer>(
        route("GET", "/admin/v1/audit", "Search an audit record", kRecord),
        [&admin, &vault](Call<AdminAuditRequest>& call) -> Result<api::AuditAnswer> {
            const Scope scope{TenantId(call.body.tenant_id), environment_named(call.body.environment)};
            const auto filter = api::audit_filter(call.body.search, vault, scope);
            if (!filter) return std::unexpected(filter.error());
            const int limit = call.body.search.limit;
            return api::AuditAnswer::of(admin.search_audit(scope, *filter, limit + 1), limit, vault, scope);
        });
    RouteInfo why = route_to_one("GET", "/admin/v1/why", "Why one attempt went as it did", kRecord);
    why.doc =
        "Signals with values and thresholds, the match with its rates, and the risk factors of one sign-in or "
        "enrollment.";
    routes.add<WhyRequest, Explanation>(why, [&admin](Call<WhyRequest>& call) -> Result<Explanation> {
        const auto attempt = admin.attempt(call.body.id, call.body.tenant_id, call.body.environment);
        if (!attempt) return std::unexpected(attempt.error());
        return explain(attempt->scope, attempt->records);
    });
}

void add_doctor_route(RouteTable& routes, std::function<std::vector<Finding>()> examine) {
    RouteInfo info = route("GET", "/admin/v1/doctor", "Check what the server rests on", kServer);
    info.doc =
        "Files, keys, database, packs, decoder sandbox, clock, addresses, limits: what `facegate doctor` looks at. It "
        "changes nothing and takes seconds; one check runs at a time.";
    info.deadline = kDoctorDeadline;
    const auto running = std::make_shared<std::mutex>();
    routes.add<Nothing, DoctorAnswer>(info,
                                      [running, examine = std::move(examine)](Call<Nothing>&) -> Result<DoctorAnswer> {
                                          const std::unique_lock lock(*running, std::try_to_lock);
                                          if (!lock) return fail(ErrorCode::kOverloaded, "A check is running already");
                                          return DoctorAnswer::of(examine());
                                      });
}

}  // namespace

void add_admin_routes(RouteTable& routes, Administration& administration, const domain::Vault& vault,
                      std::function<std::vector<Finding>()> examine) {
    add_tenant_routes(routes, administration);
    add_key_routes(routes, administration);
    add_token_routes(routes, administration);
    add_record_routes(routes, administration, vault);
    add_doctor_route(routes, std::move(examine));
}

void add_admin_document(RouteTable& routes, const std::string& url) {
    api::OpenApiInfo info{"FaceGate administration", FACEGATE_VERSION,
                          "For operators, on a listener of its own. Every request carries an admin token.", url};
    info.administration = true;
    const auto document = std::make_shared<const std::string>(api::write_json(api::openapi_document(routes, info)));
    RouteInfo openapi = route("GET", "/openapi.json", "This document", kServer);
    openapi.auth = Auth::kNone;
    openapi.in_openapi = false;
    routes.add_raw(openapi, [document](api::CallContext&) -> Result<http::Response> {
        http::Response response;
        response.headers = {{"Content-Type", "application/json"}};
        response.body = *document;
        return response;
    });
}

}  // namespace facegate::app
