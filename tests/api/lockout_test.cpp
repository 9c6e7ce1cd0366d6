#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "api/api_fixture.h"
#include "api/endpoints/sign_in.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/users/user.h"

namespace facegate::testing {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
using std::chrono::minutes;

const Headers kPhone{{"x-device-id", "phone"}};
const Headers kTablet{{"x-device-id", "tablet"}};

/// Ada is enrolled; Eve tries to get in as her.
class Lockout : public ApiTest {
protected:
    Lockout() { ada_ = enroll(client_, Person::kAda, {{"external_id", "ada"}, {"email", "ada@example.com"}}); }

    static const vision::FaceVector& face_of(Person person) { return vector_of(services().engines.current(), person); }
    json::object as_ada() const { return {{"user_id", ada_}}; }
    Answer attempt(Person person, const json::object& claim, const Headers& headers,
                   const std::string& address = "127.0.0.1") const {
        json::object body{{"liveness_session_id", finished_liveness(client_.scope, person)}};
        if (!claim.empty()) body["claim"] = claim;
        return call({"POST", "/v1/verify", client_.key, json::serialize(body), headers, "application/json", address});
    }
    void fail_times(int times, const json::object& claim, const Headers& headers) const {
        for (int i = 0; i < times; ++i) {
            const Answer answer = attempt(Person::kEve, claim, headers);
            ASSERT_EQ(answer.status, 200U) << i << ": " << answer;
            ASSERT_EQ(answer.at("/matched"), false);
        }
    }
    void set_policy(const json::object& policy) const { ASSERT_EQ(post("/v1/policy/risk", policy).status, 200U); }
    std::int64_t audited(const std::string& action) const {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return tx
                .query("SELECT COUNT(*) FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND action = $3",
                       {action})
                .front()
                .integer(0);
        });
    }
    /// Finished sessions with this face, in one transaction.
    std::vector<std::string> sessions(int count, Person person, bool live = true) const {
        domain::LivenessOutcome outcome;
        outcome.live = live;
        outcome.confidence = live ? 98.7 : 20;
        outcome.probes.emplace(services().engines.current().pack_id(), face_of(person));
        return application().database().write(client_.scope, [&](sql::TenantTx& tx) {
            std::vector<std::string> ids;
            for (int i = 0; i < count; ++i) {
                const LivenessSessionId id =
                    domain::create_liveness_session(tx, random(), domain::LivenessChallenge::kMovementAndLight,
                                                    clock().now())
                        .id;
                domain::mark_started(tx, id, clock().now()).value();
                domain::finish_liveness_session(tx, application().vault(), id, outcome, clock().now()).value();
                ids.push_back(id.value);
            }
            return ids;
        });
    }
    /// Sends all at once, from 32 threads; how many got which outcome.
    std::map<std::string, int> all_at_once(const std::vector<json::object>& bodies, const Headers& headers) const {
        std::map<std::string, int> outcomes;
        std::mutex mutex;
        std::atomic<std::size_t> next = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 32; ++i) {
            threads.emplace_back([&] {
                for (std::size_t k = next++; k < bodies.size(); k = next++) {
                    const Answer answer = post(client_, "/v1/verify", bodies[k], headers);
                    const std::string matched = answer.at("/matched") == true ? "matched" : "not matched";
                    const std::lock_guard lock(mutex);
                    ++outcomes[answer.status == 200 ? matched : answer.error()];
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        return outcomes;
    }
    std::string ada_;
};

TEST_F(Lockout, FiveFailuresLockTheClaimedUserOnThatDevice) {
    fail_times(5, as_ada(), kPhone);
    const Answer wrong = attempt(Person::kEve, as_ada(), kPhone);
    EXPECT_TRUE(is_error(wrong, 403, "USER_LOCKED"));
    EXPECT_EQ(wrong.at("/details"), (json::object{{"locked_until", to_iso8601(clock().now() + minutes(30))}}));
    const Answer right = attempt(Person::kAda, as_ada(), kPhone);
    EXPECT_TRUE(is_error(right, 403, "USER_LOCKED"));
    EXPECT_EQ(right.at("/details"), wrong.at("/details")) << "nothing tells whose face it was";
    EXPECT_EQ(right.at("/message"), wrong.at("/message"));
    EXPECT_TRUE(is_error(attempt(Person::kAda, {{"external_id", "ada"}}, kPhone), 403, "USER_LOCKED"));
    EXPECT_TRUE(is_error(attempt(Person::kAda, {{"email", "ADA@example.com"}}, kPhone), 403, "USER_LOCKED"));
    EXPECT_TRUE(is_error(attempt(Person::kAda, {}, kPhone), 403, "USER_LOCKED")) << "also when found by a search";
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kTablet).at("/matched"), true) << "other devices are left alone";
    EXPECT_EQ(attempt(Person::kAda, as_ada(), {}).at("/matched"), true);
    EXPECT_EQ(audited("lockout.started"), 1);
    EXPECT_EQ(audited("verify.locked_out"), 5);
    clock().advance(minutes(30) - Milliseconds(1));
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), kPhone), 403, "USER_LOCKED"));
    clock().advance(Milliseconds(1));
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kPhone).at("/matched"), true);
}

