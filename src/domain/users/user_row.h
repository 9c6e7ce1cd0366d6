#pragma once

#include <string_view>

#include "domain/users/user.h"

namespace facegate::domain {

/// Reads whole users out of rows; ends in a condition, so more can follow with ` AND …`. `u` is the users' table, `p`
/// the profiles'. Private to the folder.
extern const std::string_view kSelectUsers;
User user_in(const sql::Row& row);

}  // namespace facegate::domain
