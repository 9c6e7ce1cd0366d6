#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/audit/audit.h"
#include "sql/database.h"

namespace facegate::domain {

/// What the audit record holds of one thing that was done.
struct SubjectRecord {
    std::int64_t seq = 0;
    TimeMs created_at;
    std::string actor;
    std::string action;
    std::string details;  ///< JSON text
};

/// Records about one subject, such as a user's id, in order, at most `limit`, with a number above `after`.
std::vector<SubjectRecord> records_about(sql::TenantTx& tx, const AuditTrail& audit, std::string_view subject,
                                         std::int64_t after, int limit);

}  // namespace facegate::domain
