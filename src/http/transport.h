#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines a coroutine's operator new but not its operator delete, and then believes they do not match.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace facegate::http {

/// Everything of one connection runs on one strand.
using Executor = boost::asio::strand<boost::asio::io_context::executor_type>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T>
using Task = boost::asio::awaitable<T, Executor>;
using UseTask = boost::asio::use_awaitable_t<Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// How slowly a peer may take what is sent to it.
struct WriteLimits {
    Milliseconds stall{0};                 ///< longest time without any progress
    Milliseconds grace{0};                 ///< of every write; after it the average counts:
    std::size_t min_bytes_per_second = 0;  ///< over the whole write so far
};

/// How long that many bytes take at that rate (0 counts as 1).
constexpr Milliseconds time_for(std::uint64_t bytes, std::uint64_t bytes_per_second) {
    return Milliseconds(static_cast<std::int64_t>(bytes * 1000 / std::max<std::uint64_t>(bytes_per_second, 1)));
}

/// The byte stream of one connection, plain or TLS. All calls on its strand; at most one operation at a time.
class Transport {
public:
    enum class ReadEnd : std::uint8_t { kData, kTimeout, kClosed };
    struct ReadResult {
        ReadEnd end = ReadEnd::kClosed;
        std::size_t bytes = 0;  ///< at least 1 with kData
    };

    virtual ~Transport() = default;

    /// The TLS handshake; nothing on a plain connection. False: it failed or was not done in time.
    virtual Task<bool> open(SteadyTime until) = 0;
    /// What has arrived, waiting for it until that time (SteadyTime::max(): for ever). Nothing is lost by a timeout.
    virtual Task<ReadResult> read_some(boost::asio::mutable_buffer out, SteadyTime until) = 0;
    /// Sends all of `bytes`, which must outlive the call. False: the peer is gone, or too slow for the WriteLimits.
    virtual Task<bool> write(boost::asio::const_buffer bytes) = 0;
    /// Ends the connection so that what was sent still arrives, even if the peer is sending: reads and drops what comes
    /// until the peer closes or `until` is over.
    virtual Task<void> close_gently(SteadyTime until) = 0;
    /// Breaks the connection; a running operation ends as if the peer had closed.
    virtual void abort() = 0;

    [[nodiscard]] virtual bool secure() const = 0;
    /// Address of the peer, no port; an IPv4 address in IPv6 clothes is shown as IPv4.
    [[nodiscard]] const std::string& remote_address() const { return remote_address_; }

protected:
    std::string remote_address_;
};

/// What remote_address() of a transport over this socket says; empty if the peer is gone already.
std::string remote_address(const Socket& socket);

/// `tls`: null for a plain connection; must outlive the transport.
std::shared_ptr<Transport> make_transport(Socket socket, boost::asio::ssl::context* tls, const WriteLimits& limits);

}  // namespace facegate::http
