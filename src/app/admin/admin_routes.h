#pragma once

#include <string>

#include "api/route_table.h"
#include "app/admin/administration.h"

namespace facegate::app {

/// Everything under /admin/v1, and /openapi.json, which describes it. The caller's key id is the admin token's.
void add_admin_routes(api::RouteTable& routes, Administration& administration, const domain::Vault& vault,
                      const std::string& url);

}  // namespace facegate::app
