#include "domain/audit/attempt.h"

#include <boost/json.hpp>
#include <map>

namespace facegate::domain {

namespace {

constexpr int kMostRecords = 20;

/// The liveness session that the record names; empty if it names none.
std::string liveness_session_in(const AuditRecord& record) {
    boost::system::error_code error;
    const boost::json::value details = boost::json::parse(record.details, error);
    if (error || !details.is_object()) return {};
    const boost::json::value* session = details.get_object().if_contains("liveness_session");
    return session != nullptr && session->is_string() ? std::string(session->get_string()) : std::string();
}

}  // namespace

std::vector<AuditRecord> find_attempt(sql::TenantTx& tx, const AuditTrail& trail, std::string_view id) {
    std::map<std::int64_t, AuditRecord> found;
    const auto collect = [&](const std::string& of) {
        for (const bool by_reference : {false, true}) {
            AuditFilter filter;
            (by_reference ? filter.reference : filter.subject) = of;
            for (AuditRecord& record : search_audit(tx, trail, filter, kMostRecords)) {
                found.emplace(record.seq, std::move(record));
            }
        }
    };
    collect(std::string(id));
    std::string session;
    for (const auto& [seq, record] : found) {
        if (session.empty()) session = liveness_session_in(record);
    }
    if (!session.empty() && session != id) collect(session);
    std::vector<AuditRecord> records;
    for (auto& [seq, record] : found) {
        if (records.size() < static_cast<std::size_t>(kMostRecords)) records.push_back(std::move(record));
    }
    return records;
}

}  // namespace facegate::domain
