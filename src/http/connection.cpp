#include "http/connection.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/log.h"
#include "http/access_log.h"
#include "http/response_text.h"
#include "http/socket_session.h"
#include "http/worker_call.h"

namespace facegate::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using BodyError = boost::beast::http::error;
using Clock = std::chrono::steady_clock;

constexpr unsigned kGone = 1;  ///< in place of a status: nobody is there to answer
constexpr std::size_t kIdleReadBytes = 512;
constexpr std::size_t kHeadReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;
/// Framing of a chunked body (chunk sizes with extensions, trailers) that may wait for its end.
constexpr std::size_t kMaxBuffered = 128 * 1024;
/// A body nobody asked for is read and dropped up to this size to keep the connection.
constexpr std::size_t kMaxSkippedBody = 64 * 1024;
constexpr std::size_t kMaxJoined = 64 * 1024;

Milliseconds since(SteadyTime begin) {
    return std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
}

}  // namespace

/// One request and what becomes of it.
struct Connection::Exchange {
    explicit Exchange(BodyBudget& bodies) : body_share(bodies) {}

    BodyBudget::Share body_share;
    RequestParser parser;
    Request head;        ///< without body
    std::string method;  ///< as sent, for the log
    Plan plan;
    SteadyTime began = Clock::now();  ///< when the head was complete
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    bool keep_alive = false;
    bool head_only = false;

    [[nodiscard]] RequestRecord record() const {
        return {head.request_id, method, head.remote_address, since(began), bytes_in, bytes_out};
    }
    /// True if what follows the answer on the wire can be told from the next request.
    [[nodiscard]] bool can_skip_body() const {
        if (!parser.is_header_done() || parser.is_done()) return parser.is_done();
        const auto length = parser.content_length();
        return length && *length <= kMaxSkippedBody && !expects_continue(parser);
    }
};

Connection::Connection(std::unique_ptr<Registry::Ticket> ticket, Listening& listening, const Executor& strand,
                       std::shared_ptr<Transport> transport)
    : ticket_(std::move(ticket)), listening_(listening), strand_(strand), transport_(std::move(transport)) {}

void Connection::start() {
    listening_.registry->attach(*ticket_, weak_from_this());
    auto serve = [](std::shared_ptr<Connection> self) -> Task<void> {
        try {
            co_await self->run();
        } catch (const std::exception& error) {
            spdlog::error(R"("event":"connection_failed","error":{})", log::json_string(error.what()));
        }
        self->transport_->abort();
    };
    asio::co_spawn(strand_, serve(shared_from_this()), asio::detached);
}

void Connection::drain() {
    asio::post(strand_, [self = shared_from_this()] {
        self->draining_ = true;
        if (self->idle_) self->transport_->abort();
    });
}

void Connection::abort() {
    asio::post(strand_, [self = shared_from_this()] {
        self->draining_ = true;
        self->transport_->abort();
    });
}

Task<void> Connection::run() {
    const ServerOptions& options = listening_.options;
    const SteadyTime handshake_end = Clock::now() + options.handshake_timeout;
    bool open = co_await transport_->open(handshake_end);
    if (open) open = co_await await_request(options.header_timeout);
    while (open) {
        open = co_await serve_one();
        if (buffer_.size() == 0 && buffer_.capacity() > kHeadReadBytes) buffer_.shrink_to_fit();
        if (open) open = co_await await_request(options.idle_timeout);
    }
}

/// Waits for the first byte of a request. False: none came.
Task<bool> Connection::await_request(Milliseconds patience) {
    if (draining_) co_return false;
    if (buffer_.size() > 0) {
        idle_ = false;
        co_return true;
    }
    idle_ = true;
    const asio::mutable_buffer space = buffer_.prepare(kIdleReadBytes);
    const SteadyTime until = Clock::now() + patience;
    const Transport::ReadResult read = co_await transport_->read_some(space, until);
    idle_ = false;
    if (read.end != Transport::ReadEnd::kData) co_return false;
    buffer_.commit(read.bytes);
    co_return true;
}

/// One request and its answer. False: the connection has ended.
Task<bool> Connection::serve_one() {
    Exchange exchange(listening_.bodies);
    exchange.head.remote_address = transport_->remote_address();
    exchange.head.secure = transport_->secure();
    const unsigned broken = co_await read_head(exchange);
    if (broken == kGone) co_return false;
    exchange.began = Clock::now();
    if (broken != 0) {
        if (exchange.head.request_id.empty()) exchange.head.request_id = listening_.random.id("req_");
        Response refused = refusal(exchange.head, broken);
        co_return co_await answer(exchange, std::move(refused));
    }
    exchange.keep_alive = exchange.parser.keep_alive();
    make_plan(exchange);
    std::optional<Response> response = co_await respond(exchange);
    if (!response) co_return false;
    co_return co_await answer(exchange, std::move(*response));
}

