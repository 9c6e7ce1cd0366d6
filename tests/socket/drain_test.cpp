#include <chrono>
#include <future>
#include <thread>

#include "socket/support.h"

namespace facegate::http::testing {
namespace {

class Drain : public ServerTest {
protected:
    /// Returns when the listener takes no more connections.
    static void until_refused(std::uint16_t port) {
        while (Client(port).connected()) std::this_thread::yield();
    }
};

TEST_F(Drain, FinishesWhatRunsAndRefusesWhatIsNew) {
    Gate gate;
    service_.handlers["/slow"] = [&](const Request&) {
        gate.wait();
        return text("done");
    };
    const std::uint16_t port = start();
    Client idle(port);
    EXPECT_EQ(idle.get("/health").status, 200U);
    Client busy(port);
    busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.until_entered();
    auto stopped = std::async(std::launch::async, [&] { server_->stop(Milliseconds(20'000)); });
    until_refused(port);
    EXPECT_TRUE(idle.ended()) << "idle connections are closed at once";
    EXPECT_EQ(stopped.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    gate.open();
    const Answer answer = busy.read_answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(busy.ended()) << "the pipelined request is not served any more";
    busy.hang_up();
    stopped.get();
}

TEST_F(Drain, BreaksOffWhatOutlastsTheGrace) {
    Client client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    server_->stop(Milliseconds(50));
    EXPECT_EQ(client.read_answer().status, 0U);
}

TEST_F(Drain, WaitsForAHandlerEvenAfterTheGrace) {
    Gate gate;
    std::atomic<bool> finished = false;
    service_.handlers["/slow"] = [&](const Request&) {
        gate.wait();
        finished = true;
        return text("done");
    };
    Client client(start());
    client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.until_entered();
    auto stopped = std::async(std::launch::async, [&] { server_->stop(Milliseconds(0)); });
    EXPECT_EQ(client.read_answer().status, 0U);
    EXPECT_FALSE(finished);
    gate.open();
    stopped.get();
    EXPECT_TRUE(finished);
}

TEST_F(Drain, LetsSocketsFinish) {
    service_.sockets["/ws"] = [] {
        auto peer = std::make_unique<ScriptedPeer>();
        peer->message = [](Bytes) { return SocketPeer::Output{{{'b', 'y', 'e'}}, 1000}; };
        return peer;
    };
    const std::uint16_t port = start();
    Client client(port);
    client.send(
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 101U);
    auto stopped = std::async(std::launch::async, [&] { server_->stop(Milliseconds(20'000)); });
    until_refused(port);
    client.send(std::string("\x82\x80zzzz", 6));
    EXPECT_EQ(client.read(5), std::string("\x82\x03", 2) + "bye");
    client.hang_up();
    stopped.get();
}

TEST_F(Drain, StopsTwiceAndWithoutHavingStarted) {
    start();
    server_->stop(Milliseconds(0));
    server_->stop(Milliseconds(0));
    Server never_started(options_, service_, workers_);
}

TEST_F(Drain, StopsUnderLoad) {
    options_.io_threads = 2;
    const std::uint16_t port = start();
    std::atomic<int> answered = 0;
    std::vector<std::jthread> clients;
    for (int c = 0; c < 4; ++c) {
        clients.emplace_back([&, port] {
            Client client(port);
            while (client.post("/echo", "x").status == 200) ++answered;
        });
    }
    while (answered < 200) std::this_thread::yield();
    server_->stop(Milliseconds(10'000));
}

}  // namespace
}  // namespace facegate::http::testing
