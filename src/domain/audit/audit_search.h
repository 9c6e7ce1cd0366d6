#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/audit/audit.h"
#include "sql/database.h"

namespace facegate::domain {

/// Which records are wanted; what is left out does not narrow.
struct AuditFilter {
    std::optional<std::string> action = {};
    std::optional<std::string> actor = {};
    std::optional<std::string> subject = {};    ///< an id in the clear: the record holds its pseudonym
    std::optional<std::string> reference = {};  ///< id of a request or session the record can also be found by
    std::optional<TimeMs> from = {};            ///< at or after
    std::optional<TimeMs> to = {};              ///< before
    std::optional<std::int64_t> before = {};    ///< records with smaller numbers alone
};

/// One record as it may be shown to its tenant.
struct AuditRecord {
    std::int64_t seq = 0;
    TimeMs at;
    std::string actor;
    std::string action;
    std::optional<std::string> subject;  ///< the id, while it names a user who exists
    std::string pseudonym;               ///< of the subject; empty if there is none
    std::string details;                 ///< JSON text
    std::string hash;                    ///< hexadecimal
};

/// The scope's records, newest first, at most `limit`. Does not check the chain.
std::vector<AuditRecord> search_audit(sql::TenantTx& tx, const AuditTrail& trail, const AuditFilter& filter, int limit);

}  // namespace facegate::domain
