#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

constexpr const char* kAllowedOrigin = "https://app.example.com";
constexpr const char* kForeignOrigin = "https://evil.example.net";

class Authentication : public ApiTest {
protected:
    void set_status(const TenantId& tenant, domain::TenantStatus status) {
        ASSERT_TRUE(application().database().write_system(
            [&](sql::SystemTx& tx) { return domain::set_tenant_status(tx, tenant, status); }));
    }
    void revoke(const KeyId& key) {
        ASSERT_TRUE(application().database().write_system(
            [&](sql::SystemTx& tx) { return domain::revoke_key(tx, key, clock().now()); }));
    }
    static Answer list_users(std::vector<std::pair<std::string, std::string>> headers) {
        return call({"GET", "/v1/users", "", "", std::move(headers)});
    }
};

TEST_F(Authentication, TakesTheKeyFromEitherHeader) {
    const std::string bearer = "Bearer " + client_.key;
    const std::string other = key_for(client_.scope.tenant, Environment::kTest).key;
    struct Case {
        const char* name;
        std::vector<std::pair<std::string, std::string>> headers;
        unsigned status;
    };
    const std::vector<Case> cases = {
        {"bearer", {{"authorization", bearer}}, 200},
        {"the scheme in any case", {{"authorization", "bEaReR " + client_.key}}, 200},
        {"x-api-key", {{"x-api-key", client_.key}}, 200},
        {"both, the same", {{"authorization", bearer}, {"x-api-key", client_.key}}, 200},
        {"both, two valid ones", {{"authorization", bearer}, {"x-api-key", other}}, 401},
        {"both, one valid", {{"authorization", bearer}, {"x-api-key", "fg_test_nonsense"}}, 401},
        {"none", {}, 401},
        {"empty", {{"authorization", ""}}, 401},
        {"only the scheme", {{"authorization", "Bearer "}}, 401},
        {"another scheme", {{"authorization", "Basic " + client_.key}}, 401},
        {"no scheme", {{"authorization", client_.key}}, 401},
        {"something behind it", {{"authorization", bearer + " x"}}, 401},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        const Answer answer = list_users(one.headers);
        EXPECT_EQ(answer.status, one.status) << answer;
        if (one.status != 401) continue;
        EXPECT_EQ(answer.error(), "UNAUTHORIZED");
        EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
        EXPECT_FALSE(answer.text_at("/message").empty());
        EXPECT_FALSE(answer.text_at("/request_id").empty());
    }
}

TEST_F(Authentication, RefusesWhatIsNoValidKey) {
    const std::string letters(32, 'A');
    const std::vector<std::pair<const char*, std::string>> cases = {
        {"unknown", "fg_test_" + letters},
        {"a changed character", client_.key.substr(0, client_.key.size() - 1) + "_"},
        {"cut off", client_.key.substr(0, client_.key.size() - 1)},
        {"too short", "fg_test_abc"},
        {"too long", "fg_test_" + std::string(10'000, 'a')},
        {"unknown environment", "fg_demo_" + letters},
        {"an unknown publishable key", "fg_test_pub_" + letters},
        {"a secret key with pub_ inside", "fg_test_pub_" + client_.key.substr(8)},
        {"the other environment's prefix", "fg_live_" + client_.key.substr(8)},
        {"not a key", "hello"},
        {"quotes", "' OR '1'='1"},
    };
    for (const auto& [name, key] : cases) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(is_error(call({"GET", "/v1/users", "", "", {{"x-api-key", key}}}), 401, "UNAUTHORIZED"));
    }
    EXPECT_EQ(get("/v1/users").status, 200U);
}

TEST_F(Authentication, KeysWorkAtOnceAndEndAtOnce) {
    const Client second = key_for(client_.scope.tenant, Environment::kTest);
    EXPECT_EQ(get(second, "/v1/users").status, 200U);
    revoke(second.key_id);
    EXPECT_TRUE(is_error(get(second, "/v1/users"), 401, "UNAUTHORIZED"));
    EXPECT_EQ(get("/v1/users").status, 200U);
}

TEST_F(Authentication, KeysExpire) {
    const Client hour = key_for(client_.scope.tenant, Environment::kTest, clock().now() + std::chrono::hours(1));
    clock().advance(std::chrono::hours(1) - Milliseconds(1));
    EXPECT_EQ(get(hour, "/v1/users").status, 200U);
    clock().advance(Milliseconds(1));
    EXPECT_TRUE(is_error(get(hour, "/v1/users"), 401, "UNAUTHORIZED"));
}

TEST_F(Authentication, ASuspendedTenantIsRefusedOnEveryRouteWithAKey) {
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    set_status(client_.scope.tenant, domain::TenantStatus::kSuspended);
    std::size_t routes = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (route.info.auth != api::Auth::kApiKey && route.info.auth != api::Auth::kSecretKey) continue;
        if (route.open) continue;
        SCOPED_TRACE(route.info.method + " " + route.info.path);
        EXPECT_TRUE(is_error(call({route.info.method, route.info.path, client_.key}), 403, "TENANT_SUSPENDED"));
        EXPECT_TRUE(is_error(call({route.info.method, route.info.path, live.key}), 403, "TENANT_SUSPENDED"));
        EXPECT_TRUE(is_error(call({route.info.method, route.info.path}), 401, "UNAUTHORIZED"));
        ++routes;
    }
    EXPECT_GE(routes, 9U);
    set_status(client_.scope.tenant, domain::TenantStatus::kActive);
    EXPECT_EQ(get("/v1/users").status, 200U);
}