/// 0, a status to refuse with, or kGone.
Task<unsigned> Connection::read_head(Exchange& exchange) {
    const std::size_t limit = listening_.options.max_header_bytes;
    RequestParser& parser = exchange.parser;
    parser.header_limit(static_cast<std::uint32_t>(limit));
    parser.body_limit(boost::none);
    const SteadyTime until = Clock::now() + listening_.options.header_timeout;
    for (;;) {
        error_code error;
        const std::size_t used = parser.put(buffer_.cdata(), error);
        buffer_.consume(used);
        exchange.bytes_in += used;
        const std::size_t unfinished = parser.is_header_done() ? 0 : buffer_.size();
        if (error == BodyError::header_limit || exchange.bytes_in + unfinished > limit) co_return 431U;
        if (error && error != BodyError::need_more) co_return 400U;
        if (parser.is_header_done()) break;
        const asio::mutable_buffer space = buffer_.prepare(kHeadReadBytes);
        const Transport::ReadResult read = co_await transport_->read_some(space, until);
        if (read.end != Transport::ReadEnd::kData) co_return kGone;
        buffer_.commit(read.bytes);
    }
    Request& head = exchange.head;
    const unsigned problem = describe_head(parser, head);
    const std::string_view asked_id = head.header("x-request-id");
    head.request_id = is_sane_request_id(asked_id) ? std::string(asked_id) : listening_.random.id("req_");
    exchange.method = head.method.size() <= 16 ? head.method : "(long)";
    exchange.head_only = head.method == "HEAD";
    if (exchange.head_only) head.method = "GET";
    co_return problem;
}

void Connection::make_plan(Exchange& exchange) {
    try {
        exchange.plan = listening_.service.plan(exchange.head);
        exchange.head.carried = std::move(exchange.plan.carried);
    } catch (const std::exception& error) {
        spdlog::error(R"("event":"plan_failed","error":{})", log::json_string(error.what()));
        exchange.plan = Plan();
        exchange.plan.refuse = refusal(exchange.head, 500);
    }
}

/// Nothing: there is nobody left to answer.
Task<std::optional<Response>> Connection::respond(Exchange& exchange) {
    if (exchange.plan.refuse) co_return std::move(exchange.plan.refuse);
    if (exchange.plan.is_websocket) {
        std::optional<std::string> key = websocket_key(exchange.parser);
        if (key) co_return co_await serve_socket(exchange, std::move(*key));
        Response refused = refusal(exchange.head, 426);
        refused.headers.emplace_back("Upgrade", "websocket");
        refused.headers.emplace_back("Sec-WebSocket-Version", "13");
        co_return refused;
    }
    const unsigned problem = co_await read_body(exchange);
    if (problem == kGone) co_return std::nullopt;
    if (problem != 0) {
        exchange.keep_alive = false;
        co_return refusal(exchange.head, problem);
    }
    co_return co_await handle(exchange);
}

