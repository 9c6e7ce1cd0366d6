#include "api/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "api/json_reader.h"
#include "unit/api/toy_routes.h"

namespace facegate::api {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kAuth = "authorization";
const std::string kSecret = "Bearer fg_test_secret";

http::Request request(std::string method, std::string path, Headers headers = {}, std::string body = {}) {
    http::Request made;
    made.method = std::move(method);
    made.path = path.substr(0, path.find('?'));
    if (path.find('?') != std::string::npos) made.query = path.substr(path.find('?') + 1);
    made.target = std::move(path);
    made.headers = std::move(headers);
    made.body = std::move(body);
    made.remote_address = "10.0.0.7";
    made.request_id = "req-1";
    return made;
}

std::string header_of(const http::Response& response, std::string_view name) {
    std::string all;
    for (const auto& [key, value] : response.headers) {
        if (key == name) all += (all.empty() ? "" : " + ") + value;
    }
    return all;
}

std::string error_of(const http::Response& response) {
    const auto json = read_json(response.body);
    if (!json || !json->is_object() || !json->as_object().contains("error")) return "";
    EXPECT_EQ(json->at("request_id"), "req-1");
    return std::string(json->at("error").as_string());
}

class DispatcherTest : public testing::Test {
protected:
    DispatcherTest() { add_toy_routes(routes_); }

    DispatcherHooks hooks() {
        DispatcherHooks hooks;
        hooks.authenticate = [](std::string_view key) -> Result<Caller> {
            Caller caller{
                {TenantId("ten_1"), Environment::kTest}, KeyId("key_1"), false, {"https://app.example"}, "guest"};
            if (key == "fg_test_secret") return caller;
            if (key == "fg_test_pub_p") {
                caller.publishable = true;
                return caller;
            }
            if (key == "fg_test_suspended") return fail(ErrorCode::kTenantSuspended, "Suspended");
            if (key == "fg_test_down") throw std::runtime_error("secret-host unreachable");
            return fail(ErrorCode::kUnauthorized, "Unknown key");
        };
        hooks.demo_caller = [this]() -> Result<Caller> {
            return Caller{{TenantId("ten_demo"), Environment::kDemo}, {}, false, {}, ""};
        };
        hooks.origins.own = "https://id.example";
        hooks.origins.known = [](std::string_view origin) {
            return origin == "https://app.example" || origin == "https://other.example";
        };
        hooks.phase = [this] { return phase_; };
        return hooks;
    }

    /// As the listener does it: plan, then handle unless refused.
    http::Response send(const http::Request& sent) {
        http::Plan plan = dispatcher_.plan(sent);
        if (plan.refuse) return *plan.refuse;
        if (sent.body.size() > plan.body_limit) return dispatcher_.refusal(sent, 413);
        return dispatcher_.handle(sent);
    }
    http::Response greet(const std::string& body, const std::string& type = "application/json") {
        return send(request("POST", "/v1/greet", {{kAuth, kSecret}, {"content-type", type}}, body));
    }

