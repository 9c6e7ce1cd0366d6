#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/page_position.h"
#include "domain/users/user.h"
#include "sql/database.h"

namespace facegate::domain {

/// Which users a list shows; what is not given does not narrow it.
struct UserFilter {
    std::optional<UserStatus> status = {};
    std::optional<std::string> external_id = {};
    std::optional<std::string> text = {};  ///< part of the name or the email address, in any case
    bool possible_duplicate = false;       ///< only those who were enrolled although their face resembled another's
};

struct UserPage {
    std::vector<User> users;
    std::optional<PagePosition> next;  ///< where the next page begins; nothing at the end
};

/// Oldest first, at most `limit`, from the one behind `after`. A search by text looks at 100,000 users at a time at
/// most: a page of it may be short, even empty, and still have a next one.
UserPage list_users(sql::TenantTx& tx, const UserFilter& filter, const std::optional<PagePosition>& after, int limit);

}  // namespace facegate::domain