/// 0, a status to refuse with, or kGone.
Task<unsigned> Connection::read_body(Exchange& exchange) {
    RequestParser& parser = exchange.parser;
    if (parser.is_done()) co_return 0U;
    const auto length = parser.content_length();
    if (length && *length > exchange.plan.body_limit) co_return 413U;
    parser.body_limit(exchange.plan.body_limit);
    parser.eager(true);
    if (expects_continue(parser) && buffer_.size() == 0) {
        const bool sent = co_await write(exchange, "HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return kGone;
    }
    const SteadyTime began = Clock::now();
    std::uint64_t received = buffer_.size();
    for (;;) {
        if (buffer_.size() > 0) {
            error_code error;
            const std::size_t used = parser.put(buffer_.cdata(), error);
            buffer_.consume(used);
            exchange.bytes_in += used;
            if (error == BodyError::body_limit) co_return 413U;
            if ((error && error != BodyError::need_more) || buffer_.size() > kMaxBuffered) co_return 400U;
            if (parser.is_done()) co_return 0U;
        }
        const SteadyTime until = body_deadline(exchange, began, received);
        if (Clock::now() >= until) co_return 408U;
        const asio::mutable_buffer space = buffer_.prepare(kBodyReadBytes);
        const Transport::ReadResult read = co_await transport_->read_some(space, until);
        if (read.end == Transport::ReadEnd::kTimeout) co_return 408U;
        if (read.end == Transport::ReadEnd::kClosed) co_return kGone;
        if (!exchange.body_share.take(read.bytes)) co_return 503U;
        buffer_.commit(read.bytes);
        received += read.bytes;
    }
}

SteadyTime Connection::body_deadline(const Exchange& exchange, SteadyTime began, std::uint64_t received) const {
    const ServerOptions& options = listening_.options;
    const Milliseconds earned = time_for(received, options.min_body_bytes_per_second);
    return std::min(exchange.began + exchange.plan.deadline, began + options.body_grace + earned);
}

Task<std::optional<Response>> Connection::handle(Exchange& exchange) {
    Request request = exchange.head;
    request.body = std::move(exchange.parser.get().body());
    if (exchange.plan.on_io_thread) co_return handle_guarded(std::move(request));
    auto work = [this, request = std::move(request)]() mutable { return handle_guarded(std::move(request)); };
    const auto call = std::make_shared<WorkerCall<Response>>(strand_, shared_from_this(), std::move(work));
    if (!call->try_start(listening_.workers)) co_return refusal(exchange.head, 503);
    const SteadyTime until = exchange.began + exchange.plan.deadline;
    std::function<void(Response)> nobody_late;
    std::optional<Response> response = co_await call->wait(until, std::move(nobody_late));
    if (!response) co_return refusal(exchange.head, 503);
    co_return response;
}

Task<std::optional<Response>> Connection::serve_socket(Exchange& exchange, std::string key) {
    auto work = [this, request = exchange.head]() mutable { return open_peer(listening_.service, std::move(request)); };
    const auto call = std::make_shared<WorkerCall<OpenedPeer>>(strand_, shared_from_this(), std::move(work));
    if (!call->try_start(listening_.workers)) co_return refusal(exchange.head, 503);
    const SteadyTime until = exchange.began + exchange.plan.deadline;
    std::function<void(OpenedPeer)> too_late = [](OpenedPeer opened) {
        if (opened.peer) opened.peer->on_close(close_code::kAbnormal);
    };
    std::optional<OpenedPeer> opened = co_await call->wait(until, std::move(too_late));
    if (!opened) co_return refusal(exchange.head, 503);

    const std::string head = switching_protocols_head(key, exchange.head.request_id);
    // A failed write shows again at the session's first operation, which tells the peer.
    co_await write(exchange, head);
    SocketSession::Context context{listening_.options, listening_.workers, strand_, shared_from_this()};
    SocketSession session(std::move(context), *transport_, buffer_, std::move(*opened));
    co_await session.run();
    exchange.bytes_in += session.bytes_in();
    exchange.bytes_out += session.bytes_out();
    log_socket(exchange.record(), session.record());
    co_return std::nullopt;
}

/// Sends and logs. False: the connection has ended.
Task<bool> Connection::answer(Exchange& exchange, Response response) {
    bool keep_alive = exchange.keep_alive && !draining_ && exchange.can_skip_body();
    std::string text = response_head(response, {exchange.head.request_id, keep_alive, exchange.head_only});
    const bool with_body = !exchange.head_only && may_have_body(response.status) && !response.content().empty();
    // Small answers leave in one packet; shared bytes are not copied, however long the client lets them wait.
    const bool joined = with_body && !response.shared_body && response.body.size() <= kMaxJoined;
    if (joined) text += response.body;
    bool sent = co_await write(exchange, text);
    if (sent && with_body && !joined) sent = co_await write(exchange, response.content());
    log_request(exchange.record(), response);
    if (!sent) co_return false;
    if (keep_alive && !exchange.parser.is_done()) {
        exchange.plan.body_limit = kMaxSkippedBody;
        const unsigned problem = co_await read_body(exchange);
        keep_alive = problem == 0;
    }
    if (!keep_alive) {
        const SteadyTime until = Clock::now() + listening_.options.linger;
        co_await transport_->close_gently(until);
    }
    co_return keep_alive;
}

Task<bool> Connection::write(Exchange& exchange, std::string_view bytes) {
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const bool sent = co_await transport_->write(buffer);
    if (sent) exchange.bytes_out += bytes.size();
    co_return sent;
}

Response Connection::refusal(const Request& head, unsigned status) {
    Response response;
    try {
        response = listening_.service.refusal(head, status);
    } catch (const std::exception& error) {
        spdlog::error(R"("event":"refusal_failed","error":{})", log::json_string(error.what()));
        response.status = status;
    }
    const auto is_retry = [](const auto& header) { return header.first == "Retry-After"; };
    if (status == 503 && std::none_of(response.headers.begin(), response.headers.end(), is_retry)) {
        response.headers.emplace_back("Retry-After", "1");
    }
    return response;
}

Response Connection::handle_guarded(Request request) {
    Request broken;
    broken.request_id = request.request_id;
    broken.remote_address = request.remote_address;
    try {
        return listening_.service.handle(std::move(request));
    } catch (const std::exception& error) {
        spdlog::error(R"("event":"handler_failed","request_id":{},"error":{})", log::json_string(broken.request_id),
                      log::json_string(error.what()));
    } catch (...) {
        spdlog::error(R"("event":"handler_failed","request_id":{})", log::json_string(broken.request_id));
    }
    return refusal(broken, 500);
}

}  // namespace facegate::http
