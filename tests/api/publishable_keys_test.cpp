#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "api/api_fixture.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

using Routes = std::set<std::pair<std::string, std::string>>;

/// What a browser may do with a publishable key; everything else answers it 403. A route that is not there yet is
/// meant for when it is.
const Routes& open_to_publishable_keys() {
    static const Routes kRoutes = {
        {"POST", "/v1/liveness/session"}, {"GET", "/v1/liveness/result/:sessionId"},
        {"POST", "/v1/consent"},          {"GET", "/v1/consent/versions"},
        {"POST", "/v1/verify"},           {"POST", "/v1/session"},
        {"POST", "/v1/session/refresh"},  {"POST", "/v1/sessions/:id/step-up"},
        {"POST", "/v1/handoff"},          {"POST", "/v1/signals"},
    };
    return kRoutes;
}

/// Open to who holds a token that names one person.
const Routes& perhaps_open() {
    static const Routes kRoutes = {{"POST", "/v1/users/:id/re-enroll"}};
    return kRoutes;
}

class PublishableKeys : public ApiTest {
protected:
    Client web_ = key_for(client_.scope.tenant, Environment::kTest, {}, domain::KeyKind::kPublishable);
};

TEST_F(PublishableKeys, OpenTheNamedRoutesAndNoOthers) {
    std::size_t refused = 0;
    for (const api::Route& route : application().routes().routes()) {
        const bool takes_key = route.info.auth == api::Auth::kApiKey || route.info.auth == api::Auth::kSecretKey;
        const std::pair<std::string, std::string> name{route.info.method, route.info.path};
        if (!takes_key || route.open || perhaps_open().contains(name)) continue;
        SCOPED_TRACE(name.first + " " + name.second);
        const Answer answer = call({route.info.method, route.info.path, web_.key});
        if (open_to_publishable_keys().contains(name)) {
            EXPECT_NE(answer.error(), "SECRET_KEY_REQUIRED") << answer;
            EXPECT_NE(answer.status, 401U) << answer;
        } else {
            EXPECT_TRUE(is_error(answer, 403, "SECRET_KEY_REQUIRED"));
            ++refused;
        }
    }
    EXPECT_GE(refused, 6U);
}

TEST_F(PublishableKeys, SignAPersonIn) {
    const std::string user = enroll(client_, Person::kAda);
    const Answer answer = verify(web_, Person::kAda);
    EXPECT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.text_at("/user/id"), user);
}

TEST_F(PublishableKeys, AreListedExpiredAndRevokedLikeOthers) {
    const Client hour = key_for(client_.scope.tenant, Environment::kLive, clock().now() + std::chrono::hours(1),
                                domain::KeyKind::kPublishable);
    EXPECT_TRUE(hour.key.starts_with("fg_live_pub_"));
    EXPECT_EQ(get(hour, "/v1/consent/versions").status, 200U);
    EXPECT_EQ(get(web_, "/v1/consent/versions").status, 200U) << "several keys at once";
    clock().advance(std::chrono::hours(1));
    EXPECT_TRUE(is_error(get(hour, "/v1/consent/versions"), 401, "UNAUTHORIZED"));
    ASSERT_TRUE(application().database().write_system(
        [&](sql::SystemTx& tx) { return domain::revoke_key(tx, web_.key_id, clock().now()); }));
    EXPECT_TRUE(is_error(get(web_, "/v1/consent/versions"), 401, "UNAUTHORIZED"));
    EXPECT_EQ(get("/v1/consent/versions").status, 200U);
}

/// Keys are remembered; changes of this process must count at once all the same.
class RememberedKeys : public ApiTest {};

TEST_F(RememberedKeys, AreForgottenWithTheNextRequestWhenSomethingChanges) {
    ASSERT_EQ(get("/v1/users").status, 200U);
    const auto set_status = [&](domain::TenantStatus status) {
        ASSERT_TRUE(application().database().write_system(
            [&](sql::SystemTx& tx) { return domain::set_tenant_status(tx, client_.scope.tenant, status); }));
    };
    for (int i = 0; i < 3; ++i) {
        set_status(domain::TenantStatus::kSuspended);
        EXPECT_TRUE(is_error(get("/v1/users"), 403, "TENANT_SUSPENDED"));
        set_status(domain::TenantStatus::kActive);
        EXPECT_EQ(get("/v1/users").status, 200U);
    }
    ASSERT_TRUE(application().database().write_system(
        [&](sql::SystemTx& tx) { return domain::set_allowed_origins(tx, client_.scope.tenant, {}); }));
    EXPECT_TRUE(is_error(call({"GET", "/v1/users", client_.key, "", {{"origin", "https://app.example.com"}}}), 403,
                         "ORIGIN_NOT_ALLOWED"));
}

TEST_F(RememberedKeys, NoRequestThatBeginsAfterARevocationGetsThrough) {
    for (int round = 0; round < 20; ++round) {
        const Client victim = key_for(client_.scope.tenant, Environment::kTest);
        std::atomic<bool> revoked = false;
        std::atomic<int> too_late = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i) {
                    const bool was_revoked = revoked;
                    const Answer answer = testing::call(application().service(), {"GET", "/v1/users", victim.key});
                    if (was_revoked && answer.status != 401) ++too_late;
                }
            });
        }
        application().database().write_system(
            [&](sql::SystemTx& tx) { (void)domain::revoke_key(tx, victim.key_id, clock().now()); });
        revoked = true;
        for (std::thread& thread : threads) thread.join();
        ASSERT_EQ(too_late, 0);
    }
}

}  // namespace
}  // namespace facegate::testing