TEST_F(Lockout, SessionsThatWereNotLiveCountToo) {
    for (const std::string& session : sessions(5, Person::kAda, false)) {
        EXPECT_TRUE(
            is_error(post(client_, "/v1/verify", {{"liveness_session_id", session}, {"claim", as_ada()}}, kPhone), 403,
                     "LIVENESS_FAILED"));
    }
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), kPhone), 403, "USER_LOCKED"));
    EXPECT_TRUE(
        is_error(post(client_, "/v1/verify",
                      {{"liveness_session_id", sessions(1, Person::kAda, false).front()}, {"claim", as_ada()}}, kPhone),
                 403, "LIVENESS_FAILED"))
        << "liveness comes first";
    EXPECT_EQ(audited("lockout.started"), 1);
}

TEST_F(Lockout, AClaimThatNamesNobodyLocksLikeAnyOther) {
    for (const json::object& claim : {json::object{{"user_id", "user_unknown"}}, json::object{{"external_id", "eve"}},
                                      json::object{{"email", "nobody@example.com"}}}) {
        fail_times(5, claim, kPhone);
        const Answer locked = attempt(Person::kEve, claim, kPhone);
        EXPECT_TRUE(is_error(locked, 403, "USER_LOCKED"));
        EXPECT_EQ(locked.members("/details"), std::vector<std::string>{"locked_until"});
    }
    EXPECT_TRUE(is_error(attempt(Person::kEve, {{"email", "NOBODY@example.com"}}, kPhone), 403, "USER_LOCKED"));
    EXPECT_EQ(attempt(Person::kEve, {{"external_id", "EVE"}}, kPhone).status, 200U) << "another name";
}

TEST_F(Lockout, WithoutADeviceHeaderThereIsOneNamelessDevice) {
    fail_times(5, as_ada(), {{"user-agent", "One/1"}});
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), {{"user-agent", "Two/2"}}), 403, "USER_LOCKED"));
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kPhone).at("/matched"), true);
}

TEST_F(Lockout, TheFingerprintNamesADevice) {
    const Headers one{{"x-device-fingerprint", std::string(64, 'a')}};
    fail_times(5, as_ada(), one);
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), one), 403, "USER_LOCKED"));
    EXPECT_EQ(attempt(Person::kAda, as_ada(), {{"x-device-fingerprint", std::string(64, 'b')}}).at("/matched"), true);
}

TEST_F(Lockout, AUserOnAllDevicesIsLockedAfterTenTimesAsMany) {
    set_policy({{"max_failed_attempts", 2}});
    for (int i = 0; i < 20; ++i) {
        const std::string name = std::to_string(i);
        const Answer answer = attempt(Person::kEve, as_ada(), {{"x-device-id", "device-" + name}}, "203.0.113." + name);
        ASSERT_EQ(answer.status, 200U) << i << answer;
    }
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), kTablet), 403, "USER_LOCKED"));
    EXPECT_TRUE(is_error(attempt(Person::kAda, {}, kTablet), 403, "USER_LOCKED"));
    EXPECT_EQ(audited("lockout.started"), 1);
    ASSERT_TRUE(application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        return domain::set_user_status(tx, UserId(ada_), domain::UserStatus::kActive, clock().now());
    }));
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kTablet).at("/matched"), true) << "active clears the counters";
}

TEST_F(Lockout, SuccessForgivesTheDeviceButNotTheUserEverywhere) {
    fail_times(4, as_ada(), kPhone);
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kPhone).at("/matched"), true);
    fail_times(4, as_ada(), kPhone);
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kPhone).at("/matched"), true);
    application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        const auto rows = tx.query(
            "SELECT kind, failures FROM failed_attempts WHERE tenant_id = $1 AND environment = $2 AND user_id = $3",
            {ada_});
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows.front().text(0), "user");
        EXPECT_EQ(rows.front().integer(1), 8);
    });
}

TEST_F(Lockout, ASearchThatFindsNobodyBlamesNobody) {
    fail_times(12, {}, kPhone);
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kPhone).at("/matched"), true);
    application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        for (const sql::Row& row :
             tx.query("SELECT kind FROM failed_attempts WHERE tenant_id = $1 AND environment = $2")) {
            EXPECT_EQ(row.text(0), "network");
        }
    });
}

