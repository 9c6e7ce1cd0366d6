#include "domain/sessions/session_list.h"

#include <limits>

#include "domain/time_columns.h"

namespace facegate::domain {

SessionPage list_sessions(sql::TenantTx& tx, const UserId& user, bool with_ended,
                          const std::optional<PagePosition>& after, int limit, TimeMs now) {
    const PagePosition start = after.value_or(PagePosition{std::numeric_limits<std::int64_t>::max(), {}});
    sql::Params params{user, start.at, start.id, limit + 1};
    std::string sql =
        "SELECT created_at, id FROM sessions WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 "
        "AND (created_at, id) < ($4, $5)";
    if (!with_ended) {
        sql += " AND revoked_at IS NULL AND expires_at > $7";
        params.emplace_back(to_unix_ms(now));
    }
    const auto rows = tx.query(sql + " ORDER BY created_at DESC, id DESC LIMIT $6", params);
    SessionPage page;
    for (const auto& row : rows) {
        if (page.sessions.size() == static_cast<std::size_t>(limit)) {
            const Session& last = page.sessions.back();
            page.next = PagePosition{to_unix_ms(last.created_at), last.id.value};
            break;
        }
        page.sessions.push_back(find_session(tx, SessionId(row.text(1))).value());
    }
    return page;
}

}  // namespace facegate::domain
