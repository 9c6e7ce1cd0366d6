#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "api/api_fixture.h"
#include "domain/liveness_sessions/liveness_session.h"

namespace facegate::testing {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A sign-in of someone who would pass against Ada's or Ben's template, but is as much like the one as like the other.
class Continuation : public ApiTest {
protected:
    Continuation() {
        ada_ = enroll(client_, Person::kAda);
        ben_ = enroll(client_, Person::kBen, {{"external_id", "ben"}});
        const vision::FaceVector& a = vector_of(services().engines.current(), Person::kAda);
        const vision::FaceVector& b = vector_of(services().engines.current(), Person::kBen);
        both_ = a;
        for (std::size_t k = 0; k < both_.size(); ++k) both_[k] += b[k];
    }
    /// The first half; gives its token.
    std::string begin(const Headers& headers = {}) const {
        const Answer answer =
            post(client_, "/v1/verify", {{"liveness_session_id", finished_liveness(client_.scope, both_)}}, headers);
        EXPECT_EQ(answer.status, 200U) << answer;
        EXPECT_EQ(answer.at("/matched"), false) << answer;
        EXPECT_EQ(answer.at("/claim_required"), true) << answer;
        EXPECT_TRUE(answer.at("/verification_token").is_null());
        return answer.text_at("/continuation_token");
    }
    Answer finish(const std::string& token, const json::object& claim, const Headers& headers = {}) const {
        return post(client_, "/v1/verify", {{"continuation_token", token}, {"claim", claim}}, headers);
    }
    std::string ada_;
    std::string ben_;
    vision::FaceVector both_;
};

TEST_F(Continuation, FinishesWithAClaimOnce) {
    const std::string token = begin();
    const Answer answer = finish(token, {{"external_id", "ben"}});
    EXPECT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(answer.text_at("/user/id"), ben_);
    EXPECT_FALSE(answer.text_at("/verification_token").empty());
    EXPECT_TRUE(is_error(finish(token, {{"external_id", "ben"}}), 400, "CONTINUATION_INVALID"));
    EXPECT_EQ(rows_in("sessions", client_.scope), 1);
    EXPECT_EQ(rows_in("continuations", client_.scope), 0);
    EXPECT_EQ(rows_in("liveness_probes", client_.scope), 0);
}

TEST_F(Continuation, TheSessionItselfIsSpent) {
    const std::string session = finished_liveness(client_.scope, both_);
    const json::object body{{"liveness_session_id", session}};
    EXPECT_EQ(post("/v1/verify", body).at("/claim_required"), true);
    EXPECT_TRUE(is_error(post("/v1/verify", body), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_EQ(rows_in("liveness_probes", client_.scope), 1) << "the face waits for the claim";
}

TEST_F(Continuation, AWrongClaimIsAMismatchAndUsesItUp) {
    for (const json::object& claim :
         {json::object{{"external_id", "nobody"}}, json::object{{"user_id", "user_unknown"}}}) {
        const std::string token = begin();
        const Answer answer = finish(token, claim);
        EXPECT_EQ(answer.status, 200U) << answer;
        EXPECT_EQ(answer.at("/matched"), false);
        EXPECT_EQ(answer.number_at("/confidence"), 0);
        EXPECT_TRUE(answer.at("/claim_required").is_null()) << "no second guess";
        EXPECT_TRUE(is_error(finish(token, {{"external_id", "ben"}}), 400, "CONTINUATION_INVALID"));
    }
    EXPECT_EQ(rows_in("sessions", client_.scope), 0);
}

TEST_F(Continuation, LastsThreeMinutes) {
    const std::string token = begin();
    clock().advance(std::chrono::minutes(3) - Milliseconds(1));
    const std::string late = begin();
    EXPECT_EQ(finish(token, {{"user_id", ada_}}).at("/matched"), true);
    clock().advance(std::chrono::minutes(3));
    EXPECT_TRUE(is_error(finish(late, {{"user_id", ada_}}), 400, "CONTINUATION_INVALID"));
    application().database().write_system(
        [](sql::SystemTx& tx) { domain::purge_liveness_sessions(tx, clock().now()); });
    EXPECT_EQ(rows_in("liveness_probes", client_.scope), 0);
}

TEST_F(Continuation, BelongsToItsDeviceAndCollection) {
    const Headers phone{{"x-device-id", "phone"}, {"x-device-fingerprint", std::string(64, 'a')}};
    const std::string token = begin(phone);
    const json::object claim{{"user_id", ada_}};
    for (const Headers& other : {Headers{}, Headers{{"x-device-id", "phone"}},
                                 Headers{{"x-device-id", "tablet"}, {"x-device-fingerprint", std::string(64, 'a')}},
                                 Headers{{"x-device-id", "phone"}, {"x-device-fingerprint", std::string(64, 'b')}}}) {
        EXPECT_TRUE(is_error(finish(token, claim, other), 400, "CONTINUATION_INVALID"));
    }
    const Client stranger = new_client();
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    for (const Client& other : {stranger, live}) {
        EXPECT_TRUE(is_error(post(other, "/v1/verify", {{"continuation_token", token}, {"claim", claim}}, phone), 400,
                             "CONTINUATION_INVALID"));
    }
    const Answer answer = finish(token, claim, phone);
    EXPECT_EQ(answer.at("/matched"), true) << "none of it used it up: " << answer;
    EXPECT_EQ(answer.text_at("/device_id"), "phone");
}

TEST_F(Continuation, AFreshDeviceKeepsItsId) {
    const Answer first = post("/v1/verify", {{"liveness_session_id", finished_liveness(client_.scope, both_)}});
    const Answer second = finish(first.text_at("/continuation_token"), {{"user_id", ada_}});
    EXPECT_EQ(second.at("/matched"), true) << second;
    EXPECT_EQ(second.text_at("/device_id"), first.text_at("/device_id"));
}

TEST_F(Continuation, RequestsAreChecked) {
    const std::string token = begin();
    const json::object claim{{"user_id", ada_}};
    const std::vector<std::pair<const char*, json::object>> cases = {
        {"no claim", {{"continuation_token", token}}},
        {"two beginnings", {{"continuation_token", token}, {"liveness_session_id", random().uuid()}, {"claim", claim}}},
        {"none", {{"claim", claim}}},
        {"a number", {{"continuation_token", 7}, {"claim", claim}}},
        {"empty", {{"continuation_token", ""}, {"claim", claim}}},
    };
    for (const auto& [name, body] : cases) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(is_error(post("/v1/verify", body), 400, "Validation failed"));
    }
    EXPECT_TRUE(is_error(finish("vc_unknown", claim), 400, "CONTINUATION_INVALID"));
    EXPECT_EQ(finish(token, claim).at("/matched"), true);
}

TEST_F(Continuation, OfManyAtOnceOneWins) {
    const std::string token = begin();
    std::atomic<int> matched = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&] {
            const Answer answer = finish(token, {{"user_id", ada_}});
            if (answer.at("/matched") == true) ++matched;
            if (answer.error() == "CONTINUATION_INVALID") ++refused;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(matched, 1);
    EXPECT_EQ(refused, 15);
    EXPECT_EQ(rows_in("sessions", client_.scope), 1);
}

/// A face that is telling enough among few people, but not among all.
class OwnPeople : public ApiTest {
protected:
    OwnPeople() {
        ada_ = enroll(client_, Person::kAda);
        for (const Person person : {Person::kBen, Person::kCleo, Person::kDan}) enroll(client_, person);
    }
    Answer verify_weakly(const Headers& headers) const {
        const vision::FaceVector weak = resembling(Person::kAda, 7e-4);
        return post(client_, "/v1/verify", {{"liveness_session_id", finished_liveness(client_.scope, weak, true, 94)}},
                    headers);
    }
    const Headers phone_{{"x-device-id", "phone"}, {"x-device-fingerprint", std::string(64, 'a')}};
    std::string ada_;
};

TEST_F(OwnPeople, ADeviceKnowsWhoUsesIt) {
    EXPECT_EQ(verify_weakly(phone_).at("/matched"), false) << "7e-4 times 4 people is too much";
    ASSERT_EQ(ApiTest::verify(client_, Person::kAda, {}, phone_).at("/matched"), true);
    const Answer known = verify_weakly(phone_);
    EXPECT_EQ(known.text_at("/user/id"), ada_) << known;
    EXPECT_EQ(verify_weakly({{"x-device-id", "phone"}}).at("/matched"), false) << "another fingerprint";
    EXPECT_EQ(verify_weakly({{"x-device-id", "tablet"}, phone_[1]}).at("/matched"), false) << "another id";
    EXPECT_EQ(verify_weakly({}).at("/matched"), false);
    clock().advance(std::chrono::hours(24) * 91);
    EXPECT_EQ(verify_weakly(phone_).at("/matched"), false) << "90 days are over";
}

TEST_F(OwnPeople, TheyShareTheTargetBetweenThem) {
    for (const Person person : {Person::kAda, Person::kBen}) {
        ASSERT_EQ(ApiTest::verify(client_, person, {}, phone_).at("/matched"), true);
    }
    EXPECT_EQ(verify_weakly(phone_).at("/matched"), false) << "7e-4 times 2 people is too much";
}

TEST_F(OwnPeople, WhoIsNewToTheDeviceIsStillFoundAmongAll) {
    ASSERT_EQ(ApiTest::verify(client_, Person::kAda, {}, phone_).at("/matched"), true);
    EXPECT_EQ(ApiTest::verify(client_, Person::kBen, {}, phone_).at("/matched"), true);
    const std::vector<std::string> compared = application().database().read(client_.scope, [](sql::TenantTx& tx) {
        std::vector<std::string> how;
        for (const sql::Row& row :
             tx.query("SELECT details FROM audit_records WHERE tenant_id = $1 AND environment = $2 "
                      "AND action = 'verify.matched' ORDER BY seq")) {
            const json::value details = json::parse(row.text(0));
            how.emplace_back(details.at("compared_with").as_string());
            for (const char* figure : {"score", "threshold", "fmr", "people", "false_match", "required"}) {
                EXPECT_TRUE(details.as_object().contains(figure)) << figure;
            }
            EXPECT_GE(details.at("score").to_number<double>(), details.at("threshold").to_number<double>());
        }
        return how;
    });
    EXPECT_EQ(compared, (std::vector<std::string>{"collection", "collection"}));
}

}  // namespace
}  // namespace facegate::testing