TEST_F(Lockout, ANetworkIsTurnedAwayBeforeAnythingIsConsumed) {
    set_policy({{"max_failed_attempts", 1}, {"lockout_duration_minutes", 10}});
    fail_times(10, {}, {});
    const std::string session = finished_liveness(client_.scope, Person::kAda);
    const json::object body{{"liveness_session_id", session}};
    const auto from = [&](const std::string& address, const Client& client) {
        return call({"POST", "/v1/verify", client.key, json::serialize(body), {}, "application/json", address});
    };
    const Answer refused = from("127.0.0.1", client_);
    EXPECT_TRUE(is_error(refused, 429, "TOO_MANY_FAILED_ATTEMPTS"));
    EXPECT_EQ(refused.header("Retry-After"), "600");
    EXPECT_TRUE(is_error(from("127.0.0.1", client_), 429, "TOO_MANY_FAILED_ATTEMPTS")) << "still not consumed";
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), kTablet), 429, "TOO_MANY_FAILED_ATTEMPTS"));
    EXPECT_EQ(from("127.0.0.2", client_).at("/matched"), true);
    EXPECT_EQ(audited("lockout.started"), 1);
    clock().advance(minutes(10));
    EXPECT_EQ(attempt(Person::kAda, {}, {}).at("/matched"), true);
}

TEST_F(Lockout, ANetworkIsCountedByKeyAndByPrefix) {
    set_policy({{"max_failed_attempts", 1}});
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(attempt(Person::kEve, {}, {}, "2001:db8:1:2::" + std::to_string(i + 1)).status, 200U);
    }
    EXPECT_EQ(attempt(Person::kAda, {}, {}, "2001:db8:1:2:ffff::1").status, 429U) << "one /64 is one network";
    EXPECT_EQ(attempt(Person::kAda, {}, {}, "2001:db8:1:3::1").status, 200U);
    const Client other_key = key_for(client_.scope.tenant, client_.scope.environment);
    const json::object body{{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}};
    EXPECT_EQ(
        call({"POST", "/v1/verify", other_key.key, json::serialize(body), {}, "application/json", "2001:db8:1:2::1"})
            .status,
        200U);
}

TEST_F(Lockout, SuccessesPayANetworkBack) {
    set_policy({{"max_failed_attempts", 1}});
    for (int i = 0; i < 4; ++i) {
        fail_times(5, {}, {});
        for (int k = 0; k < 5; ++k) ASSERT_EQ(attempt(Person::kAda, {}, kTablet).at("/matched"), true);
    }
    EXPECT_EQ(audited("lockout.started"), 0) << "twenty failures among twenty successes";
}

/// What a browser with a publishable key does.
class PublishableLockout : public Lockout {
protected:
    Result<api::VerifyAnswer> attempt(Person person, const std::optional<api::Claim>& claim,
                                      const std::string& device) const {
        http::Request request;
        if (!device.empty()) request.headers.emplace_back("x-device-id", device);
        api::CallContext context{request, {client_.scope, client_.key_id, true, {}, "user"}, {}, "203.0.113.7"};
        return api::sign_in(services(), context, {finished_liveness(client_.scope, person), std::nullopt, claim});
    }
};

TEST_F(PublishableLockout, FiveSearchesLockAPersonsNetwork) {
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(attempt(Person::kEve, std::nullopt, "").value().matched);
    const auto refused = attempt(Person::kAda, std::nullopt, "phone");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kTooManyFailures);
    EXPECT_EQ(refused.error().details.at("retry_after_seconds"), ErrorDetail(1800.0));
}

TEST_F(PublishableLockout, ALockedDeviceLeavesTheOthersOfTheSameNetworkAlone) {
    const api::Claim ada{ada_, std::nullopt, std::nullopt};
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(attempt(Person::kEve, ada, "phone").value().matched);
    EXPECT_EQ(attempt(Person::kAda, ada, "phone").error().code, ErrorCode::kUserLocked);
    EXPECT_TRUE(attempt(Person::kAda, ada, "tablet").value().matched);
}

TEST_F(PublishableLockout, NoAddressIsStoredInTheClear) {
    ASSERT_TRUE(attempt(Person::kAda, std::nullopt, "phone").value().matched);
    EXPECT_FALSE(attempt(Person::kEve, std::nullopt, "phone").value().matched);
    const auto rows = application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        auto found = tx.query("SELECT network FROM sign_ins WHERE tenant_id = $1 AND environment = $2");
        for (sql::Row& row :
             tx.query("SELECT subject FROM failed_attempts WHERE tenant_id = $1 AND environment = $2")) {
            found.push_back(std::move(row));
        }
        return found;
    });
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_NE(rows[0].text(0), rows[1].text(0));
    for (const sql::Row& row : rows) {
        EXPECT_EQ(row.text(0).size(), 32U);
        EXPECT_EQ(row.text(0).find_first_not_of("0123456789abcdef"), std::string::npos);
    }
}

