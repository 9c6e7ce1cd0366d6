#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// A person whose templates nobody used, by a verification or an enrollment, for longer than the tenant keeps them
/// (Tenant::retention_days).
struct UnusedTemplates {
    Scope scope;
    UserId user;
};
/// Of any tenant, in no order, at most `limit`.
std::vector<UnusedTemplates> unused_templates(sql::SystemTx& tx, TimeMs now, int limit);

struct TemplateExpiry {
    std::vector<FaceId> faces;  ///< what was destroyed; the face events say the same
    std::int64_t sessions_ended = 0;
};

/// Destroys the person's templates, all of them, with the data key they are sealed under: copies of the rows are as
/// unreadable as after a deletion of the user. The person stays, with a new data key, under which the origins of the
/// consents are sealed again; sessions end, kept answers and possible duplicates are forgotten. Nothing if the
/// templates were used in the meantime or are gone. The caller appends the audit record. Throws VaultFailure.
std::optional<TemplateExpiry> expire_templates(sql::TenantTx& tx, const Vault& vault, const UserId& user, TimeMs now);

}  // namespace facegate::domain
