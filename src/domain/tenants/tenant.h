#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

enum class TenantStatus { kActive, kSuspended };

/// "active" or "suspended".
std::string_view name_of(TenantStatus status);

/// For how many days templates that nobody uses are kept: at most three years, the longest that BIPA (740 ILCS 14/15)
/// allows.
inline constexpr int kMaxRetentionDays = 1095;

/// One customer.
struct Tenant {
    TenantId id;
    std::string name;
    TenantStatus status = TenantStatus::kActive;
    std::vector<std::string> allowed_origins;  ///< e.g. `https://app.example.com`; `*` allows every origin
    std::string default_role;                  ///< what a user gets where the caller may not choose
    TimeMs created_at;
    std::string plan = "unlimited";          ///< a domain::Plan's name
    bool publishable_enroll = false;         ///< people may enroll themselves, with a publishable key
    int retention_days = kMaxRetentionDays;  ///< of templates, since their last use
};

/// What to change of a tenant; what is left out stays.
struct TenantChange {
    std::optional<std::string> name = {};
    std::optional<TenantStatus> status = {};
    std::optional<std::vector<std::string>> allowed_origins = {};  ///< replaces the list
    std::optional<std::string> default_role = {};                  ///< 1-100 bytes
    std::optional<std::string> plan = {};  ///< whether there is such a plan is the caller's to check
    std::optional<bool> publishable_enroll = {};
    std::optional<int> retention_days = {};  ///< 1 to kMaxRetentionDays
};

/// The tenant of the demo pages; its rows live in Environment::kDemo and no key opens it.
TenantId demo_tenant_id();
Scope demo_scope();

/// True for `scheme://host[:port]` with http or https, lower case, without path; and for `*`.
bool is_origin(std::string_view text);

/// Creates a tenant and its data keys. kValidationFailed for an empty or over-long name (1-200 bytes of UTF-8) or an
/// origin that is none.
Result<Tenant> create_tenant(sql::SystemTx& tx, const Vault& vault, Random& random, const std::string& name,
                             const std::vector<std::string>& allowed_origins, TimeMs now);
/// Creates the demo tenant where it is missing.
void ensure_demo_tenant(sql::SystemTx& tx, const Vault& vault, TimeMs now);

/// Oldest first; without the demo tenant.
std::vector<Tenant> list_tenants(sql::SystemTx& tx);
std::optional<Tenant> find_tenant(sql::SystemTx& tx, const TenantId& id);
/// All or nothing. kNotFound; kValidationFailed for a name or role that is empty or too long, an origin that is none,
/// or days out of range.
Result<Tenant> change_tenant(sql::SystemTx& tx, const TenantId& id, const TenantChange& change);
/// kNotFound for an unknown tenant; a status it already has is no error.
Result<Tenant> set_tenant_status(sql::SystemTx& tx, const TenantId& id, TenantStatus status);
/// Replaces the list. kNotFound; kValidationFailed for an origin that is none.
Result<Tenant> set_allowed_origins(sql::SystemTx& tx, const TenantId& id, const std::vector<std::string>& origins);

/// Whether a request of this Origin may use this tenant's keys. Compared exactly, as browsers send it.
bool origin_allowed(std::span<const std::string> allowed_origins, std::string_view origin);
/// Whether some active tenant allows the origin: all that a preflight, which carries no key, can ask.
bool origin_allowed_anywhere(sql::SystemTx& tx, std::string_view origin);

/// The stored form of the list, one a line, and back.
std::string join_origins(const std::vector<std::string>& origins);
std::vector<std::string> split_origins(std::string_view lines);

}  // namespace facegate::domain
