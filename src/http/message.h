#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace facegate::http {

/// A request as the application sees it. Header names are lower case.
struct Request {
    std::string method;  ///< "GET", ...
    std::string target;  ///< as sent: path and query
    std::string path;    ///< the target up to `?`, still percent-encoded
    std::string query;   ///< after `?`, still percent-encoded
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string remote_address;  ///< of the socket, no port
    bool secure = false;         ///< came over our own TLS
    std::string request_id;      ///< the caller's if sane ([A-Za-z0-9._-]{1,128}), else fresh

    /// First header of that (lower-case) name; empty if there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct Response {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;  ///< Content-Length, Date, Connection and x-request-id are the listener's
    std::string body;
    std::string log_fields;  ///< extra members for the log line, as JSON text without braces; may be empty
    std::string route;       ///< route template for the log line, e.g. "/v1/users/:id"; never the raw path
};

/// What is to happen with a request, decided on its head alone.
struct Plan {
    std::size_t body_limit = 0;                ///< more than this is refused with `too_large`
    Milliseconds deadline{30'000};             ///< for reading the body and answering
    bool on_io_thread = false;                 ///< answer at once (health): the handler must not block
    bool is_websocket = false;                 ///< upgrade: `open_socket` is called instead of `handle`
    std::optional<Response> refuse;            ///< answer this without reading the body
};

/// One WebSocket connection, as a state machine. Calls come one at a time, on the worker pool.
class SocketPeer {
public:
    struct Output {
        std::vector<Bytes> send;              ///< binary messages, in order
        std::optional<std::uint16_t> close;   ///< then close with this code
    };
    virtual ~SocketPeer() = default;
    virtual Output on_open() = 0;
    virtual Output on_message(Bytes message) = 0;
    /// The timer asked for by `deadline` ran out.
    virtual Output on_timer() = 0;
    /// The client sent a close frame with this code (1005: none) or the connection broke (1006). A returned code answers it.
    virtual Output on_close(std::uint16_t code) = 0;
    /// When to call on_timer next; nothing: never.
    [[nodiscard]] virtual std::optional<TimeMs> deadline() const = 0;
    [[nodiscard]] virtual std::size_t max_message_bytes() const = 0;
};

/// The application behind a listener. Thread-safe.
class Service {
public:
    virtual ~Service() = default;
    /// Decides from method, target and headers. Called on an I/O thread: must not block.
    virtual Plan plan(const Request& head) = 0;
    /// Answers. Called on the worker pool, or on the I/O thread if the plan said so. Never throws.
    virtual Response handle(Request request) = 0;
    /// Accepts a WebSocket. Called on the worker pool. Never null.
    virtual std::unique_ptr<SocketPeer> open_socket(Request request) = 0;
    /// The listener's own refusals (413, 503, 408, 400), in the contract's shape.
    virtual Response refusal(const Request& head, unsigned status) = 0;
};

}  // namespace facegate::http