    Phase phase_ = Phase::kRunning;
    RouteTable routes_;
    Dispatcher dispatcher_{routes_, hooks()};
};

TEST_F(DispatcherTest, AnswersWithTheHandlersResult) {
    const http::Response response = greet(R"({"name":"Ada","times":2})");
    EXPECT_EQ(response.status, 201U);
    EXPECT_EQ(response.body, R"({"greeting":"Hello Ada of ten_1 from 10.0.0.7"})");
    EXPECT_EQ(response.route, "/v1/greet");
    EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
    EXPECT_EQ(header_of(response, "x-greeted"), "Ada");
    EXPECT_EQ(response.log_fields, R"("times":2,"tenant":"ten_1","environment":"test","key":"key_1")");
}

TEST_F(DispatcherTest, AuthenticationHeaders) {
    struct Case {
        const char* name;
        Headers headers;
        unsigned status;
    };
    const std::vector<Case> cases = {
        {"bearer", {{kAuth, kSecret}}, 200},
        {"scheme in any case", {{kAuth, "bEaReR  fg_test_secret"}}, 200},
        {"x-api-key", {{"x-api-key", "fg_test_secret"}}, 200},
        {"both the same", {{kAuth, kSecret}, {"x-api-key", "fg_test_secret"}}, 200},
        {"both, differing", {{kAuth, kSecret}, {"x-api-key", "fg_test_pub_p"}}, 401},
        {"twice, differing", {{kAuth, kSecret}, {kAuth, "Bearer fg_test_pub_p"}}, 401},
        {"one good, one malformed", {{"x-api-key", "fg_test_secret"}, {kAuth, "Basic abc"}}, 401},
        {"none", {}, 401},
        {"empty", {{kAuth, ""}}, 401},
        {"scheme only", {{kAuth, "Bearer "}}, 401},
        {"no scheme", {{kAuth, "fg_test_secret"}}, 401},
        {"two tokens", {{kAuth, "Bearer fg_test_secret x"}}, 401},
        {"empty x-api-key", {{"x-api-key", ""}}, 401},
        {"unknown", {{kAuth, "Bearer fg_test_unknown"}}, 401},
        {"suspended", {{kAuth, "Bearer fg_test_suspended"}}, 403},
        {"failing", {{kAuth, "Bearer fg_test_down"}}, 500},
    };
    for (const Case& c : cases) {
        const http::Response response = send(request("GET", "/v1/guests", c.headers));
        EXPECT_EQ(response.status, c.status) << c.name;
        EXPECT_EQ(error_of(response) == "UNAUTHORIZED", c.status == 401) << c.name;
        EXPECT_EQ(response.body.find("secret-"), std::string::npos) << c.name;
        EXPECT_EQ(dispatcher_.handle(request("GET", "/v1/guests", c.headers)).status, c.status) << c.name;
    }
}

TEST_F(DispatcherTest, APublishableKeyIsNotASecretOne) {
    const Headers publishable = {{kAuth, "Bearer fg_test_pub_p"}};
    EXPECT_EQ(send(request("GET", "/v1/guests/7", publishable)).status, 200U);
    EXPECT_EQ(error_of(send(request("DELETE", "/v1/guests/7", publishable))), "SECRET_KEY_REQUIRED");
    EXPECT_EQ(send(request("DELETE", "/v1/guests/7", {{kAuth, kSecret}})).body, "{}");
}

TEST_F(DispatcherTest, UnknownPathsAndMethods) {
    EXPECT_EQ(error_of(send(request("GET", "/v1/nothing"))), "NOT_FOUND");
    EXPECT_EQ(error_of(send(request("OPTIONS", "/v1/nothing"))), "NOT_FOUND");
    const http::Response wrong = send(request("PUT", "/v1/guests/7"));
    EXPECT_EQ(wrong.status, 405U);
    EXPECT_EQ(error_of(wrong), "METHOD_NOT_ALLOWED");
    EXPECT_EQ(header_of(wrong, "Allow"), "DELETE, GET, HEAD, OPTIONS");
    EXPECT_EQ(header_of(send(request("OPTIONS", "/v1/greet")), "Allow"), "POST, OPTIONS");
}

TEST_F(DispatcherTest, ChecksComeInOrder) {
    // Unknown path before authentication; authentication before the content type; that before the body.
    EXPECT_EQ(send(request("POST", "/v1/nothing", {}, "{")).status, 404U);
    EXPECT_EQ(send(request("POST", "/v1/greet", {{"content-type", "text/plain"}}, "{")).status, 401U);
    EXPECT_EQ(send(request("POST", "/v1/greet", {{kAuth, "Bearer x"}, {"content-type", "text/plain"}}, "{")).status,
              401U);
    EXPECT_EQ(error_of(greet("{", "text/plain")), "UNSUPPORTED_MEDIA_TYPE");
    EXPECT_EQ(error_of(greet("{")), "INVALID_JSON");
    EXPECT_EQ(error_of(greet("{}")), "Validation failed");
}

TEST_F(DispatcherTest, ContentTypes) {
    const std::string body = R"({"name":"Ada"})";
    for (const char* good : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                             "application/json;charset=\"UTF-8\"", "application/json; odd=1"}) {
        EXPECT_EQ(greet(body, good).status, 201U) << good;
    }
    for (const char* bad : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp",
                            "application/json; charset=latin1", "multipart/form-data; boundary=application/json"}) {
        EXPECT_EQ(greet(body, bad).status, 415U) << bad;
    }
    EXPECT_EQ(greet("", "text/plain").status, 400U);  // an empty body has no type
    EXPECT_EQ(send(request("POST", "/v1/ping", {{kAuth, kSecret}})).status, 200U);
}

TEST_F(DispatcherTest, BadBodies) {
    EXPECT_EQ(error_of(greet(std::string(500, '['))), "INVALID_JSON");
    EXPECT_EQ(error_of(greet(std::string(1001, ' '))), "PAYLOAD_TOO_LARGE");
    const http::Response invalid = greet(R"({"name":"","times":9})");
    EXPECT_EQ(invalid.status, 400U);
    EXPECT_EQ(read_json(invalid.body)->at("details").as_array().size(), 2U);
}

