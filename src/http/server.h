#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/message.h"
#include "runtime/worker_pool.h"

namespace facegate::http {

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: any free one
    std::string tls_cert;       ///< PEM chain; empty: plain HTTP
    std::string tls_key;        ///< PEM
    int io_threads = 1;
    std::size_t max_connections = 4096;  ///< of which one host may have a part, see HostLimit
    std::size_t max_header_bytes = 16 * 1024;
    Milliseconds header_timeout{10'000};  ///< for a whole request head
    Milliseconds idle_timeout{60'000};    ///< between requests of a kept-alive connection
    /// The body may come slowly, but not slower than this over the whole of it (after a grace of 10 s).
    std::size_t min_body_bytes_per_second = 4 * 1024;
    Milliseconds body_grace{10'000};
    /// Of all bodies together, while they are read and answered; a request beyond it is refused with 503.
    std::size_t max_bodies_bytes = 256U << 20U;
    Milliseconds handshake_timeout{10'000};  ///< TLS
    Milliseconds write_timeout{30'000};      ///< without any progress
    /// What is sent may be taken slowly, but not slower than this over the whole of one answer or message (after the
    /// grace), so that a byte now and then does not hold a connection.
    std::size_t min_write_bytes_per_second = 4 * 1024;
    Milliseconds write_grace{30'000};
    /// How long a closing connection is kept so that the last answer arrives.
    Milliseconds linger{5'000};
    /// A WebSocket silent for this long is pinged, and dropped if it stays silent as long again.
    Milliseconds ping_interval{30'000};
};

/// HTTP/1.1 and WebSocket listener with optional TLS (1.2+). The only asynchronous part of the server.
class Server {
public:
    /// Binds at once (so that a busy port is reported as an exception with a clear message), serves after start().
    /// Throws std::runtime_error with a clear message also if certificate and key cannot be used.
    /// `service` and `workers` must outlive the server.
    Server(const ServerOptions& options, Service& service, runtime::WorkerPool& workers);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start();
    [[nodiscard]] std::uint16_t port() const;
    /// Stops accepting, lets running requests and sockets finish until `grace` is over, then closes what is left.
    /// Returns when nothing of this listener runs any more, on its own threads or on the worker pool (which must not be
    /// stopped before). May be called from any thread but the listener's own and the pool's; again: no effect.
    void stop(Milliseconds grace);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace facegate::http
