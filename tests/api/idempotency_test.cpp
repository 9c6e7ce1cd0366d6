#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "api/api_fixture.h"
#include "app/jobs.h"
#include "domain/consents/consent_texts.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers with_key(const std::string& key) {
    return {{"idempotency-key", key}};
}

class IdempotencyKeys : public ApiTest {
protected:
    static json::object consent_request() {
        const domain::ConsentText& text = domain::consent_texts().front();
        return {{"consent_version", text.version}, {"consent_text_hash", text.sha256}};
    }
    Answer record(const Headers& headers) const { return record(client_, headers); }
    static Answer record(const Client& client, const Headers& headers) {
        return post(client, "/v1/consent", consent_request(), headers);
    }
};

TEST_F(IdempotencyKeys, ARepeatedRequestGetsTheFirstAnswer) {
    const Answer first = record(with_key("a"));
    ASSERT_EQ(first.status, 200U) << first;
    EXPECT_EQ(first.header("idempotent-replayed"), "");
    clock().advance(std::chrono::hours(1));
    const Answer again = record(with_key("a"));
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.header("content-type"), "application/json");
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
    EXPECT_EQ(rows_in("consents", client_.scope), 1);
    EXPECT_NE(record(with_key("b")).text, first.text);
    EXPECT_NE(record({}).text, first.text);
    EXPECT_EQ(rows_in("consents", client_.scope), 3);
}

