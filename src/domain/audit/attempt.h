#pragma once

#include <string_view>
#include <vector>

#include "domain/audit/audit_search.h"

namespace facegate::domain {

/// The records of one attempt to enroll or sign in, oldest first: what its liveness check measured, and what came of
/// it. `id` is of the liveness session, of the sign-in session it led to, or the request's id. Empty if no record of
/// this scope has to do with it. At most 20.
std::vector<AuditRecord> find_attempt(sql::TenantTx& tx, const AuditTrail& trail, std::string_view id);

}  // namespace facegate::domain
