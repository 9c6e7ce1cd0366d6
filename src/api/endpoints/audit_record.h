#pragma once

#include <optional>
#include <string>

#include "api/schema.h"
#include "domain/audit/audit_search.h"

namespace facegate::api {

/// One record of the audit chain, as tenants and administrators see it.
struct AuditRecordItem {
    std::int64_t number = 0;
    TimeMs at;
    std::string actor;
    std::string action;
    std::optional<std::string> subject;
    std::string subject_hash;
    boost::json::object details;
    std::string hash;

    static AuditRecordItem of(const domain::AuditRecord& record);
    static const Schema<AuditRecordItem>& schema();
};

/// What narrows a search in the audit record.
struct AuditSearch {
    std::optional<std::string> action;
    std::optional<std::string> actor;
    std::optional<std::string> user_id;
    std::optional<std::string> subject;
    std::optional<std::string> request_id;
    std::optional<TimeMs> from;
    std::optional<TimeMs> to;
    int limit = 50;
    std::optional<std::string> cursor;

    static const Schema<AuditSearch>& schema();
};

struct AuditAnswer {
    std::vector<AuditRecordItem> records;
    std::optional<std::string> next_cursor;

    /// `records` may hold one more than were asked for: then there is a next page.
    static AuditAnswer of(const std::vector<domain::AuditRecord>& records, int limit, const domain::Vault& vault,
                          const Scope& scope);
    static const Schema<AuditAnswer>& schema();
};

/// The same as the domain asks it. kValidationFailed for a cursor of another list.
Result<domain::AuditFilter> audit_filter(const AuditSearch& search, const domain::Vault& vault, const Scope& scope);

}  // namespace facegate::api
