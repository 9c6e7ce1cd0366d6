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

/// What the application found out while it planned a request, for when it answers it. The listener only carries it.
struct Carried {
    virtual ~Carried() = default;
};

/// A request as the application sees it. Header names are lower case.
struct Request {
    std::string method;  ///< "GET", ...; a HEAD request arrives as GET, and the listener leaves out the body
    std::string target;  ///< as sent: path and query
    std::string path;    ///< the target up to `?`, still percent-encoded
    std::string query;   ///< after `?`, still percent-encoded
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string remote_address;                  ///< of the socket, no port
    bool secure = false;                         ///< came over our own TLS
    std::string request_id;                      ///< the caller's if sane ([A-Za-z0-9._-]{1,128}), else fresh
    std::shared_ptr<Carried> carried = nullptr;  ///< the plan's; may be null

    /// First header of that (lower-case) name; empty if there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct Response {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>>
        headers;  ///< Content-Length, Date, Connection and x-request-id are the listener's
    std::string body;
    std::string log_fields;  ///< extra members for the log line, as JSON text without braces; may be empty
    std::string route;       ///< route template for the log line, e.g. "/v1/users/:id"; never the raw path
    /// In place of `body` if set: bytes that many answers share, sent from where they are.
    std::shared_ptr<const std::string> shared_body = nullptr;

    /// What is sent: the shared body or the own one. Valid as long as this response is and neither is changed.
    [[nodiscard]] std::string_view content() const { return shared_body ? *shared_body : body; }
};

/// What is to happen with a request, decided on its head alone.
struct Plan {
    std::size_t body_limit = 0;                  ///< more than this is refused with `too_large`
    Milliseconds deadline{30'000};               ///< for reading the body and answering
    bool on_io_thread = false;                   ///< answer at once (health): the handler must not block
    bool is_websocket = false;                   ///< upgrade: `open_socket` is called instead of `handle`
    std::optional<Response> refuse;              ///< answer this without reading the body
    std::shared_ptr<Carried> carried = nullptr;  ///< handed on with the request
};

/// One WebSocket connection, as a state machine. Calls come one at a time, on the worker pool, the destructor too.
/// on_close is the last call, and comes exactly once unless the peer itself closed with Output::close before.
class SocketPeer {
public:
    struct Output {
        std::vector<Bytes> send;             ///< binary messages, in order
        std::optional<std::uint16_t> close;  ///< then close with this code
    };
    virtual ~SocketPeer() = default;
    virtual Output on_open() = 0;
    virtual Output on_message(Bytes message) = 0;
    /// The timer asked for by `deadline` ran out.
    virtual Output on_timer() = 0;
    /// The client sent a close frame with this code (1005: none), the connection broke (1006), or the listener ends it
    /// for a violation: 1009 a message over the limit, 1002 broken framing, 1003 a text message. A returned code
    /// answers it; without one, the client's code is sent back (1000 if it had none), or the violation's.
    virtual Output on_close(std::uint16_t code) = 0;
    /// When (by the system clock) to call on_timer next; nothing: never. A time that was called for once is not again.
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
    /// The listener's own refusals (400, 408, 413, 426, 431, 500, 501, 503), in the contract's shape. For a head that
    /// could not be read only the remote address and the request id are there. Called on an I/O thread or the worker
    /// pool: must not block. `Retry-After: 1` of a 503 is added by the listener.
    virtual Response refusal(const Request& head, unsigned status) = 0;
};

}  // namespace facegate::http
