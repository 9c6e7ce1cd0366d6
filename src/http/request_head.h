#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "http/message.h"

namespace facegate::http {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

/// Fills method, target, path, query and headers from a parser that has read the whole head.
/// Returns 0, or the status to refuse with: a version without what it demands, or a framing of the body that could be
/// read in two ways.
unsigned describe_head(const RequestParser& parser, Request& out);

/// True if the client waits for `100 Continue` before it sends the body.
bool expects_continue(const RequestParser& parser);

/// The Sec-WebSocket-Key of a request that asks properly for a WebSocket (RFC 6455, 4.2.1); nothing if it does not.
std::optional<std::string> websocket_key(const RequestParser& parser);

}  // namespace facegate::http