Answer preflight(http::Service& service, const std::string& path, const std::string& method,
                 const std::string& origin) {
    return call(service, {"OPTIONS", path, "", "", {{"origin", origin}, {"access-control-request-method", method}}});
}

TEST_F(Authentication, PreflightsAreAnsweredForOriginsSomeTenantAllows) {
    const Answer allowed = preflight(application().service(), "/v1/verify", "POST", kAllowedOrigin);
    EXPECT_EQ(allowed.status, 204U) << allowed;
    EXPECT_EQ(allowed.header("access-control-allow-origin"), kAllowedOrigin);
    EXPECT_EQ(allowed.header("vary"), "Origin");
    EXPECT_NE(allowed.header("access-control-allow-methods").find("POST"), std::string::npos);
    const std::string headers = allowed.header("access-control-allow-headers");
    for (const char* name : {"authorization", "content-type", "x-api-key", "x-device-fingerprint", "x-device-id"}) {
        EXPECT_NE(headers.find(name), std::string::npos) << name;
    }
    EXPECT_GT(std::stoi(allowed.header("access-control-max-age")), 0);

    for (const char* origin : {kForeignOrigin, "https://app.example.com.evil.net", "http://app.example.com", "null"}) {
        SCOPED_TRACE(origin);
        const Answer refused = preflight(application().service(), "/v1/verify", "POST", origin);
        EXPECT_TRUE(is_error(refused, 403, "ORIGIN_NOT_ALLOWED"));
        EXPECT_EQ(refused.header("access-control-allow-origin"), "");
    }
    // What needs no key is open to every page.
    EXPECT_EQ(preflight(application().service(), "/v1/health", "GET", kForeignOrigin).status, 204U);
}

TEST_F(Authentication, TheOriginOfARequestIsCheckedAgainstItsKeysTenant) {
    const auto with_origin = [&](const Client& client, const std::string& origin) {
        return call({"GET", "/v1/users", client.key, "", {{"origin", origin}}});
    };
    const Answer allowed = with_origin(client_, kAllowedOrigin);
    EXPECT_EQ(allowed.status, 200U) << allowed;
    EXPECT_EQ(allowed.header("access-control-allow-origin"), kAllowedOrigin);
    const std::string exposed = allowed.header("access-control-expose-headers");
    for (const char* name : {"x-request-id", "RateLimit", "RateLimit-Policy", "Retry-After"}) {
        EXPECT_NE(exposed.find(name), std::string::npos) << name;
    }
    EXPECT_TRUE(is_error(with_origin(client_, kForeignOrigin), 403, "ORIGIN_NOT_ALLOWED"));

    // Another tenant's origin passes the preflight, but not the request.
    const Client closed = new_client();
    ASSERT_TRUE(application().database().write_system(
        [&](sql::SystemTx& tx) { return domain::set_allowed_origins(tx, closed.scope.tenant, {}); }));
    EXPECT_TRUE(is_error(with_origin(closed, kAllowedOrigin), 403, "ORIGIN_NOT_ALLOWED"));
    EXPECT_EQ(get(closed, "/v1/users").status, 200U);
    EXPECT_EQ(with_origin(closed, "http://localhost:8080").status, 200U);

    // A script is told why its request failed.
    const Answer no_key = call({"GET", "/v1/users", "", "", {{"origin", kAllowedOrigin}}});
    EXPECT_EQ(no_key.status, 401U);
    EXPECT_NE(no_key.header("access-control-allow-origin"), "");
}

}  // namespace
}  // namespace facegate::testing
