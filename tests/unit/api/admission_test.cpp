#include "api/admission.h"

#include <gtest/gtest.h>

#include "api/dispatcher.h"
#include "unit/api/toy_routes.h"

namespace facegate::api {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

class StoppedClock final : public Clock {
public:
    [[nodiscard]] TimeMs now() const override { return now_; }
    void advance(Milliseconds by) { now_ += by; }

private:
    TimeMs now_ = from_unix_ms(1'780'000'000'000);
};

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

class AdmissionTest : public testing::Test {
protected:
    AdmissionTest() { add_toy_routes(routes_); }

    DispatcherHooks hooks() {
        DispatcherHooks hooks;
        hooks.authenticate = [this](std::string_view key) -> Result<Caller> {
            ++asked_;
            if (key == "suspended") return fail(ErrorCode::kTenantSuspended, "Suspended");
            if (!key.starts_with("good") && !key.starts_with("pub")) return fail(ErrorCode::kUnauthorized, "Unknown");
            Caller caller{{TenantId("ten_1"), Environment::kTest}, KeyId(std::string(key)), false, {}, "guest"};
            caller.publishable = key.starts_with("pub");
            return caller;
        };
        hooks.known_key = [this](std::string_view key) -> KnownKey {
            if (key == remembered_) return {std::make_shared<const Caller>(hooks_authenticate(key)), true};
            return {nullptr, key == was_valid_};
        };
        hooks.demo_caller = []() -> Result<Caller> {
            return Caller{{TenantId("ten_demo"), Environment::kDemo}, {}, true, {}, ""};
        };
        hooks.limits = &limits_;
        hooks.clock = &clock_;
        hooks.proxies = TrustedProxies::parse("10.0.0.0/8").value();
        return hooks;
    }
    static Caller hooks_authenticate(std::string_view key) {
        return {{TenantId("ten_1"), Environment::kTest}, KeyId(std::string(key)), key.starts_with("pub"), {}, "guest"};
    }

    struct Outcome {
        unsigned status = 0;
        bool body_read = true;
        http::Response response;
    };
    /// As the listener does it.
    Outcome send(const std::string& path, const std::string& key, const std::string& address = "203.0.113.1",
                 const std::string& forwarded = "") {
        http::Request request;
        request.method = path.starts_with("/demo") ? "POST" : "GET";
        request.path = request.target = path;
        if (!key.empty()) request.headers.emplace_back("x-api-key", key);
        if (!forwarded.empty()) request.headers.emplace_back("x-forwarded-for", forwarded);
        request.remote_address = address;
        http::Plan plan = dispatcher_.plan(request);
        if (plan.refuse) return {plan.refuse->status, false, *plan.refuse};
        request.carried = plan.carried;
        http::Response response = dispatcher_.handle(std::move(request));
        return {response.status, true, response};
    }
    /// How many of `asked` are not answered 429.
    int answered(const std::string& path, const std::string& key, int asked, const std::string& address = "203.0.113.1",
                 const std::string& forwarded = "") {
        int count = 0;
        for (int i = 0; i < asked; ++i) count += send(path, key, address, forwarded).status != 429 ? 1 : 0;
        return count;
    }

