#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "domain/admin_tokens/admin_token.h"
#include "domain/audit/audit.h"
#include "domain/audit/audit_search.h"
#include "domain/keys/api_key.h"
#include "domain/plans/plan.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"
#include "domain/tenants/tenant.h"
#include "sql/database.h"

namespace facegate::app {

/// How sure a match must be and what proves a living person, of one tenant's environment.
struct TenantSettings {
    domain::MatchPolicy matching;
    domain::LivenessPolicy liveness;
};

/// A key to be created.
struct KeyOrder {
    Scope scope;
    std::string name;
    int expires_days = 0;  ///< 0: never
    bool publishable = false;
};

/// One sign-in or enrollment as the audit record tells it.
struct AttemptRecords {
    Scope scope;
    std::vector<domain::AuditRecord> records;  ///< oldest first, at least one
};

/// What an operator does with a server, behind both the command line and the administration's listener. Every change is
/// in the audit record with its actor: that of the tenant (both environments, where it concerns both) or, for admin
/// tokens, the server's own. Thread-safe; what it was built with must outlive it.
class Administration {
public:
    Administration(sql::Database& database, const domain::Vault& vault, Random& random, Clock& clock,
                   std::vector<domain::Plan> plans)
        : database_(database), vault_(vault), random_(random), clock_(clock), audit_(vault), plans_(std::move(plans)) {}

    /// Oldest first.
    [[nodiscard]] std::vector<domain::Tenant> tenants() const;
    /// kNotFound.
    [[nodiscard]] Result<domain::Tenant> tenant(const TenantId& id) const;
    /// Makes it with `change`'s members; the name is needed. Errors of domain::create_tenant and change_tenant.
    Result<domain::Tenant> create_tenant(const std::string& actor, const domain::TenantChange& wanted);
    /// kNotFound; kValidationFailed, also for an unknown plan.
    Result<domain::Tenant> change_tenant(const std::string& actor, const TenantId& id,
                                         const domain::TenantChange& change);

    /// kNotFound if there is no such tenant.
    [[nodiscard]] Result<TenantSettings> settings(const Scope& scope) const;
    /// Changes what is given, all or nothing. kNotFound; kValidationFailed.
    Result<TenantSettings> change_settings(const std::string& actor, const Scope& scope,
                                           const std::optional<domain::MatchPolicyChange>& matching,
                                           const std::optional<domain::LivenessPolicyChange>& liveness);

    [[nodiscard]] std::vector<domain::ApiKey> keys(const std::optional<TenantId>& tenant) const;
    /// Errors of domain::create_key.
    Result<domain::CreatedKey> create_key(const std::string& actor, const KeyOrder& order);
    /// kNotFound.
    Result<domain::ApiKey> revoke_key(const std::string& actor, const KeyId& id);

    [[nodiscard]] const std::vector<domain::Plan>& plans() const { return plans_; }

    [[nodiscard]] std::vector<domain::AdminToken> tokens() const;
    /// Errors of domain::create_admin_token.
    Result<domain::CreatedAdminToken> create_token(const std::string& actor, const std::string& name, int days);
    /// kNotFound.
    Result<domain::AdminToken> revoke_token(const std::string& actor, const std::string& id);
    /// kUnauthorized.
    Result<domain::AdminToken> authenticate(std::string_view text);

    /// The records of one attempt (domain::find_attempt), of the first scope that has any. kNotFound.
    [[nodiscard]] Result<AttemptRecords> attempt(const std::string& id, const std::optional<std::string>& tenant,
                                                 const std::optional<std::string>& environment) const;
    /// Newest first. Nobody checks that there is such a tenant: the server's own chain is read so too.
    [[nodiscard]] std::vector<domain::AuditRecord> search_audit(const Scope& scope, const domain::AuditFilter& filter,
                                                                int limit) const;

private:
    [[nodiscard]] Result<void> check_plan(const std::optional<std::string>& plan) const;
    void record_for_tenant(sql::SystemTx& tx, const std::string& actor, const char* action, const TenantId& tenant,
                           const domain::TenantChange& change, TimeMs now) const;

    sql::Database& database_;
    const domain::Vault& vault_;
    Random& random_;
    Clock& clock_;
    domain::AuditTrail audit_;
    std::vector<domain::Plan> plans_;
};

/// The plans that the file at `path` tells; without one, `unlimited` alone. Throws std::runtime_error naming the file
/// if it cannot be read or is wrong.
std::vector<domain::Plan> load_plans(const std::string& path);

}  // namespace facegate::app