TEST_F(DispatcherTest, QueryParametersAreValidatedToo) {
    const auto ask = [&](const std::string& query) {
        return send(request("GET", "/v1/guests" + query, {{kAuth, kSecret}}));
    };
    EXPECT_EQ(ask("").body, R"({"guests":[{"greeting":"10 - false"}],"host":null})");
    EXPECT_EQ(ask("?limit=5&q=a+b%26&all=true&other=1").body, R"({"guests":[{"greeting":"5 a b& true"}],"host":null})");
    for (const char* bad : {"?limit=0", "?limit=101", "?limit=x", "?limit=", "?limit=5x", "?limit=1e1", "?all=yes"}) {
        EXPECT_EQ(error_of(ask(bad)), "Validation failed") << bad;
    }
    EXPECT_EQ(error_of(ask("?q=%zz")), "BAD_REQUEST");
    EXPECT_EQ(error_of(ask("?q=%ff")), "BAD_REQUEST");
}

TEST_F(DispatcherTest, FailuresTellNothingInternal) {
    struct Case {
        const char* name;
        unsigned status;
        const char* error;
    };
    for (const Case& c : {Case{"nobody", 422, "NO_FACE_DETECTED"}, Case{"database", 500, "DATABASE_ERROR"},
                          Case{"provider", 500, "PROVIDER_ERROR"}, Case{"bug", 500, "INTERNAL_ERROR"},
                          Case{"odd", 500, "INTERNAL_ERROR"}}) {
        const http::Response response = greet(std::string(R"({"name":")") + c.name + "\"}");
        EXPECT_EQ(response.status, c.status) << c.name;
        EXPECT_EQ(error_of(response), c.error);
        EXPECT_EQ(response.body.find("secret-"), std::string::npos);
        EXPECT_NE(response.log_fields.find(std::string(R"("error":")") + c.error), std::string::npos);
    }
}

TEST_F(DispatcherTest, EveryAnswerIsHardened) {
    for (const http::Response& response :
         {send(request("GET", "/v1/health")), send(request("GET", "/nothing")), send(request("GET", "/v1/guests")),
          dispatcher_.refusal(request("GET", "/v1/guests"), 408)}) {
        EXPECT_EQ(header_of(response, "X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
        EXPECT_EQ(header_of(response, "Referrer-Policy"), "no-referrer");
    }
    EXPECT_EQ(header_of(send(request("GET", "/assets/a")), "Cache-Control"), "max-age=60");
}

TEST_F(DispatcherTest, Preflights) {
    const auto preflight = [&](const std::string& path, const std::string& origin, const std::string& method) {
        return send(request("OPTIONS", path, {{"origin", origin}, {"access-control-request-method", method}}));
    };
    const http::Response known = preflight("/v1/greet", "https://other.example", "POST");
    EXPECT_EQ(known.status, 204U);
    EXPECT_EQ(header_of(known, "Access-Control-Allow-Origin"), "https://other.example");
    EXPECT_EQ(header_of(known, "Access-Control-Allow-Methods"), "POST, OPTIONS");
    EXPECT_EQ(header_of(known, "Access-Control-Max-Age"), "600");
    EXPECT_EQ(header_of(known, "Vary"), "Origin");
    for (const char* name : {"authorization", "content-type", "x-api-key", "x-device-fingerprint", "x-device-id",
                             "x-request-id", "idempotency-key", "if-none-match"}) {
        EXPECT_THAT(header_of(known, "Access-Control-Allow-Headers"), testing::HasSubstr(name));
    }
    const http::Response unknown = preflight("/v1/greet", "https://evil.example", "POST");
    EXPECT_EQ(error_of(unknown), "ORIGIN_NOT_ALLOWED");
    EXPECT_EQ(unknown.status, 403U);
    EXPECT_EQ(header_of(unknown, "Access-Control-Allow-Origin"), "");
    EXPECT_EQ(preflight("/v1/greet", "null", "POST").status, 403U);
    EXPECT_EQ(header_of(preflight("/v1/health", "https://evil.example", "GET"), "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(preflight("/nothing", "https://other.example", "GET").status, 404U);
}

TEST_F(DispatcherTest, OriginsOfRealRequests) {
    struct Case {
        const char* name;
        std::string path;
        std::string origin;
        std::string host;
        unsigned status;
        std::string allowed;
    };
    const std::vector<Case> cases = {
        {"no origin", "/v1/guests", "", "id.example", 200, ""},
        {"own", "/v1/guests", "https://id.example", "id.example", 200, ""},
        {"loopback reached as it names itself", "/v1/guests", "http://127.0.0.1:8080", "127.0.0.1:8080", 200, ""},
        {"another port", "/v1/guests", "http://127.0.0.1:9999", "127.0.0.1:8080", 403, "*"},
        {"a rebound name", "/v1/guests", "http://evil.example", "evil.example", 403, "*"},
        {"not quite loopback", "/v1/guests", "http://localhost.evil.example", "localhost.evil.example", 403, "*"},
        {"allowed", "/v1/guests", "https://app.example", "id.example", 200, "https://app.example"},
        {"allowed by another tenant", "/v1/guests", "https://other.example", "id.example", 403, "*"},
        {"null", "/v1/guests", "null", "id.example", 403, "*"},
        {"open to all", "/v1/health", "https://evil.example", "id.example", 200, "*"},
    };
    for (const Case& c : cases) {
        Headers headers = {{kAuth, kSecret}, {"host", c.host}};
        if (!c.origin.empty()) headers.emplace_back("origin", c.origin);
        const http::Response response = send(request("GET", c.path, headers));
        EXPECT_EQ(response.status, c.status) << c.name;
        EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), c.allowed) << c.name;
        EXPECT_EQ(error_of(response) == "ORIGIN_NOT_ALLOWED", c.status == 403) << c.name;
        if (c.allowed == "https://app.example") {
            EXPECT_EQ(header_of(response, "Vary"), "Origin");
            EXPECT_EQ(header_of(response, "Access-Control-Expose-Headers"),
                      "x-request-id, RateLimit, RateLimit-Policy, Retry-After");
        }
    }
    // A page may read why its request failed before any tenant was known.
    const http::Response no_key = send(request("GET", "/v1/guests", {{"origin", "https://app.example"}}));
    EXPECT_EQ(no_key.status, 401U);
    EXPECT_EQ(header_of(no_key, "Access-Control-Allow-Origin"), "*");
}

TEST_F(DispatcherTest, TheDemoIsForItsOwnPages) {
    EXPECT_EQ(send(request("POST", "/demo/hello")).body, R"({"greeting":"ten_demo"})");
    EXPECT_EQ(send(request("POST", "/demo/hello", {{"origin", "https://evil.example"}})).status, 403U);
    DispatcherHooks without = hooks();
    without.demo_caller = nullptr;
    EXPECT_EQ(error_of(Dispatcher(routes_, without).handle(request("POST", "/demo/hello"))), "NOT_FOUND");
}

TEST_F(DispatcherTest, PlansFollowTheRoute) {
    const http::Plan greet_plan = dispatcher_.plan(request("POST", "/v1/greet", {{kAuth, kSecret}}));
    EXPECT_FALSE(greet_plan.refuse);
    EXPECT_EQ(greet_plan.body_limit, 1000U);
    EXPECT_FALSE(greet_plan.on_io_thread);
    EXPECT_TRUE(dispatcher_.plan(request("GET", "/v1/health")).on_io_thread);
    EXPECT_TRUE(dispatcher_.plan(request("GET", "/stream", {{"upgrade", "WebSocket"}})).is_websocket);
    const http::Plan no_upgrade = dispatcher_.plan(request("GET", "/stream"));
    ASSERT_TRUE(no_upgrade.refuse);
    EXPECT_EQ(no_upgrade.refuse->status, 426U);
}

TEST_F(DispatcherTest, OnlyHealthAnswersWhileStartingOrDraining) {
    for (const Phase phase : {Phase::kStarting, Phase::kDraining}) {
        phase_ = phase;
        EXPECT_EQ(send(request("GET", "/v1/health")).status, 200U);
        const http::Response response = send(request("GET", "/v1/guests", {{kAuth, kSecret}}));
        EXPECT_EQ(response.status, 503U);
        EXPECT_EQ(error_of(response), "STARTING");
        EXPECT_EQ(header_of(response, "Retry-After"), "1");
    }
}

TEST_F(DispatcherTest, Sockets) {
    const auto peer = dispatcher_.open_socket(request("GET", "/stream"));
    ASSERT_NE(peer, nullptr);
    EXPECT_EQ(peer->on_message({1, 2}).send.at(0), (Bytes{1, 2}));
    for (const char* path : {"/stream?throw", "/v1/health", "/nothing"}) {
        const auto refused = dispatcher_.open_socket(request("GET", path));
        ASSERT_NE(refused, nullptr) << path;
        EXPECT_EQ(refused->on_open().close, 1011) << path;
    }
}

TEST_F(DispatcherTest, RefusalsHaveTheContractsShape) {
    const std::vector<std::pair<unsigned, std::string>> refusals = {
        {400, "BAD_REQUEST"}, {408, "REQUEST_TIMEOUT"}, {413, "PAYLOAD_TOO_LARGE"}, {426, "UPGRADE_REQUIRED"},
        {431, "BAD_REQUEST"}, {500, "INTERNAL_ERROR"},  {503, "OVERLOADED"},
    };
    for (const auto& [status, error] : refusals) {
        const http::Response response = dispatcher_.refusal(request("POST", "/v1/greet"), status);
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(error_of(response), error);
        EXPECT_EQ(response.route, "/v1/greet");
    }
    http::Request unreadable;
    unreadable.request_id = "req-1";
    EXPECT_EQ(dispatcher_.refusal(unreadable, 400).status, 400U);
}

}  // namespace
}  // namespace facegate::api
