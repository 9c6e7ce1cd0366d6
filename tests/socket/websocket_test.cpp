#include <chrono>
#include <future>
#include <thread>

#include "socket/support.h"

namespace facegate::http::testing {
namespace {

using Output = SocketPeer::Output;

std::string masked(unsigned char first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    if (payload.size() < 126) {
        out += static_cast<char>(0x80 | payload.size());
    } else {
        const bool brief = payload.size() <= 0xffff;
        out += static_cast<char>(brief ? 0xfe : 0xff);
        for (int i = brief ? 1 : 7; i >= 0; --i)
            out += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> (8 * i));
    }
    constexpr std::string_view kMask = "mask";
    out += kMask;
    for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ kMask[i % 4]);
    return out;
}

std::string close_with(std::uint16_t code) {
    return masked(0x88, std::string({static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}));
}

constexpr std::string_view kUpgrade =
    " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct Frame {
    unsigned char first = 0;  ///< 0: the connection ended
    std::string payload;

    /// The code of a close frame; 0: not one.
    [[nodiscard]] std::uint16_t close_code() const {
        if (first != 0x88 || payload.size() < 2) return 0;
        return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                          static_cast<unsigned char>(payload[1]));
    }
};

class SocketClient final : public Client {
public:
    SocketClient(std::uint16_t port, const std::string& path) : Client(port) {
        send("GET " + path + std::string(kUpgrade));
        opening_ = read_answer();
    }
    [[nodiscard]] const Answer& opening() const { return opening_; }

    Frame read_frame() {
        const std::string head = read(2);
        if (head.size() < 2) return {};
        std::uint64_t size = static_cast<unsigned char>(head[1]);
        if (size >= 126) {
            const std::string extended = read(size == 126 ? 2 : 8);
            size = 0;
            for (const char c : extended) size = size << 8 | static_cast<unsigned char>(c);
        }
        return {static_cast<unsigned char>(head[0]), read(size)};
    }

private:
    Answer opening_;
};

class WebSocket : public ServerTest {
protected:
    /// The route /ws, with peers prepared by `prepare`.
    void serve(std::function<void(ScriptedPeer&)> prepare) {
        service_.sockets["/ws"] = [prepare = std::move(prepare)] {
            auto peer = std::make_unique<ScriptedPeer>();
            prepare(*peer);
            return peer;
        };
    }
    void serve_echo() {
        serve([](ScriptedPeer& peer) {
            peer.limit = 100'000;
            peer.message = [](Bytes bytes) { return Output{{std::move(bytes)}, {}}; };
        });
    }
};

