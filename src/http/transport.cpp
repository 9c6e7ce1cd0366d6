#include "http/transport.h"

#include <algorithm>
#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <type_traits>
#include <utility>

namespace facegate::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<Socket>;

constexpr std::size_t kMaxDroppedBytes = 64U << 20U;

template <class Stream>
class StreamTransport final : public Transport, public std::enable_shared_from_this<StreamTransport<Stream>> {
public:
    template <class... Args>
    explicit StreamTransport(const WriteLimits& limits, Socket socket, Args&... args)
        : limits_(limits), timer_(socket.get_executor()), stream_(std::move(socket), args...) {
        remote_address_ = http::remote_address(tcp());
    }

    Task<bool> open(SteadyTime until) override {
        error_code error;
        if constexpr (kSecure) {
            arm(until);
            auto token = asio::redirect_error(UseTask(), error);
            co_await stream_.async_handshake(asio::ssl::stream_base::server, token);
            disarm(error);
        } else {
            static_cast<void>(until);
        }
        co_return !error;
    }

    Task<ReadResult> read_some(asio::mutable_buffer out, SteadyTime until) override {
        error_code error;
        arm(until);
        auto token = asio::redirect_error(UseTask(), error);
        ReadResult result;
        result.bytes = co_await stream_.async_read_some(out, token);
        disarm(error);
        // Data that came together with the timeout must not be lost.
        if (!error && result.bytes > 0) {
            result.end = ReadEnd::kData;
        } else if (timed_out_ && !aborted_) {
            result.end = ReadEnd::kTimeout;
        }
        co_return result;
    }

    Task<bool> write(asio::const_buffer bytes) override {
        const SteadyTime began = std::chrono::steady_clock::now();
        std::uint64_t sent = 0;
        while (bytes.size() > 0) {
            const SteadyTime now = std::chrono::steady_clock::now();
            const SteadyTime rate_end = began + limits_.grace + time_for(sent, limits_.min_bytes_per_second);
            if (now >= rate_end) co_return false;
            error_code error;
            arm(std::min(now + limits_.stall, rate_end));
            auto token = asio::redirect_error(UseTask(), error);
            const std::size_t count = co_await stream_.async_write_some(bytes, token);
            disarm(error);
            if (error) co_return false;
            bytes += count;
            sent += count;
        }
        co_return true;
    }

    Task<void> close_gently(SteadyTime until) override {
        error_code error;
        auto token = asio::redirect_error(UseTask(), error);
        if constexpr (kSecure) {
            arm(until);
            co_await stream_.async_shutdown(token);
            disarm(error);
        }
        error_code ignored;
        tcp().shutdown(Socket::shutdown_send, ignored);
        // Closing with unread bytes would reset the connection and could take the answer with it.
        std::vector<char> dropped(16 * 1024);
        const asio::mutable_buffer buffer = asio::buffer(dropped);
        error = {};
        timed_out_ = false;
        for (std::size_t total = 0; !error && !timed_out_ && total < kMaxDroppedBytes;) {
            arm(until);
            total += co_await tcp().async_read_some(buffer, token);
            disarm(error);
        }
        tcp().close(ignored);
    }

    void abort() override {
        aborted_ = true;
        error_code ignored;
        tcp().close(ignored);
    }

    [[nodiscard]] bool secure() const override { return kSecure; }

private:
    static constexpr bool kSecure = std::is_same_v<Stream, TlsStream>;

    Socket& tcp() {
        if constexpr (kSecure) {
            return stream_.next_layer();
        } else {
            return stream_;
        }
    }

    /// The operation that follows is cancelled when `until` is over. One wait serves many operations: it is only
    /// replaced by an earlier one, and looks at the time that holds when it runs out.
    void arm(SteadyTime until) {
        timed_out_ = false;
        until_ = until;
        if (until == SteadyTime::max() || waiting_until_ <= until) return;
        wait(until);
    }

    void disarm(error_code& error) {
        until_ = SteadyTime::max();
        if (aborted_) error = asio::error::operation_aborted;
    }

    void wait(SteadyTime until) {
        waiting_until_ = until;
        timer_.expires_at(until);
        timer_.async_wait([weak = this->weak_from_this(), until](error_code error) {
            const auto self = weak.lock();
            if (!error && self && self->waiting_until_ == until) self->on_timer();
        });
    }

    void on_timer() {
        waiting_until_ = SteadyTime::max();
        if (until_ == SteadyTime::max()) return;
        if (std::chrono::steady_clock::now() < until_) {
            wait(until_);
            return;
        }
        timed_out_ = true;
        error_code ignored;
        tcp().cancel(ignored);
    }

    const WriteLimits limits_;
    Timer timer_;
    Stream stream_;
    SteadyTime until_ = SteadyTime::max();          ///< of the running operation; max(): none or for ever
    SteadyTime waiting_until_ = SteadyTime::max();  ///< of timer_; max(): not running
    bool timed_out_ = false;
    bool aborted_ = false;
};

}  // namespace

std::string remote_address(const Socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return {};
    const asio::ip::address address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

std::shared_ptr<Transport> make_transport(Socket socket, asio::ssl::context* tls, const WriteLimits& limits) {
    if (tls == nullptr) return std::make_shared<StreamTransport<Socket>>(limits, std::move(socket));
    return std::make_shared<StreamTransport<TlsStream>>(limits, std::move(socket), *tls);
}

}  // namespace facegate::http
