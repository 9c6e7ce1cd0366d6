#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"

namespace facegate::http {

struct RequestRecord {
    std::string_view request_id;
    std::string_view method;
    std::string_view remote_address;
    Milliseconds took{0};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
};

/// One line for an answered request: never a path, query, header or body.
void log_request(const RequestRecord& record, const Response& response);

struct SocketRecord {
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint16_t close_code = 0;  ///< sent by us; 1006: none was
};

/// One line for a WebSocket, at its end.
void log_socket(const RequestRecord& record, const SocketRecord& socket);

}  // namespace facegate::http
