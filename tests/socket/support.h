#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "http/server.h"
#include "runtime/worker_pool.h"

namespace facegate::http::testing {

struct Answer {
    unsigned status = 0;  ///< 0: the connection ended first
    std::multimap<std::string, std::string> headers;
    std::string body;

    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

/// A blocking byte stream to the server; gives up after 20 s without a byte.
class Client {
public:
    explicit Client(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
        const timeval patience{20, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        void* raw = &address;
        connected_ = ::connect(fd_, static_cast<sockaddr*>(raw), sizeof(address)) == 0;
    }
    virtual ~Client() { hang_up(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] int fd() const { return fd_; }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = write_some(bytes);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    void finish_sending() const { ::shutdown(fd_, SHUT_WR); }
    void hang_up() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    /// Closes with a reset instead of an orderly end.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        hang_up();
    }

    /// Exactly that many bytes, fewer if the connection ends.
    std::string read(std::size_t count) {
        while (unread_.size() < count && receive()) {
        }
        std::string out = unread_.substr(0, count);
        unread_.erase(0, out.size());
        return out;
    }
    /// Everything until the connection ends.
    std::string read_to_end() {
        while (receive()) {
        }
        return std::exchange(unread_, {});
    }
    /// True if the server ended the connection without another byte.
    bool ended() { return read(1).empty() && !timed_out_; }

    Answer read_answer(bool head_only = false) {
        std::size_t end = std::string::npos;
        while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) return {};
        }
        Answer answer;
        const std::string head = read(end + 4);
        answer.status = static_cast<unsigned>(std::stoul(head.substr(9, 3)));
        for (std::size_t line = head.find("\r\n") + 2; line < end;) {
            const std::size_t next = head.find("\r\n", line);
            const std::size_t colon = head.find(": ", line);
            std::string name = head.substr(line, colon - line);
            for (char& c : name) c = static_cast<char>(std::tolower(c));
            answer.headers.emplace(name, head.substr(colon + 2, next - colon - 2));
            line = next + 2;
        }
        const std::string length = answer.header("content-length");
        if (!head_only && !length.empty()) answer.body = read(std::stoul(length));
        return answer;
    }
    Answer ask(std::string_view request) {
        send(request);
        return read_answer();
    }
    Answer get(const std::string& path) { return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"); }
    Answer post(const std::string& path, const std::string& body) {
        return ask("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body);
    }

protected:
    virtual ssize_t write_some(std::string_view bytes) { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    virtual ssize_t read_some(char* out, std::size_t size) { return ::recv(fd_, out, size, 0); }

private:
    bool receive() {
        std::array<char, 16384> part{};
        const ssize_t count = read_some(part.data(), part.size());
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) timed_out_ = true;
        if (count <= 0) return false;
        unread_.append(part.data(), static_cast<std::size_t>(count));
        return true;
    }

    int fd_;
    bool connected_ = false;
    bool timed_out_ = false;
    std::string unread_;
};

/// Where a handler waits until the test lets it go on. May be destroyed while the handler is still leaving.
class Gate {
public:
    void wait() {
        const auto state = state_;
        state->entered.count_down();
        state->open.wait();
    }
    void until_entered() { state_->entered.wait(); }
    void open() { state_->open.count_down(); }

private:
    struct State {
        std::latch entered{1};
        std::latch open{1};
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A pool whose threads are all busy and whose queue is full.
class FullPool {
public:
    FullPool(runtime::WorkerPool& pool, int threads) : state_(std::make_shared<State>(threads)) {
        for (int i = 0; i < threads; ++i) {
            EXPECT_TRUE(pool.try_submit([state = state_] {
                state->running.count_down();
                state->open.wait();
            }));
        }
        state_->running.wait();
        while (pool.try_submit([] {})) {
        }
    }
    void release() { state_->open.count_down(); }

private:
    struct State {
        explicit State(int threads) : running(threads) {}
        std::latch running;
        std::latch open{1};
    };
    std::shared_ptr<State> state_;
};

/// A peer made of functions; what is not given does nothing.
class ScriptedPeer : public SocketPeer {
public:
    std::function<Output()> open;
    std::function<Output(Bytes)> message;
    std::function<Output()> timer;
    std::function<Output(std::uint16_t)> close;
    std::optional<TimeMs> next_deadline;
    std::size_t limit = 1 << 20;

    Output on_open() override { return open ? open() : Output(); }
    Output on_message(Bytes bytes) override { return message ? message(std::move(bytes)) : Output(); }
    Output on_timer() override { return timer ? timer() : Output(); }
    Output on_close(std::uint16_t code) override { return close ? close(code) : Output(); }
    [[nodiscard]] std::optional<TimeMs> deadline() const override { return next_deadline; }
    [[nodiscard]] std::size_t max_message_bytes() const override { return limit; }
};

/// Routes of the tests; `handlers` answer on the pool, `inline_handlers` on the I/O thread.
class TestService final : public Service {
public:
    using Handler = std::function<Response(const Request&)>;
    std::map<std::string, Handler> handlers;
    std::map<std::string, Handler> inline_handlers;
    std::map<std::string, std::function<std::unique_ptr<SocketPeer>()>> sockets;
    std::size_t body_limit = 100'000;
    Milliseconds deadline{30'000};

    Plan plan(const Request& head) override {
        Plan plan;
        plan.body_limit = body_limit;
        plan.deadline = deadline;
        plan.on_io_thread = inline_handlers.contains(head.path);
        plan.is_websocket = sockets.contains(head.path);
        if (head.path == "/forbidden") plan.refuse = Response{403, {}, "no", {}, {}};
        if (head.path == "/bad-plan") throw std::runtime_error("plan");
        return plan;
    }
    Response handle(Request request) override {
        const auto& table = inline_handlers.contains(request.path) ? inline_handlers : handlers;
        const auto found = table.find(request.path);
        if (found == table.end()) return {404, {}, "nothing here", {}, {}};
        return found->second(request);
    }
    std::unique_ptr<SocketPeer> open_socket(Request request) override { return sockets.at(request.path)(); }
    Response refusal(const Request& /*head*/, unsigned status) override {
        return {
            status, {{"Content-Type", "application/json"}}, R"({"refused":)" + std::to_string(status) + "}", {}, {}};
    }
};

inline Response text(std::string body) {
    return {200, {{"Content-Type", "text/plain"}}, std::move(body), {}, {}};
}

/// A server on a free port with a pool of its own.
class ServerTest : public ::testing::Test {
protected:
    ServerTest() {
        options_.port = 0;
        options_.linger = Milliseconds(2000);
        service_.inline_handlers["/health"] = [](const Request&) { return text("well"); };
        service_.handlers["/echo"] = [](const Request& request) { return text(request.body); };
    }
    ~ServerTest() override { server_.reset(); }

    /// To be called once everything is set up.
    std::uint16_t start() {
        server_ = std::make_unique<Server>(options_, service_, workers_);
        server_->start();
        return server_->port();
    }

    ServerOptions options_;
    TestService service_;
    runtime::WorkerPool workers_{2, 64};
    std::unique_ptr<Server> server_;
};

}  // namespace facegate::http::testing
