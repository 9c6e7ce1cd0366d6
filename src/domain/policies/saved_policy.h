#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "base/clock.h"
#include "sql/database.h"

namespace facegate::domain {

/// What was saved of the policy of one type ("match", "liveness", "rotation", …), for this tenant and environment;
/// empty if nothing.
boost::json::object saved_policy(sql::TenantTx& tx, std::string_view type);
bool has_saved_policy(sql::TenantTx& tx, std::string_view type);
/// Saves it, in place of what was there.
void save_policy(sql::TenantTx& tx, std::string_view type, const boost::json::object& config, TimeMs now);

}  // namespace facegate::domain