TEST_F(IdempotencyKeys, NothingIsConsumedTwice) {
    enroll(client_, Person::kAda);
    const json::object body{{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}};
    const Answer first = post(client_, "/v1/verify", body, with_key("a"));
    ASSERT_EQ(first.at("/matched"), true) << first;
    EXPECT_EQ(post(client_, "/v1/verify", body, with_key("a")).text, first.text);
    EXPECT_EQ(rows_in("sessions", client_.scope), 1);
    EXPECT_TRUE(is_error(post(client_, "/v1/verify", body), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_TRUE(is_error(post(client_, "/v1/verify", body, with_key("b")), 400, "LIVENESS_SESSION_CONSUMED"));
}

TEST_F(IdempotencyKeys, AnotherRequestWithTheSameKeyIsRefused) {
    record(with_key("a"));
    json::object other = consent_request();
    other["extra"] = 1;
    EXPECT_TRUE(is_error(post(client_, "/v1/consent", other, with_key("a")), 422, "IDEMPOTENCY_KEY_REUSED"));
    Headers device = with_key("a");
    device.emplace_back("x-device-id", "dev_other");
    EXPECT_TRUE(is_error(record(device), 422, "IDEMPOTENCY_KEY_REUSED"));
    EXPECT_EQ(rows_in("consents", client_.scope), 1);
}

TEST_F(IdempotencyKeys, AreOfOneApiKeyPathAndCollection) {
    const std::string first = record(with_key("a")).text_at("/consent_id");
    const Client sibling = key_for(client_.scope.tenant, Environment::kTest);
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    const Client stranger = new_client();
    for (const Client& other : {sibling, live, stranger}) {
        const Answer answer = record(other, with_key("a"));
        EXPECT_EQ(answer.status, 200U) << answer;
        EXPECT_NE(answer.text_at("/consent_id"), first);
    }
    const Answer elsewhere = post(client_, "/v1/liveness/session", json::object{}, with_key("a"));
    EXPECT_EQ(elsewhere.status, 200U) << elsewhere;
}

TEST_F(IdempotencyKeys, MalformedOnesAreRefusedBeforeAnythingHappens) {
    for (const std::string& bad : {std::string(), std::string(256, 'x'), std::string("caf\xc3\xa9"),
                                   std::string("a\tb"), std::string("a\x7f")}) {
        EXPECT_TRUE(is_error(record(with_key(bad)), 400, "BAD_REQUEST")) << bad;
    }
    EXPECT_TRUE(is_error(record({{"idempotency-key", "a"}, {"idempotency-key", "b"}}), 400, "BAD_REQUEST"));
    EXPECT_EQ(rows_in("consents", client_.scope), 0);
    EXPECT_EQ(record(with_key(std::string(255, '~'))).status, 200U);
}

TEST_F(IdempotencyKeys, RefusalsOfTheRouteAreKeptToo) {
    const Answer first = post(client_, "/v1/consent", json::object{}, with_key("a"));
    EXPECT_TRUE(is_error(first, 400, "Validation failed"));
    const Answer again = post(client_, "/v1/consent", json::object{}, with_key("a"));
    EXPECT_EQ(again.status, 400U);
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
}

TEST_F(IdempotencyKeys, ForgetAfterADayAndCredentialsAfterTenMinutes) {
    const Answer consent = record(with_key("a"));
    const Answer session = post(client_, "/v1/liveness/session", json::object{}, with_key("a"));
    const auto repeated = [&](const char* path, const json::object& body) {
        return post(client_, path, body, with_key("a")).header("idempotent-replayed") == "true";
    };
    clock().advance(std::chrono::minutes(10) - Milliseconds(1));
    EXPECT_TRUE(repeated("/v1/liveness/session", {}));
    clock().advance(Milliseconds(1));
    EXPECT_FALSE(repeated("/v1/liveness/session", {}));
    clock().advance(std::chrono::hours(24) - std::chrono::minutes(10) - Milliseconds(1));
    EXPECT_TRUE(repeated("/v1/consent", consent_request()));
    clock().advance(Milliseconds(1));
    application().jobs().erase_expired();
    EXPECT_EQ(rows_in("idempotent_requests", client_.scope), 0);
    EXPECT_FALSE(repeated("/v1/consent", consent_request()));
}

TEST_F(IdempotencyKeys, OfManyParallelRequestsOneHappens) {
    constexpr int kThreads = 20;
    constexpr int kEach = 50;
    std::atomic<int> fresh = 0;
    std::atomic<int> repeated = 0;
    std::atomic<int> running = 0;
    std::atomic<int> other = 0;
    const std::string body = json::serialize(consent_request());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kEach; ++i) {
                const Answer answer =
                    testing::call(application().service(), {"POST", "/v1/consent", client_.key, body, with_key("one")});
                const bool is_repeated = answer.header("idempotent-replayed") == "true";
                if (answer.status == 200) {
                    ++(is_repeated ? repeated : fresh);
                } else {
                    ++(answer.error() == "IDEMPOTENCY_IN_PROGRESS" ? running : other);
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(other, 0);
    EXPECT_EQ(fresh + repeated + running, kThreads * kEach);
    EXPECT_EQ(rows_in("consents", client_.scope), 1);
}

TEST_F(IdempotencyKeys, AClaimThatACrashLeftBehindEndsWithTheRoutesDeadline) {
    record(with_key("a"));
    // As if the process had ended between the claim and the answer.
    application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        tx.execute(
            "UPDATE idempotent_requests SET status = NULL, sealed_answer = NULL, expires_at = $3 "
            "WHERE tenant_id = $1 AND environment = $2",
            {to_unix_ms(clock().now()) + 30'000});
    });
    const Answer waiting = record(with_key("a"));
    EXPECT_TRUE(is_error(waiting, 409, "IDEMPOTENCY_IN_PROGRESS"));
    clock().advance(std::chrono::seconds(30));
    EXPECT_EQ(record(with_key("a")).status, 200U);
    EXPECT_EQ(rows_in("consents", client_.scope), 2);
}

TEST_F(IdempotencyKeys, AnswersAboutAPersonGoWithThePerson) {
    const json::object body = enrollment(client_, Person::kAda);
    const Answer enrolled = post(client_, "/v1/enroll", body, with_key("a"));
    ASSERT_EQ(enrolled.status, 201U) << enrolled;
    EXPECT_EQ(post(client_, "/v1/enroll", body, with_key("a")).text, enrolled.text);
    EXPECT_EQ(rows_in("idempotent_requests", client_.scope), 1);
    EXPECT_EQ(erase("/v1/users/" + enrolled.text_at("/user_id")).status, 200U);
    EXPECT_EQ(rows_in("idempotent_requests", client_.scope), 0);
}

TEST_F(IdempotencyKeys, VisitorsOfTheDemoDoNotGetOneAnothersAnswers) {
    const auto visit = [&](const char* address) {
        return call({"POST", "/demo/liveness-session", "", "{}", with_key("1"), "application/json", address});
    };
    const Answer first = visit("203.0.113.1");
    ASSERT_EQ(first.status, 200U) << first;
    EXPECT_EQ(visit("203.0.113.1").text, first.text);
    EXPECT_NE(visit("203.0.113.2").text, first.text);
}

TEST_F(IdempotencyKeys, EveryRouteThatAnswersACredentialSaysSo) {
    for (const api::Route& route : application().routes().routes()) {
        if (route.info.method != "POST" || route.response == nullptr) continue;
        for (const api::FieldInfo& field : route.response->fields()) {
            const bool names_token = field.name.find("token") != std::string::npos && field.name != "token_type";
            const bool is_credential = names_token || field.name.find("secret") != std::string::npos ||
                                       field.name == "credentials" || field.name == "key";
            if (!is_credential) continue;
            EXPECT_TRUE(route.info.answers_credential)
                << route.info.path << " answers `" << field.name << "`: set answers_credential";
        }
    }
}

}  // namespace
}  // namespace facegate::testing
