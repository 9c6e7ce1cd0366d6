#include "app/admin/admin_answers.h"

namespace facegate::app {

using api::field;
using api::Schema;

TenantItem TenantItem::of(const domain::Tenant& tenant) {
    return {tenant.id,
            tenant.name,
            std::string(domain::name_of(tenant.status)),
            tenant.allowed_origins,
            tenant.default_role,
            tenant.publishable_enroll,
            tenant.retention_days,
            tenant.plan,
            tenant.created_at};
}

const Schema<TenantItem>& TenantItem::schema() {
    static const Schema<TenantItem> kSchema(
        "Tenant",
        {field("id", &TenantItem::id, "The tenant's id.").example("ten_6Fd1hPs4VbNq8Wj2KtGr7A"),
         field("name", &TenantItem::name, "What it is called."),
         field("status", &TenantItem::status, "A suspended tenant's keys are answered 403.")
             .one_of({"active", "suspended"}),
         field("allowed_origins", &TenantItem::allowed_origins, "Web origins that may use the tenant's keys."),
         field("default_role", &TenantItem::default_role, "Role of users where the caller may not choose it."),
         field("publishable_enroll", &TenantItem::publishable_enroll,
               "Whether people may enroll themselves, with a publishable key."),
         field("retention_days", &TenantItem::retention_days,
               "Templates that nobody used for so many days are destroyed."),
         field("plan", &TenantItem::plan, "Name of the tenant's plan."),
         field("created_at", &TenantItem::created_at, "When it was created.")});
    return kSchema;
}

KeyItem KeyItem::of(const domain::ApiKey& key) {
    return {key.id,
            key.scope.tenant,
            facegate::name_of(key.scope.environment),
            key.kind == domain::KeyKind::kPublishable,
            key.name,
            key.created_at,
            key.last_used_at,
            key.expires_at,
            key.revoked_at,
            {}};
}

const Schema<KeyItem>& KeyItem::schema() {
    static const Schema<KeyItem> kSchema(
        "ApiKey",
        {field("id", &KeyItem::id, "The key's id; not its text.").example("key_3Bv7kDz2MfXs9Lh5RyTc6G"),
         field("tenant_id", &KeyItem::tenant_id, "Whose key it is."),
         field("environment", &KeyItem::environment, "Which of the tenant's environments it opens.")
             .one_of({"test", "live"}),
         field("publishable", &KeyItem::publishable, "Whether it is one for web pages and apps; otherwise secret."),
         field("name", &KeyItem::name, "What it is for."),
         field("created_at", &KeyItem::created_at, "When it was made."),
         field("last_used_at", &KeyItem::last_used_at, "To the minute; null if never.").nullable(),
         field("expires_at", &KeyItem::expires_at, "Null: when it is revoked.").nullable(),
         field("revoked_at", &KeyItem::revoked_at, "Null if it was not.").nullable(),
         field("key", &KeyItem::key, "The key's text: at its creation, once.").omit_if_empty()});
    return kSchema;
}

AdminTokenItem AdminTokenItem::of(const domain::AdminToken& token) {
    return {token.id, token.name, token.created_at, token.expires_at, token.last_used_at, token.revoked_at, {}};
}

const Schema<AdminTokenItem>& AdminTokenItem::schema() {
    using Item = AdminTokenItem;
    static const Schema<Item> kSchema(
        "AdminToken",
        {field("id", &Item::id, "The token's id; not its text.").example("adm_8Kx2vNq6HtBz4Ls9RwYd1F"),
         field("name", &Item::name, "Who uses it."), field("created_at", &Item::created_at, "When it was made."),
         field("expires_at", &Item::expires_at, "Until when it is valid."),
         field("last_used_at", &Item::last_used_at, "To the minute; null if never.").nullable(),
         field("revoked_at", &Item::revoked_at, "Null if it was not.").nullable(),
         field("token", &Item::token, "The token's text: at its creation, once.").omit_if_empty()});
    return kSchema;
}

PlanItem PlanItem::of(const domain::Plan& plan) {
    PlanItem item{plan.name, {}};
    for (const auto& [name, amount] : plan.limits) item.limits[name] = amount;
    return item;
}

const Schema<PlanItem>& PlanItem::schema() {
    static const Schema<PlanItem> kSchema("Plan",
                                          {field("name", &PlanItem::name, "What tenants are assigned by."),
                                           field("limits", &PlanItem::limits, "As configured, numbers by name.")});
    return kSchema;
}

}  // namespace facegate::app
