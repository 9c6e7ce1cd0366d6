#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/connection.h"
#include "http/tls.h"
#include "http/transport.h"

namespace facegate::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// How long to wait with the next accept when there are no file descriptors left.
constexpr Milliseconds kAcceptPause{100};

}  // namespace

struct Server::State {
    State(const ServerOptions& options, Service& service, runtime::WorkerPool& workers)
        : listening{options, service,
                    workers, std::make_shared<Registry>(options.max_connections),
                    {},      BodyBudget(options.max_bodies_bytes)},
          io(options.io_threads),
          guard(asio::make_work_guard(io)),
          strand(asio::make_strand(io.get_executor())),
          acceptor(strand),
          pause(strand) {
        if (!options.tls_cert.empty() || !options.tls_key.empty()) {
            tls = make_tls_context(options.tls_cert, options.tls_key);
        }
        listen();
    }

    void listen();
    Task<void> accept_all();
    void admit(Socket socket, const Executor& connection_strand);
    void work();
    void stop_accepting();

    Listening listening;
    std::unique_ptr<asio::ssl::context> tls;
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    Executor strand;  ///< of the acceptor
    asio::basic_socket_acceptor<tcp, Executor> acceptor;
    Timer pause;
    std::uint16_t port = 0;
    std::vector<std::thread> threads;
    std::mutex stop_mutex;
    bool stopped = false;
};

void Server::State::listen() {
    const ServerOptions& options = listening.options;
    const auto require = [&](const error_code& error) {
        if (!error) return;
        throw std::runtime_error(
            fmt::format("cannot listen on {}:{}: {}", options.host, options.port, error.message()));
    };
    error_code error;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(options.host, std::to_string(options.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    require(error);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), error);
    require(error);
    acceptor.set_option(asio::socket_base::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
    acceptor.bind(endpoint, error);
    require(error);
    acceptor.listen(asio::socket_base::max_listen_connections, error);
    require(error);
    port = acceptor.local_endpoint().port();
}

Task<void> Server::State::accept_all() {
    for (;;) {
        const Executor connection_strand = asio::make_strand(io.get_executor());
        Socket socket(connection_strand);
        error_code error;
        auto token = asio::redirect_error(UseTask(), error);
        co_await acceptor.async_accept(socket, token);
        if (!acceptor.is_open()) co_return;
        if (!error) {
            admit(std::move(socket), connection_strand);
            continue;
        }
        if (error == asio::error::connection_aborted) continue;
        spdlog::warn(R"("event":"accept_failed","error":{})", log::json_string(error.message()));
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(token);
        if (!acceptor.is_open()) co_return;
    }
}

void Server::State::admit(Socket socket, const Executor& connection_strand) {
    auto ticket = listening.registry->enter(remote_address(socket));
    if (!ticket) return;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const ServerOptions& options = listening.options;
    const WriteLimits limits{options.write_timeout, options.write_grace, options.min_write_bytes_per_second};
    auto transport = make_transport(std::move(socket), tls.get(), limits);
    std::make_shared<Connection>(std::move(ticket), listening, connection_strand, std::move(transport))->start();
}

void Server::State::work() {
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& error) {
            spdlog::error(R"("event":"io_failed","error":{})", log::json_string(error.what()));
        }
    }
}

void Server::State::stop_accepting() {
    const auto close = [this] {
        error_code ignored;
        acceptor.close(ignored);
        pause.cancel();
    };
    if (threads.empty()) {
        close();
        return;
    }
    // Waited for, so that nobody is admitted once the others have been told.
    std::promise<void> closed;
    asio::post(strand, [&] {
        close();
        closed.set_value();
    });
    closed.get_future().wait();
}

Server::Server(const ServerOptions& options, Service& service, runtime::WorkerPool& workers)
    : state_(std::make_unique<State>(options, service, workers)) {}

Server::~Server() {
    stop(Milliseconds(0));
}

void Server::start() {
    State& state = *state_;
    const std::lock_guard lock(state.stop_mutex);
    if (state.stopped || !state.threads.empty()) return;
    asio::co_spawn(state.strand, state.accept_all(), asio::detached);
    for (int i = 0; i < std::max(state.listening.options.io_threads, 1); ++i) {
        state.threads.emplace_back([&state] { state.work(); });
    }
}

std::uint16_t Server::port() const {
    return state_->port;
}

void Server::stop(Milliseconds grace) {
    State& state = *state_;
    const std::lock_guard lock(state.stop_mutex);
    if (state.stopped) return;
    state.stopped = true;
    const auto until = std::chrono::steady_clock::now() + grace;
    state.stop_accepting();
    Registry& registry = *state.listening.registry;
    registry.drain_all();
    if (!registry.wait_until_empty(until)) {
        registry.abort_all();
        registry.wait_until_empty();
    }
    state.guard.reset();
    for (std::thread& thread : state.threads) thread.join();
}

}  // namespace facegate::http
