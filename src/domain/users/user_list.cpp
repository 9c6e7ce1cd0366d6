#include "domain/users/user_list.h"

#include <limits>

#include "domain/users/text_search.h"
#include "domain/users/user_row.h"

namespace facegate::domain {

namespace {

constexpr int kScanBatch = 1000;
constexpr int kMostScanned = 100'000;

/// The rest of a statement, with its parameters.
struct Condition {
    std::string sql;
    sql::Params params;

    /// Takes the value and gives the parameter that stands for it.
    std::string bind(sql::Value value) {
        params.push_back(std::move(value));
        return "$" + std::to_string(params.size() + 2);  // $1 and $2 are tenant and environment
    }
};

Condition page_condition(const UserFilter& filter, const std::optional<PagePosition>& after, int limit) {
    const PagePosition start = after.value_or(PagePosition{std::numeric_limits<std::int64_t>::min(), {}});
    Condition page;
    const std::string at = page.bind(start.at);
    page.sql = " AND (u.created_at, u.id) > (" + at + ", " + page.bind(start.id) + ")";
    if (filter.status) page.sql += " AND u.status = " + page.bind(name_of(*filter.status));
    if (filter.external_id) page.sql += " AND p.external_id = " + page.bind(*filter.external_id);
    if (filter.possible_duplicate) page.sql += " AND u.duplicate_of IS NOT NULL";
    page.sql += " ORDER BY u.created_at, u.id LIMIT " + page.bind(limit);
    return page;
}

PagePosition position_of(const User& user) {
    return {to_unix_ms(user.created_at), user.id.value};
}

/// The page without a search: one row more than asked for tells whether there is another page.
UserPage read_page(sql::TenantTx& tx, const UserFilter& filter, const std::optional<PagePosition>& after, int limit) {
    const Condition page = page_condition(filter, after, limit + 1);
    const auto rows = tx.query(std::string(kSelectUsers) + page.sql, page.params);
    UserPage found;
    for (const auto& row : rows) {
        if (found.users.size() == static_cast<std::size_t>(limit)) {
            found.next = position_of(found.users.back());
            break;
        }
        found.users.push_back(user_in(row));
    }
    return found;
}

UserPage search_page(sql::TenantTx& tx, const UserFilter& filter, std::optional<PagePosition> after, int limit) {
    const TextSearch search(*filter.text);
    UserPage found;
    for (int scanned = 0; scanned < kMostScanned; scanned += kScanBatch) {
        const Condition page = page_condition(filter, after, kScanBatch);
        const auto rows = tx.query(
            "SELECT u.created_at, u.id, p.name, p.email FROM users u JOIN user_profiles p "
            "ON p.tenant_id = u.tenant_id AND p.environment = u.environment AND p.user_id = u.id "
            "WHERE u.tenant_id = $1 AND u.environment = $2" +
                page.sql,
            page.params);
        for (const auto& row : rows) {
            if (!search.is_in(row.text(2)) && !search.is_in(row.maybe_text(3).value_or(""))) continue;
            if (found.users.size() == static_cast<std::size_t>(limit)) {
                found.next = position_of(found.users.back());
                return found;
            }
            found.users.push_back(find_user(tx, UserId(row.text(1))).value());
        }
        if (rows.size() < static_cast<std::size_t>(kScanBatch)) return found;
        after = PagePosition{rows.back().integer(0), rows.back().text(1)};
    }
    found.next = after;
    return found;
}

}  // namespace

UserPage list_users(sql::TenantTx& tx, const UserFilter& filter, const std::optional<PagePosition>& after, int limit) {
    return filter.text ? search_page(tx, filter, after, limit) : read_page(tx, filter, after, limit);
}

}  // namespace facegate::domain
