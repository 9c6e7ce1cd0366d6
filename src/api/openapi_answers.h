#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "api/endpoint.h"

namespace facegate::api {

/// The part of the OpenAPI document that tells what a route answers.

/// `{"$ref": "#/components/schemas/<name>"}`
boost::json::object schema_reference(std::string_view name);

/// Whether the route is for callers with a key.
bool needs_key(const Route& route);
/// Whether an `Idempotency-Key` makes it happen once.
bool is_idempotent_by_key(const Route& route, bool administration);

/// The operation's `responses`: success, and by status every error that the route declares or that every route of its
/// kind can answer, each with an example as the server writes it.
boost::json::object responses_of(const Route& route, bool administration);

/// The schema of every error answer, and of one issue in it.
boost::json::object error_schema();
boost::json::object issue_schema();
/// What the responses refer to under `#/components/headers`.
boost::json::object header_components(bool administration);

/// An error as `route` would answer it, with the details that errors of this code have; of a failed validation, the
/// issues of a request that is wrong.
Error example_error(ErrorCode code, const Route& route);

}  // namespace facegate::api
