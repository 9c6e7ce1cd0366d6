#pragma once

#include "api/route_table.h"
#include "api/services.h"

namespace facegate::api {

/// The groups of routes that add_user_routes is made of; each in its own file.
void add_user_list_route(RouteTable& routes, Services& services);
void add_re_enroll_route(RouteTable& routes, Services& services);
void add_user_session_routes(RouteTable& routes, Services& services);
void add_device_routes(RouteTable& routes, Services& services);
void add_user_export_route(RouteTable& routes, Services& services);

}  // namespace facegate::api