TEST_F(Lockout, AThousandWrongAttemptsAtOnceLockOnce) {
    std::vector<json::object> bodies;
    for (const std::string& session : sessions(1000, Person::kEve)) {
        bodies.push_back({{"liveness_session_id", session}, {"claim", as_ada()}});
    }
    EXPECT_EQ(all_at_once(bodies, kPhone), (std::map<std::string, int>{{"not matched", 5}, {"USER_LOCKED", 995}}));
    EXPECT_EQ(audited("lockout.started"), 1);
    EXPECT_EQ(audited("verify.not_matched"), 5);
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kTablet).at("/matched"), true);
}

TEST_F(Lockout, AThousandSearchesAtOnceLockTheNetworkOnce) {
    std::vector<json::object> bodies;
    for (const std::string& session : sessions(1000, Person::kEve))
        bodies.push_back({{"liveness_session_id", session}});
    EXPECT_EQ(all_at_once(bodies, kPhone),
              (std::map<std::string, int>{{"not matched", 50}, {"TOO_MANY_FAILED_ATTEMPTS", 950}}));
    EXPECT_EQ(audited("lockout.started"), 1);
}

TEST_F(Lockout, AThousandDeadSessionsAtOnceLockOnce) {
    std::vector<json::object> bodies;
    for (const std::string& session : sessions(1000, Person::kEve, false)) {
        bodies.push_back({{"liveness_session_id", session}, {"claim", as_ada()}});
    }
    EXPECT_EQ(all_at_once(bodies, kPhone), (std::map<std::string, int>{{"LIVENESS_FAILED", 1000}}));
    EXPECT_EQ(audited("lockout.started"), 2) << "the user on the device, and the network";
    EXPECT_TRUE(is_error(attempt(Person::kAda, as_ada(), kPhone), 403, "USER_LOCKED"));
    EXPECT_EQ(attempt(Person::kAda, as_ada(), kTablet, "127.0.0.2").at("/matched"), true)
        << "what follows the lock is not counted against the user on other devices";
}

TEST_F(Lockout, OfAThousandUsesOfOneSessionOneWins) {
    const std::string session = finished_liveness(client_.scope, Person::kAda);
    const std::vector<json::object> bodies(1000, {{"liveness_session_id", session}});
    EXPECT_EQ(all_at_once(bodies, kPhone),
              (std::map<std::string, int>{{"matched", 1}, {"LIVENESS_SESSION_CONSUMED", 999}}));
    EXPECT_EQ(rows_in("sessions", client_.scope), 1);
    EXPECT_EQ(rows_in("sign_ins", client_.scope), 1);
    EXPECT_EQ(rows_in("failed_attempts", client_.scope), 0);
}

/// As much like the one as like the other.
class LockoutContinuation : public Lockout {
protected:
    LockoutContinuation() {
        enroll(client_, Person::kBen);
        both_ = face_of(Person::kAda);
        for (std::size_t k = 0; k < both_.size(); ++k) both_[k] += face_of(Person::kBen)[k];
    }
    std::string begin() const {
        const Answer answer =
            post(client_, "/v1/verify", {{"liveness_session_id", finished_liveness(client_.scope, both_)}}, kPhone);
        EXPECT_EQ(answer.at("/claim_required"), true) << answer;
        return answer.text_at("/continuation_token");
    }
    vision::FaceVector both_;
};

TEST_F(LockoutContinuation, AWrongClaimCountsAndAClaimAskedForDoesNot) {
    const std::string token = begin();
    EXPECT_EQ(rows_in("failed_attempts", client_.scope), 0);
    const json::object nobody{{"external_id", "nobody"}};
    EXPECT_EQ(post(client_, "/v1/verify", {{"continuation_token", token}, {"claim", nobody}}, kPhone).at("/matched"),
              false);
    fail_times(4, nobody, kPhone);
    EXPECT_TRUE(is_error(post(client_, "/v1/verify", {{"continuation_token", begin()}, {"claim", nobody}}, kPhone), 403,
                         "USER_LOCKED"));
    EXPECT_EQ(
        post(client_, "/v1/verify", {{"continuation_token", begin()}, {"claim", as_ada()}}, kPhone).at("/matched"),
        true);
}

TEST_F(LockoutContinuation, OfAThousandUsesOneWins) {
    const std::vector<json::object> bodies(1000, {{"continuation_token", begin()}, {"claim", as_ada()}});
    EXPECT_EQ(all_at_once(bodies, kPhone), (std::map<std::string, int>{{"matched", 1}, {"CONTINUATION_INVALID", 999}}));
    EXPECT_EQ(rows_in("sessions", client_.scope), 1);
}

}  // namespace
}  // namespace facegate::testing
