#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace facegate::http {

/// What the listener adds to an answer.
struct Delivery {
    std::string_view request_id;
    bool keep_alive = false;
    bool head_only = false;  ///< the request was HEAD: everything but the body
};

/// Status line and headers, with the empty line. A header with a name or value that could not be sent safely
/// (not a token; CR, LF or NUL) and those that belong to the listener are left out; the former is logged.
std::string response_head(const Response& response, const Delivery& delivery);

/// The answer that accepts a WebSocket (RFC 6455, 4.2.2); `key` is the request's Sec-WebSocket-Key.
std::string switching_protocols_head(std::string_view key, std::string_view request_id);

/// False for statuses that never carry a body (1xx, 204, 304).
bool may_have_body(unsigned status);

/// The current time as an IMF-fixdate (RFC 9110), e.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string http_date(std::int64_t unix_seconds);

/// True for what is taken over from a caller: 1 to 128 of A-Z a-z 0-9 `.` `_` `-`.
bool is_sane_request_id(std::string_view text);

}  // namespace facegate::http