    StoppedClock clock_;
    RateLimits limits_{{"key", RateLimit{20, 30}}, {"address", RateLimit{5, 8}}, {"failures", RateLimit{2, 6}}};
    std::string remembered_;
    std::string was_valid_;
    int asked_ = 0;
    RouteTable routes_;
    Dispatcher dispatcher_{routes_, hooks()};
};

TEST_F(AdmissionTest, ASecretKeyIsCountedWhereverItComesFrom) {
    int count = 0;
    for (int i = 0; i < 50; ++i) {
        count += send("/v1/guests", "good-1", "203.0.113." + std::to_string(i)).status == 200 ? 1 : 0;
    }
    EXPECT_EQ(count, 30);
    EXPECT_EQ(answered("/v1/guests", "good-2", 50), 30) << "another key has its own";
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(answered("/v1/guests", "good-1", 50), 20);
}

TEST_F(AdmissionTest, ARefusalTellsWhenToComeBackAndCostsNoBody) {
    remembered_ = "good-1";
    const Outcome first = send("/v1/guests", "good-1");
    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(header_of(first.response, "RateLimit-Policy"), R"("key";q=30;w=2)");
    EXPECT_EQ(header_of(first.response, "RateLimit"), R"("key";r=29;t=1)");
    answered("/v1/guests", "good-1", 29);
    const Outcome refused = send("/v1/guests", "good-1");
    EXPECT_EQ(refused.status, 429U);
    EXPECT_FALSE(refused.body_read);
    EXPECT_EQ(header_of(refused.response, "Retry-After"), "1");
    EXPECT_EQ(header_of(refused.response, "RateLimit"), R"("key";r=0;t=2)");
    EXPECT_NE(refused.response.body.find("RATE_LIMITED"), std::string::npos);
    EXPECT_EQ(asked_, 0) << "the database is not asked for a remembered key";
}

TEST_F(AdmissionTest, PublishableKeysAndTheDemoAreCountedByAddress) {
    EXPECT_EQ(answered("/v1/guests", "pub-1", 20), 8);
    EXPECT_EQ(answered("/v1/guests", "pub-2", 20), 0) << "the same address with another key";
    EXPECT_EQ(answered("/demo/hello", "", 20), 0) << "and without one";
    EXPECT_EQ(answered("/v1/guests", "pub-1", 20, "203.0.113.2"), 8);
    EXPECT_EQ(answered("/v1/guests", "good-1", 20), 20) << "a secret key there is not concerned";
    // A /64 is one household.
    EXPECT_EQ(answered("/demo/hello", "", 5, "2001:db8::1"), 5);
    EXPECT_EQ(answered("/demo/hello", "", 5, "2001:db8::2"), 3);
    EXPECT_EQ(answered("/demo/hello", "", 5, "2001:db8:0:1::2"), 5);
}

TEST_F(AdmissionTest, AddressesAreThoseBehindTrustedProxies) {
    EXPECT_EQ(answered("/demo/hello", "", 20, "10.0.0.1", "203.0.113.7"), 8);
    EXPECT_EQ(answered("/demo/hello", "", 20, "10.0.0.1", "203.0.113.8"), 8);
    EXPECT_EQ(answered("/demo/hello", "", 20, "10.0.0.2", "1.1.1.1, 203.0.113.7"), 0);
    int count = 0;
    for (int i = 0; i < 20; ++i) {
        count += answered("/demo/hello", "", 1, "198.51.100.1", "203.0.113." + std::to_string(i));
    }
    EXPECT_EQ(count, 8) << "a stranger's header is not believed";
}

TEST_F(AdmissionTest, FailuresAreCountedAndThenTheDatabaseIsSpared) {
    int unauthorized = 0;
    for (int i = 0; i < 20; ++i) {
        unauthorized += send("/v1/guests", "bad-" + std::to_string(i)).status == 401 ? 1 : 0;
    }
    EXPECT_EQ(unauthorized, 6);
    EXPECT_EQ(asked_, 6);
    const Outcome refused = send("/v1/guests", "bad");
    EXPECT_EQ(refused.status, 429U);
    EXPECT_FALSE(refused.body_read);
    EXPECT_FALSE(header_of(refused.response, "Retry-After").empty());
    EXPECT_EQ(answered("/v1/guests", "", 1), 0) << "no key at all counts too";
    EXPECT_EQ(answered("/v1/guests", "bad", 1, "203.0.113.2"), 1);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(answered("/v1/guests", "suspended", 20), 2);
}

TEST_F(AdmissionTest, WhoGuessesDoesNotLockOutAGoodKeyBesideHim) {
    answered("/v1/guests", "bad", 20);
    EXPECT_EQ(send("/v1/guests", "good-new").status, 429U) << "a key nobody has seen";
    remembered_ = "good-1";
    EXPECT_EQ(send("/v1/guests", "good-1").status, 200U);
    was_valid_ = "good-2";
    EXPECT_EQ(send("/v1/guests", "good-2").status, 200U);
}

TEST_F(AdmissionTest, OpenRoutesAreNotCounted) {
    const Outcome health = send("/v1/health", "");
    EXPECT_EQ(health.status, 200U);
    EXPECT_EQ(header_of(health.response, "RateLimit"), "");
    EXPECT_EQ(answered("/v1/health", "", 100), 100);
}

TEST_F(AdmissionTest, ARequestIsCountedOnceWhetherTheKeyIsRememberedOrNot) {
    EXPECT_EQ(header_of(send("/v1/guests", "good-1").response, "RateLimit"), R"("key";r=29;t=1)");
    remembered_ = "good-1";
    EXPECT_EQ(header_of(send("/v1/guests", "good-1").response, "RateLimit"), R"("key";r=28;t=1)");
    remembered_.clear();
    EXPECT_EQ(header_of(send("/v1/guests", "good-1").response, "RateLimit"), R"("key";r=27;t=1)");
}

}  // namespace
}  // namespace facegate::api
