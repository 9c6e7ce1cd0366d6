#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/route_table.h"
#include "app/admin/administration.h"
#include "app/admin/doctor.h"

namespace facegate::app {

/// Everything under /admin/v1. The caller's key id is the admin token's. `examine` is what /admin/v1/doctor tells.
void add_admin_routes(api::RouteTable& routes, Administration& administration, const domain::Vault& vault,
                      std::function<std::vector<Finding>()> examine);

/// /openapi.json, which describes the routes so far; `url` is where they are reached.
void add_admin_document(api::RouteTable& routes, const std::string& url);

}  // namespace facegate::app