TEST_F(WebSocket, AcceptsAndEchoes) {
    serve_echo();
    SocketClient client(start(), "/ws");
    EXPECT_EQ(client.opening().status, 101U);
    EXPECT_EQ(client.opening().header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455, 1.3
    EXPECT_EQ(client.opening().header("sec-websocket-extensions"), "");
    EXPECT_NE(client.opening().header("x-request-id"), "");
    for (const std::size_t size : {0U, 5U, 300U, 100'000U}) {
        const std::string message(size, 'm');
        client.send(masked(0x82, message));
        const Frame frame = client.read_frame();
        EXPECT_EQ(frame.first, 0x82);
        EXPECT_TRUE(frame.payload == message) << size;
    }
}

TEST_F(WebSocket, ReadsWhatCameTogetherWithTheRequest) {
    serve_echo();
    Client client(start());
    client.send("GET /ws" + std::string(kUpgrade) + masked(0x82, "early"));
    EXPECT_EQ(client.read_answer().status, 101U);
    EXPECT_EQ(client.read(7),
              "\x82\x05"
              "early");
}

TEST_F(WebSocket, JoinsFragmentsAndAnswersPingsBetween) {
    serve_echo();
    SocketClient client(start(), "/ws");
    client.send(masked(0x02, "one ") + masked(0x89, "ping") + masked(0x00, "two ") + masked(0x80, "three"));
    const Frame pong = client.read_frame();
    EXPECT_EQ(pong.first, 0x8a);
    EXPECT_EQ(pong.payload, "ping");
    EXPECT_EQ(client.read_frame().payload, "one two three");
}

TEST_F(WebSocket, SendsWhatAPeerSaysWhenItOpens) {
    serve([](ScriptedPeer& peer) { peer.open = [] { return Output{{{'a'}, {'b', 'c'}}, std::uint16_t{4100}}; }; });
    SocketClient client(start(), "/ws");
    EXPECT_EQ(client.read_frame().payload, "a");
    EXPECT_EQ(client.read_frame().payload, "bc");
    EXPECT_EQ(client.read_frame().close_code(), 4100);
    EXPECT_TRUE(client.ended());
}

TEST_F(WebSocket, ClosesWith1009OverTheLimitAndTellsThePeer) {
    std::promise<std::uint16_t> told;
    serve([&](ScriptedPeer& peer) {
        peer.limit = 1000;
        peer.close = [&](std::uint16_t code) {
            told.set_value(code);
            return Output{{{'n', 'o'}}, {}};
        };
    });
    SocketClient client(start(), "/ws");
    // The client keeps sending; the close frame must reach it all the same.
    client.send(masked(0x82, std::string(5'000'000, 'x')));
    EXPECT_EQ(client.read_frame().payload, "no");
    EXPECT_EQ(client.read_frame().close_code(), 1009);
    EXPECT_EQ(told.get_future().get(), 1009);
}

TEST_F(WebSocket, AnswersACloseWithTheCodeThePeerChooses) {
    serve([](ScriptedPeer& peer) {
        peer.close = [](std::uint16_t code) {
            return Output{{}, code >= 4000 ? std::optional<std::uint16_t>(1000) : std::nullopt};
        };
    });
    const std::uint16_t port = start();
    for (const auto& [sent, expected] : std::vector<std::pair<std::uint16_t, std::uint16_t>>{
             {4003, 1000}, {4001, 1000}, {4005, 1000}, {1000, 1000}, {1001, 1001}, {3000, 3000}}) {
        SocketClient client(port, "/ws");
        client.send(close_with(sent));
        EXPECT_EQ(client.read_frame().close_code(), expected) << sent;
        EXPECT_TRUE(client.ended());
    }
    SocketClient without_code(port, "/ws");
    without_code.send(masked(0x88, ""));
    EXPECT_EQ(without_code.read_frame().close_code(), 1000);
}

TEST_F(WebSocket, RefusesBrokenFraming) {
    serve_echo();
    const std::uint16_t port = start();
    const auto code_for = [&](const std::string& bytes) {
        SocketClient client(port, "/ws");
        client.send(bytes);
        return client.read_frame().close_code();
    };
    EXPECT_EQ(code_for(std::string("\x82\x01z", 3)), 1002);
    EXPECT_EQ(code_for(masked(0x81, "text")), 1003);
    EXPECT_EQ(code_for(close_with(1006)), 1002);
    EXPECT_EQ(code_for("GET / HTTP/1.1\r\n\r\n"), 1002);
}

TEST_F(WebSocket, CallsThePeerWhenItsTimeIsUp) {
    serve([](ScriptedPeer& peer) {
        const auto set = [&peer] { peer.next_deadline = SystemClock().now() + Milliseconds(30); };
        const auto count = std::make_shared<int>(0);
        peer.open = [set] {
            set();
            return Output();
        };
        peer.timer = [set, count] {
            set();
            return ++*count < 3 ? Output{{{'t'}}, {}} : Output{{}, 1000};
        };
    });
    SocketClient client(start(), "/ws");
    EXPECT_EQ(client.read_frame().payload, "t");
    EXPECT_EQ(client.read_frame().payload, "t");
    EXPECT_EQ(client.read_frame().close_code(), 1000);
}

TEST_F(WebSocket, CallsOnceForEachDeadline) {
    std::atomic<int> calls = 0;
    serve([&](ScriptedPeer& peer) {
        peer.next_deadline = SystemClock().now();
        peer.timer = [&] {
            ++calls;
            return Output{{{'t'}}, {}};
        };
        peer.message = [](Bytes bytes) { return Output{{std::move(bytes)}, {}}; };
    });
    SocketClient client(start(), "/ws");
    EXPECT_EQ(client.read_frame().payload, "t");
    client.send(masked(0x82, "m"));
    EXPECT_EQ(client.read_frame().payload, "m") << "the past deadline does not keep it busy";
    EXPECT_EQ(calls, 1);
}

TEST_F(WebSocket, ReadsOnlyWhenThePeerIsReady) {
    Gate gate;
    std::atomic<int> inside = 0;
    std::atomic<int> handled = 0;
    std::atomic<bool> overlapped = false;
    serve([&](ScriptedPeer& peer) {
        peer.message = [&](Bytes bytes) {
            if (++inside > 1) overlapped = true;
            if (handled == 0) gate.wait();
            ++handled;
            --inside;
            return Output{{{bytes.at(0)}}, {}};
        };
    });
    SocketClient client(start(), "/ws");
    // Sends until the buffers of the kernel are full, which can only be if the server has stopped reading.
    constexpr int kMost = 2000;
    const std::string message = masked(0x82, std::string(100'000, 'm'));
    client.send(message);
    gate.until_entered();
    int sent = 1;
    std::string_view rest;
    while (sent < kMost) {
        if (rest.empty()) rest = message;
        pollfd writable{client.fd(), POLLOUT, 0};
        if (::poll(&writable, 1, 200) == 0) break;
        const ssize_t count = ::send(client.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
        if (rest.empty()) ++sent;
    }
    EXPECT_LT(sent, kMost);
    gate.open();
    client.send(rest);
    if (!rest.empty()) ++sent;
    for (int i = 0; i < sent; ++i) ASSERT_EQ(client.read_frame().payload, "m") << i;
    EXPECT_EQ(handled, sent);
    EXPECT_FALSE(overlapped);
}

TEST_F(WebSocket, TellsThePeerOfABrokenConnection) {
    std::promise<std::uint16_t> finished;
    std::promise<std::uint16_t> reset;
    std::atomic<int> opened = 0;
    serve([&](ScriptedPeer& peer) {
        peer.close = [&, first = opened++ == 0](std::uint16_t code) {
            (first ? finished : reset).set_value(code);
            return Output();
        };
    });
    const std::uint16_t port = start();
    SocketClient(port, "/ws").hang_up();
    EXPECT_EQ(finished.get_future().get(), 1006);
    SocketClient(port, "/ws").reset();
    EXPECT_EQ(reset.get_future().get(), 1006);
}

TEST_F(WebSocket, PingsASilentClientAndDropsADeadOne) {
    options_.ping_interval = Milliseconds(100);
    std::promise<std::uint16_t> told;
    serve([&](ScriptedPeer& peer) {
        peer.close = [&](std::uint16_t code) {
            told.set_value(code);
            return Output();
        };
    });
    SocketClient client(start(), "/ws");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.read_frame().first, 0x89);
        client.send(masked(0x8a, ""));
    }
    EXPECT_EQ(client.read_frame().first, 0x89);
    EXPECT_TRUE(client.ended()) << "not answered in time";
    EXPECT_EQ(told.get_future().get(), 1006);
}

TEST_F(WebSocket, DropsAReaderThatTakesNothing) {
    options_.write_timeout = Milliseconds(200);
    std::promise<std::uint16_t> told;
    serve([&](ScriptedPeer& peer) {
        peer.open = [] { return Output{{Bytes(64'000'000)}, {}}; };
        peer.close = [&](std::uint16_t code) {
            told.set_value(code);
            return Output();
        };
    });
    const SocketClient client(start(), "/ws");
    EXPECT_EQ(told.get_future().get(), 1006);
}

TEST_F(WebSocket, ClosesWith1011WhenThePeerFails) {
    serve([](ScriptedPeer& peer) { peer.message = [](Bytes) -> Output { throw std::runtime_error("peer"); }; });
    SocketClient client(start(), "/ws");
    client.send(masked(0x82, "m"));
    EXPECT_EQ(client.read_frame().close_code(), 1011);
}

TEST_F(WebSocket, RefusesToOpenWhenThePoolIsFullButServesWhoIsIn) {
    serve_echo();
    const std::uint16_t port = start();
    SocketClient inside(port, "/ws");
    FullPool full(workers_, 2);
    SocketClient outside(port, "/ws");
    EXPECT_EQ(outside.opening().status, 503U);
    EXPECT_EQ(outside.opening().header("retry-after"), "1");
    inside.send(masked(0x82, "m"));
    full.release();
    EXPECT_EQ(inside.read_frame().payload, "m");
}

TEST_F(WebSocket, RefusesToOpenTooLate) {
    Gate gate;
    std::promise<std::uint16_t> told;
    service_.deadline = Milliseconds(100);
    serve([&](ScriptedPeer& peer) {
        peer.open = [&] {
            gate.wait();
            return Output();
        };
        peer.close = [&](std::uint16_t code) {
            told.set_value(code);
            return Output();
        };
    });
    SocketClient client(start(), "/ws");
    EXPECT_EQ(client.opening().status, 503U);
    gate.open();
    EXPECT_EQ(told.get_future().get(), 1006);
}

TEST_F(WebSocket, AsksForAnUpgradeWhereThereIsNone) {
    serve_echo();
    Client client(start());
    const Answer plain = client.get("/ws");
    EXPECT_EQ(plain.status, 426U);
    EXPECT_EQ(plain.header("upgrade"), "websocket");
    EXPECT_EQ(plain.header("sec-websocket-version"), "13");
    const std::string head = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    EXPECT_EQ(
        client.ask(head + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").status,
        426U);
    EXPECT_EQ(client.ask(head + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hvcnQ=\r\n\r\n").status, 426U);
    EXPECT_EQ(client.ask("GET /health" + std::string(kUpgrade)).body, "well") << "elsewhere the wish is ignored";
}

TEST_F(WebSocket, TellsPeersWhenTheServerBreaksOff) {
    std::promise<std::uint16_t> told;
    serve([&](ScriptedPeer& peer) {
        peer.close = [&](std::uint16_t code) {
            told.set_value(code);
            return Output();
        };
    });
    SocketClient client(start(), "/ws");
    server_->stop(Milliseconds(20));
    EXPECT_EQ(told.get_future().get(), 1006);
    EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace facegate::http::testing
