#pragma once

#include <boost/json.hpp>
#include <string>

#include "api/route_table.h"

namespace facegate::api {

struct OpenApiInfo {
    std::string title;
    std::string version;
    std::string description;
    std::string server_url;  ///< where the API is reached
    /// The administration's: it takes admin tokens instead of API keys, knows no `Idempotency-Key`, and limits nothing
    /// but wrong tokens.
    bool administration = false;
};

/// The OpenAPI 3.1 document of all routes that want to be in it, in the order of the table; the same table gives the
/// same text. Throws std::logic_error if two different types have the same name.
boost::json::object openapi_document(const RouteTable& routes, const OpenApiInfo& info);

}  // namespace facegate::api
