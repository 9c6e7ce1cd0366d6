#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/schema.h"
#include "domain/admin_tokens/admin_token.h"
#include "domain/keys/api_key.h"
#include "domain/plans/plan.h"
#include "domain/tenants/tenant.h"

namespace facegate::app {

/// What the administration shows, over HTTP and as `--json` of its commands.

struct TenantItem {
    TenantId id;
    std::string name;
    std::string status;
    std::vector<std::string> allowed_origins;
    std::string default_role;
    bool publishable_enroll = false;
    int retention_days = 0;
    std::string plan;
    TimeMs created_at;

    static TenantItem of(const domain::Tenant& tenant);
    static const api::Schema<TenantItem>& schema();
};

struct KeyItem {
    KeyId id;
    TenantId tenant_id;
    std::string environment;
    bool publishable = false;
    std::string name;
    TimeMs created_at;
    std::optional<TimeMs> last_used_at;
    std::optional<TimeMs> expires_at;
    std::optional<TimeMs> revoked_at;
    std::optional<std::string> key;  ///< only at creation

    static KeyItem of(const domain::ApiKey& key);
    static const api::Schema<KeyItem>& schema();
};

struct AdminTokenItem {
    std::string id;
    std::string name;
    TimeMs created_at;
    TimeMs expires_at;
    std::optional<TimeMs> last_used_at;
    std::optional<TimeMs> revoked_at;
    std::optional<std::string> token;  ///< only at creation

    static AdminTokenItem of(const domain::AdminToken& token);
    static const api::Schema<AdminTokenItem>& schema();
};

struct PlanItem {
    std::string name;
    boost::json::object limits;

    static PlanItem of(const domain::Plan& plan);
    static const api::Schema<PlanItem>& schema();
};

}  // namespace facegate::app
