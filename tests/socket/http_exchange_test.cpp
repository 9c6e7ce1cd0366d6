#include <future>
#include <stdexcept>
#include <thread>

#include "socket/support.h"

namespace facegate::http::testing {
namespace {

using HttpExchange = ServerTest;

TEST_F(HttpExchange, KeepsAConnectionForManyRequests) {
    Client client(start());
    for (int i = 0; i < 5; ++i) {
        const Answer answer = client.post("/echo", "body " + std::to_string(i));
        EXPECT_EQ(answer.status, 200U);
        EXPECT_EQ(answer.body, "body " + std::to_string(i));
        EXPECT_EQ(answer.header("connection"), "keep-alive");
        EXPECT_EQ(answer.header("date").size(), 29U);
    }
}

TEST_F(HttpExchange, AnswersPipelinedRequestsInOrder) {
    Client client(start());
    std::string requests;
    for (int i = 0; i < 20; ++i) {
        requests += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
        requests += "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    client.send(requests);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.read_answer().body, std::to_string(10 + i));
        EXPECT_EQ(client.read_answer().body, "well");
    }
}

TEST_F(HttpExchange, ReadsARequestThatComesByteByByte) {
    Client client(start());
    for (const char c : std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) {
        ASSERT_TRUE(client.send(std::string(1, c)));
    }
    EXPECT_EQ(client.read_answer().body, "abc");
}

TEST_F(HttpExchange, ReadsAChunkedBody) {
    Client client(start());
    const Answer answer = client.ask(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;name=value\r\nhello\r\n7\r\n, world\r\n0\r\nX-Trailer: 1\r\n\r\n");
    EXPECT_EQ(answer.body, "hello, world");
    EXPECT_EQ(client.get("/health").status, 200U) << "nothing of the body was left over";
}

TEST_F(HttpExchange, AnswersHeadAsGetWithoutTheBody) {
    service_.handlers["/page"] = [](const Request& request) { return text(request.method + " page"); };
    Client client(start());
    client.send("HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n");
    const Answer answer = client.read_answer(true);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.header("content-length"), "8");
    EXPECT_EQ(client.get("/page").body, "GET page") << "the next answer follows at once";
}

TEST_F(HttpExchange, ServesHttp10) {
    const std::uint16_t port = start();
    Client brief(port);
    EXPECT_EQ(brief.ask("GET /health HTTP/1.0\r\n\r\n").header("connection"), "close");
    EXPECT_TRUE(brief.ended());
    Client lasting(port);
    EXPECT_EQ(lasting.ask("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("connection"), "keep-alive");
    EXPECT_EQ(lasting.ask("GET /health HTTP/1.0\r\n\r\n").status, 200U);
}

TEST_F(HttpExchange, ClosesWhenAsked) {
    Client client(start());
    const Answer answer = client.ask("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(client.ended());
}

TEST_F(HttpExchange, SaysContinueToThoseWhoWait) {
    Client client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    EXPECT_EQ(client.read(25), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(client.ask("abc").body, "abc");
}

TEST_F(HttpExchange, DoesNotAskForABodyItWillNotTake) {
    Client client(start());
    const Answer answer =
        client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(HttpExchange, SplitsTheTargetAndLowersHeaderNames) {
    service_.handlers["/a%20b"] = [](const Request& request) {
        return text(request.target + "|" + request.query + "|" + std::string(request.header("x-custom")) + "|" +
                    request.remote_address + "|" + (request.secure ? "tls" : "plain"));
    };
    Client client(start());
    const std::string expected = "/a%20b?q=1%20?&r|q=1%20?&r|Value|127.0.0.1|plain";
    EXPECT_EQ(client.ask("GET /a%20b?q=1%20?&r HTTP/1.1\r\nHost: x\r\nX-CUSTOM: Value\r\n\r\n").body, expected);
    EXPECT_EQ(client.ask("GET http://x/a%20b?q=1%20?&r HTTP/1.1\r\nHost: x\r\nX-CUSTOM: Value\r\n\r\n").body, expected);
}

TEST_F(HttpExchange, TakesOverASaneRequestIdAndMakesFreshOnes) {
    Client client(start());
    const auto id_for = [&](const std::string& sent) {
        return client.ask("GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + sent + "\r\n\r\n")
            .header("x-request-id");
    };
    EXPECT_EQ(id_for("Abc-1._z"), "Abc-1._z");
    EXPECT_EQ(id_for(std::string(128, 'a')), std::string(128, 'a'));
    for (const std::string& insane : {std::string("a b"), std::string("a\"b"), std::string(129, 'a')}) {
        const std::string fresh = id_for(insane);
        EXPECT_EQ(fresh.size(), 26U);
        EXPECT_NE(fresh, id_for(insane));
    }
}

TEST_F(HttpExchange, DropsUnsafeAndOwnHeadersOfAnAnswer) {
    service_.handlers["/odd"] = [](const Request&) {
        Response response = text("x");
        response.headers.emplace_back("X-Split", "a\r\nX-Evil: 1");
        response.headers.emplace_back("Bad Name", "a");
        response.headers.emplace_back("Content-Length", "77");
        response.headers.emplace_back("X-Good", "yes");
        return response;
    };
    Client client(start());
    const Answer answer = client.get("/odd");
    EXPECT_EQ(answer.headers.count("content-length"), 1U);
    EXPECT_EQ(answer.body, "x");
    EXPECT_EQ(answer.header("x-good"), "yes");
    EXPECT_EQ(answer.header("x-evil"), "");
    EXPECT_EQ(answer.header("x-split"), "");
    EXPECT_EQ(answer.headers.count("bad name"), 0U);
    EXPECT_EQ(answer.header("server"), "");
}

TEST_F(HttpExchange, RefusesOnTheHeadAloneAndKeepsTheConnection) {
    Client client(start());
    EXPECT_EQ(client.get("/forbidden").status, 403U);
    const Answer with_body = client.post("/forbidden", std::string(60'000, 'x'));
    EXPECT_EQ(with_body.status, 403U);
    EXPECT_EQ(with_body.header("connection"), "keep-alive");
    EXPECT_EQ(client.get("/health").body, "well");
    const Answer with_large_body = client.post("/forbidden", std::string(90'000, 'x'));
    EXPECT_EQ(with_large_body.status, 403U);
    EXPECT_EQ(with_large_body.header("connection"), "close");
}

TEST_F(HttpExchange, TurnsExceptionsInto500) {
    service_.handlers["/boom"] = [](const Request&) -> Response { throw std::runtime_error("boom"); };
    Client client(start());
    EXPECT_EQ(client.get("/boom").status, 500U);
    EXPECT_EQ(client.get("/bad-plan").status, 500U);
    EXPECT_EQ(client.get("/health").status, 200U);
}

TEST_F(HttpExchange, SendsNoBodyWhereNoneIsAllowed) {
    service_.handlers["/none"] = [](const Request&) { return Response{204, {}, "ignored", {}, {}}; };
    Client client(start());
    const Answer answer = client.get("/none");
    EXPECT_EQ(answer.status, 204U);
    EXPECT_EQ(answer.headers.count("content-length"), 0U);
    EXPECT_EQ(client.get("/health").body, "well");
}

TEST_F(HttpExchange, SendsASharedBodyInPlaceOfItsOwn) {
    for (const std::size_t size : {0U, 5U, 3'000'000U}) {
        service_.handlers["/shared" + std::to_string(size)] = [size](const Request&) {
            Response response = text("own");
            response.shared_body = std::make_shared<const std::string>(size, 's');
            return response;
        };
    }
    service_.handlers["/not-modified"] = [](const Request&) {
        Response response;
        response.status = 304;
        response.shared_body = std::make_shared<const std::string>("left out");
        return response;
    };
    Client client(start());
    for (const std::size_t size : {0U, 5U, 3'000'000U}) {
        const std::string path = "/shared" + std::to_string(size);
        EXPECT_TRUE(client.get(path).body == std::string(size, 's')) << size;
        client.send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(client.read_answer(true).header("content-length"), std::to_string(size));
    }
    EXPECT_EQ(client.get("/not-modified").status, 304U);
    EXPECT_EQ(client.get("/health").body, "well");
}

TEST_F(HttpExchange, CarriesLargeBodiesBothWays) {
    service_.body_limit = 20'000'000;
    Client client(start());
    std::string body(10'000'000, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 3);
    EXPECT_TRUE(client.post("/echo", body).body == body);
}

TEST_F(HttpExchange, HealthAnswersAndOthersAreRefusedWhileThePoolIsFull) {
    const std::uint16_t port = start();
    FullPool full(workers_, 2);
    Client client(port);
    EXPECT_EQ(client.get("/health").body, "well");
    const Answer answer = client.get("/echo");
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(answer.header("retry-after"), "1");
    EXPECT_EQ(answer.body, R"({"refused":503})");
    EXPECT_EQ(client.get("/health").body, "well") << "the connection is kept";
    full.release();
    unsigned later = 503;
    while (later == 503) later = client.get("/echo").status;
    EXPECT_EQ(later, 200U);
}

TEST_F(HttpExchange, AnswersForAHandlerThatTakesTooLong) {
    Gate gate;
    service_.deadline = Milliseconds(100);
    service_.handlers["/slow"] = [&](const Request&) {
        gate.wait();
        return text("late");
    };
    Client client(start());
    EXPECT_EQ(client.get("/slow").status, 503U);
    gate.open();
    EXPECT_EQ(client.get("/health").body, "well") << "the late answer goes nowhere";
}

TEST_F(HttpExchange, WorksWithSeveralIoThreads) {
    options_.io_threads = 4;
    const std::uint16_t port = start();
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> clients;
        for (int c = 0; c < 8; ++c) {
            clients.emplace_back([&right, port, c] {
                Client client(port);
                for (int i = 0; i < 50; ++i) {
                    const std::string body = std::to_string(c * 1000 + i);
                    if (client.post("/echo", body).body == body && client.get("/health").body == "well") ++right;
                }
            });
        }
    }
    EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace facegate::http::testing
