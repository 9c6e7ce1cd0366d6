#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "http/body_budget.h"
#include "http/message.h"
#include "http/registry.h"
#include "http/request_head.h"
#include "http/server.h"
#include "http/transport.h"

namespace facegate::http {

/// What all connections of a listener share. Outlives them.
struct Listening {
    ServerOptions options;
    Service& service;
    runtime::WorkerPool& workers;
    std::shared_ptr<Registry> registry;
    SystemRandom random;
    BodyBudget bodies;
};

/// One accepted connection: request after request, until it is closed or becomes a WebSocket.
class Connection final : public Closable, public std::enable_shared_from_this<Connection> {
public:
    Connection(std::unique_ptr<Registry::Ticket> ticket, Listening& listening, const Executor& strand,
               std::shared_ptr<Transport> transport);

    /// Serves in the background; keeps itself alive.
    void start();
    void drain() override;
    void abort() override;

private:
    struct Exchange;

    Task<void> run();
    Task<bool> await_request(Milliseconds patience);
    Task<bool> serve_one();
    Task<unsigned> read_head(Exchange& exchange);
    Task<unsigned> read_body(Exchange& exchange);
    Task<std::optional<Response>> respond(Exchange& exchange);
    Task<std::optional<Response>> handle(Exchange& exchange);
    /// Nothing: became a WebSocket, which has ended.
    Task<std::optional<Response>> serve_socket(Exchange& exchange, std::string key);
    Task<bool> answer(Exchange& exchange, Response response);
    Task<bool> write(Exchange& exchange, std::string_view bytes);

    void make_plan(Exchange& exchange);
    Response refusal(const Request& head, unsigned status);
    Response handle_guarded(Request request);
    [[nodiscard]] SteadyTime body_deadline(const Exchange& exchange, SteadyTime began, std::uint64_t received) const;

    std::unique_ptr<Registry::Ticket> ticket_;  // first: given back when the rest is gone
    Listening& listening_;
    Executor strand_;
    std::shared_ptr<Transport> transport_;
    boost::beast::flat_buffer buffer_;  ///< read but not yet used
    bool idle_ = true;                  ///< between requests: may be closed at any time
    bool draining_ = false;
};

}  // namespace facegate::http
