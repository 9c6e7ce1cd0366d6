#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <thread>

#include "base/random.h"
#include "socket/support.h"

namespace facegate::http::testing {
namespace {

using HttpLimits = ServerTest;

std::size_t resident_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    }
    return 0;
}

TEST_F(HttpLimits, RefusesABodyByItsLengthBeforeReadingIt) {
    Client client(start());
    const Answer answer = client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n");
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(answer.header("connection"), "close");
    client.finish_sending();
    EXPECT_TRUE(client.ended());
}

TEST_F(HttpLimits, AClientThatSendsOnStillSeesTheRefusal) {
    Client client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
    EXPECT_TRUE(client.send(std::string(8'000'000, 'x')));
    EXPECT_EQ(client.read_answer().status, 413U);
}

TEST_F(HttpLimits, RefusesAChunkedBodyByCounting) {
    Client client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "2710\r\n" + std::string(10'000, 'x') + "\r\n";
    for (int i = 0; i < 10; ++i) client.send(chunk);
    client.send("1\r\nx\r\n");
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(HttpLimits, AllBodiesTogetherAreBounded) {
    options_.max_bodies_bytes = 50'000;
    const std::uint16_t port = start();
    const auto ask = [&](std::size_t size) {
        Client client(port);
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        client.send(std::string(size, 'x'));
        return client.read_answer();
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ask(40'000).status, 200U) << "what one request held is given back";
        const Answer refused = ask(60'000);
        EXPECT_EQ(refused.status, 503U);
        EXPECT_EQ(refused.header("retry-after"), "1");
    }
}

TEST_F(HttpLimits, TakesAChunkedBodyOfExactlyTheLimit) {
    Client client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "2710\r\n" + std::string(10'000, 'x') + "\r\n";
    for (int i = 0; i < 10; ++i) client.send(chunk);
    client.send("0\r\n\r\n");
    EXPECT_EQ(client.read_answer().body.size(), 100'000U);
}

TEST_F(HttpLimits, RefusesEndlessChunkFraming) {
    Client client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    client.send(std::string(200'000, 'e'));
    EXPECT_EQ(client.read_answer().status, 400U);
}

TEST_F(HttpLimits, RefusesALargeHead) {
    const std::uint16_t port = start();
    const auto with_header = [&](std::size_t size) {
        Client client(port);
        return client.ask("GET /health HTTP/1.1\r\nHost: x\r\nX: " + std::string(size, 'h') + "\r\n\r\n").status;
    };
    EXPECT_EQ(with_header(16'000), 200U);
    EXPECT_EQ(with_header(16'384), 431U);
    EXPECT_EQ(with_header(1'000'000), 431U);
    Client long_target(port);
    EXPECT_EQ(long_target.ask("GET /" + std::string(20'000, 't')).status, 431U);
    Client many_small(port);
    std::string head = "GET /health HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 3000; ++i) head += "A: b\r\n";
    EXPECT_EQ(many_small.ask(head).status, 431U);
}

TEST_F(HttpLimits, RefusesWhatIsNotHttp) {
    const std::uint16_t port = start();
    const std::vector<std::string> broken = {
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET relative HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: x\r\nX: a\x01z\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n",
    };
    for (const std::string& request : broken) {
        Client client(port);
        const Answer answer = client.ask(request);
        EXPECT_EQ(answer.status, 400U) << request;
        EXPECT_EQ(answer.header("connection"), "close") << request;
        EXPECT_NE(answer.header("x-request-id"), "") << request;
    }
    Client unknown_coding(port);
    EXPECT_EQ(unknown_coding.ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n").status, 501U);
}

TEST_F(HttpLimits, SurvivesGarbage) {
    const std::uint16_t port = start();
    std::uint32_t seed = 1;
    for (int round = 0; round < 200; ++round) {
        Client client(port);
        std::string bytes;
        for (int i = 0; i < 300; ++i) {
            seed = seed * 1664525U + 1013904223U;
            bytes += static_cast<char>(seed >> 24U);
        }
        client.send(bytes);
        client.finish_sending();
        client.read_to_end();
    }
    EXPECT_EQ(Client(port).get("/health").status, 200U);
}

TEST_F(HttpLimits, DropsAHeadThatDoesNotComeToAnEnd) {
    options_.header_timeout = Milliseconds(150);
    const std::uint16_t port = start();
    Client silent(port);
    Client slow(port);
    slow.send("GET /health HTTP/1.1\r\nHost: x\r\n");
    // A byte now and then must not keep it open: the time is for the whole head.
    std::thread trickle([&] {
        while (slow.send("X")) std::this_thread::yield();
    });
    EXPECT_TRUE(silent.ended());
    trickle.join();
}

TEST_F(HttpLimits, DropsAnIdleConnection) {
    options_.idle_timeout = Milliseconds(100);
    Client client(start());
    EXPECT_EQ(client.get("/health").status, 200U);
    EXPECT_TRUE(client.ended());
}

TEST_F(HttpLimits, RefusesABodyThatComesTooSlowly) {
    options_.body_grace = Milliseconds(100);
    options_.min_body_bytes_per_second = 1'000'000;
    Client client(start());
    const Answer answer = client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nstart");
    EXPECT_EQ(answer.status, 408U);
    EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(HttpLimits, RefusesABodyAfterTheDeadline) {
    service_.deadline = Milliseconds(100);
    Client client(start());
    EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nstart").status, 408U);
}

TEST_F(HttpLimits, ForgetsAClientThatLeavesInTheMiddle) {
    const std::uint16_t port = start();
    for (const std::string& part : {std::string(), std::string("GET /hea"),
                                    std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")}) {
        Client orderly(port);
        orderly.send(part);
        orderly.finish_sending();
        EXPECT_TRUE(orderly.ended()) << part;
        Client abrupt(port);
        abrupt.send(part);
        abrupt.reset();
    }
    EXPECT_EQ(Client(port).get("/health").status, 200U);
}

TEST_F(HttpLimits, AnswersAClientThatHasFinishedSending) {
    Client client(start());
    client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    client.finish_sending();
    EXPECT_EQ(client.read_answer().body, "well");
    EXPECT_TRUE(client.ended());
}

TEST_F(HttpLimits, TurnsAwayWhoIsTooMany) {
    options_.max_connections = 2;
    const std::uint16_t port = start();
    Client first(port);
    Client second(port);
    EXPECT_EQ(first.get("/health").status, 200U);
    EXPECT_EQ(second.get("/health").status, 200U);
    Client third(port);
    EXPECT_EQ(third.get("/health").status, 0U);
    first.hang_up();
    unsigned status = 0;
    while (status == 0) status = Client(port).get("/health").status;
    EXPECT_EQ(status, 200U);
}

TEST_F(HttpLimits, DropsAReaderThatTakesNothing) {
    options_.write_timeout = Milliseconds(200);
    options_.max_connections = 1;
    service_.handlers["/big"] = [](const Request&) { return text(std::string(64'000'000, 'x')); };
    const std::uint16_t port = start();
    Client stuck(port, 4096);
    stuck.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    // The only place is free again once the server has given up on the first.
    unsigned status = 0;
    while (status == 0) status = Client(port).get("/health").status;
    EXPECT_EQ(status, 200U);
    EXPECT_LT(stuck.read_to_end().size(), 64'000'000U);
}

TEST_F(HttpLimits, DropsAReaderThatIsTooSlowOnAverage) {
    options_.write_grace = Milliseconds(50);
    options_.min_write_bytes_per_second = 100'000'000'000;
    service_.handlers["/big"] = [](const Request&) { return text(std::string(64'000'000, 'x')); };
    const std::uint16_t port = start();
    // Reads without a pause, so there is always progress, but through so small a window that it lags behind.
    Client slow(port, 4096);
    slow.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_LT(slow.read_to_end().size(), 64'000'000U);
}

TEST_F(HttpLimits, AReaderWithinTheGraceMayBeSlow) {
    options_.min_write_bytes_per_second = 100'000'000'000;
    service_.handlers["/big"] = [](const Request&) { return text(std::string(8'000'000, 'x')); };
    Client client(start());
    EXPECT_EQ(client.get("/big").body.size(), 8'000'000U);
}

TEST_F(HttpLimits, ClientsThatDoNotReadHoldNoCopiesOfASharedBody) {
    constexpr std::size_t kBodyBytes = 16'000'000;
    constexpr std::size_t kClients = 16;
    const auto shared = std::make_shared<const std::string>(kBodyBytes, 'x');
    std::latch asked(kClients);
    service_.handlers["/file"] = [&](const Request&) {
        Response response;
        response.shared_body = shared;
        asked.count_down();
        return response;
    };
    const std::uint16_t port = start();
    const std::size_t before = resident_kilobytes();
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < kClients; ++i) {
        clients.push_back(std::make_unique<Client>(port, 4096));
        clients.back()->send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    asked.wait();
    // Every client has the head of its answer, so each body is being written.
    for (const auto& client : clients) EXPECT_EQ(client->read_answer(true).header("content-length"), "16000000");
    EXPECT_LT(resident_kilobytes(), before + kClients * kBodyBytes / 1024 / 4);
}

TEST_F(HttpLimits, HoldsAThousandConnections) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
    setrlimit(RLIMIT_NOFILE, &files);
    ASSERT_GE(files.rlim_cur, 2100U) << "needs more file descriptors";
    const std::uint16_t port = start();
    const std::size_t before = resident_kilobytes();
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 1000; ++i) {
        clients.push_back(std::make_unique<Client>(port));
        ASSERT_EQ(clients.back()->get("/health").status, 200U) << i;
    }
    RecordProperty("kilobytes_per_1000_idle_connections", std::to_string(resident_kilobytes() - before));
    for (const auto& client : clients) ASSERT_EQ(client->post("/echo", "again").body, "again");
}

TEST(HttpServer, SaysClearlyThatAPortIsTaken) {
    TestService service;
    runtime::WorkerPool workers(1, 1);
    ServerOptions options;
    options.port = 0;
    const Server first(options, service, workers);
    options.port = first.port();
    try {
        const Server second(options, service, workers);
        FAIL() << "bound twice";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "cannot listen on 127.0.0.1:" + std::to_string(options.port) + ": Address already in use");
    }
}

}  // namespace
}  // namespace facegate::http::testing
