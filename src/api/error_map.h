#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace facegate::api {

/// How one ErrorCode leaves the server.
struct ErrorRow {
    ErrorCode code;
    unsigned status;
    std::string_view name;  ///< the `error` member of the answer
    std::string_view doc;   ///< one sentence for the error reference
};

/// One row for every ErrorCode, in the order of the enum.
std::span<const ErrorRow> error_table();
const ErrorRow& error_row(ErrorCode code);

/// `{ "error", "message", "request_id", "details"? }`. `details` is the list of issues after a failed validation, else
/// an object of Error::details.
boost::json::object error_body(const Error& error, std::string_view request_id);

/// The whole answer: status and body, `Retry-After` with 429 and 503 (`details.retry_after_seconds`, else 1),
/// `WWW-Authenticate` with 401.
http::Response to_response(const Error& error, std::string_view request_id);

/// The error reference, docs/errors.md, as generated from the table.
std::string error_reference_markdown();

}  // namespace facegate::api
