#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "domain/re_enrollment/re_enrollment_token.h"

namespace facegate::testing {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const Headers kPhone{{"x-device-id", "phone"}};

class SignInRisk : public ApiTest {
protected:
    SignInRisk() { ada_ = enroll(client_, Person::kAda); }

    Answer sign_in(const Headers& headers = kPhone) const { return verify(client_, Person::kAda, {}, headers); }
    void set(const std::string& policy, const json::object& body) const {
        ASSERT_EQ(post("/v1/policy/" + policy, body).status, 200U);
    }
    /// Details of the last audit record of this action.
    json::object audited(const std::string& action) const {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            const auto rows = tx.query(
                "SELECT details FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND action = $3 "
                "ORDER BY seq DESC LIMIT 1",
                {action});
            return rows.empty() ? json::object{} : json::parse(rows.front().text(0)).as_object();
        });
    }
    std::string ada_;
};

TEST_F(SignInRisk, TheTenantsThresholdsDecide) {
    set("risk", {{"step_up_threshold", 0.15}});
    const Answer step_up = sign_in();
    EXPECT_EQ(step_up.at("/risk/factors"), json::array{"new_device"}) << step_up;
    EXPECT_EQ(step_up.at("/risk/step_up_required"), true);
    EXPECT_TRUE(step_up.at("/refresh_token").is_null());
    EXPECT_EQ(sign_in().at("/risk/step_up_required"), true) << "trying twice makes no device known";
    EXPECT_EQ(rows_in("sign_ins", client_.scope), 0);
    const json::object by_face{{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}};
    const Answer finished =
        post(client_, "/v1/sessions/" + step_up.text_at("/session_id") + "/step-up", by_face, kPhone);
    ASSERT_EQ(finished.at("/matched"), true) << finished;
    EXPECT_EQ(rows_in("sign_ins", client_.scope), 1);
    EXPECT_EQ(sign_in().at("/risk/step_up_required"), false) << "the device is known by now";

    set("risk", {{"block_threshold", 0.15}});
    const Answer blocked = sign_in({{"x-device-id", "tablet"}});
    EXPECT_TRUE(is_error(blocked, 403, "RISK_BLOCKED"));
    EXPECT_TRUE(blocked.at("/details").is_null()) << "an attacker is not told what to do better";
    const json::object details = audited("verify.risk_blocked");
    EXPECT_EQ(details.at("risk"), 0.15);
    EXPECT_EQ(details.at("risk_factors"), (json::object{{"new_device", 0.15}}));
    EXPECT_EQ(rows_in("sign_ins", client_.scope), 2);
    set("risk", {{"block_threshold", 0.16}, {"step_up_threshold", 0.16}});
    EXPECT_EQ(sign_in({{"x-device-id", "tablet"}}).at("/matched"), true);
}

TEST_F(SignInRisk, FailuresBeforeASuccessAreARiskThatFades) {
    ASSERT_EQ(sign_in().status, 200U);
    const json::object claim{{"claim", {{"user_id", ada_}}}};
    const auto fail_four_times = [&] {
        for (int i = 0; i < 4; ++i) EXPECT_EQ(verify(client_, Person::kEve, claim, kPhone).at("/matched"), false);
    };
    fail_four_times();
    const Answer answer = sign_in();
    EXPECT_EQ(answer.at("/risk/factors"), json::array{"recent_failures"}) << answer;
    EXPECT_EQ(answer.number_at("/risk/score"), 0.24) << "four fifths of 0.30";
    EXPECT_EQ(sign_in().number_at("/risk/score"), 0.02) << "what is left is 4 of 50 on all devices";
    fail_four_times();
    clock().advance(minutes(15));
    EXPECT_EQ(sign_in().number_at("/risk/score"), 0.12) << "half of the time, half of the risk";
    clock().advance(minutes(15));
    EXPECT_EQ(sign_in().number_at("/risk/score"), 0);
}

TEST_F(SignInRisk, FastSignInsAreARisk) {
    ASSERT_EQ(sign_in().status, 200U);
    for (int i = 0; i < 7; ++i) ASSERT_EQ(sign_in().status, 200U);
    const Answer answer = sign_in();
    EXPECT_EQ(answer.at("/risk/factors"), json::array{"velocity"}) << answer;
    EXPECT_EQ(answer.number_at("/risk/score"), 0.05) << "eight before it: a fifth of the way from 5 to 20";
    clock().advance(minutes(10));
    EXPECT_EQ(sign_in().number_at("/risk/score"), 0);
}

TEST_F(SignInRisk, AnUnusualHourIsLearned) {
    for (int day = 0; day < 20; ++day) {
        ASSERT_EQ(sign_in().status, 200U);
        clock().advance(hours(24));
    }
    EXPECT_EQ(sign_in().at("/risk/factors"), json::array());
    clock().advance(hours(12));
    const Answer answer = sign_in();
    EXPECT_EQ(answer.at("/risk/factors"), json::array{"unusual_hour"}) << answer;
    EXPECT_EQ(answer.number_at("/risk/score"), 0.1);
}

TEST_F(SignInRisk, AnEnrollmentGetsDueThenExpiredThenOverdue) {
    set("rotation", {{"rotation_days", 90}, {"grace_period_days", 7}, {"notify_before_days", 14}});
    const TimeMs due = clock().now() + days(90);
    ASSERT_EQ(sign_in().status, 200U);
    clock().advance(days(76) - Milliseconds(1));
    const Answer fresh = sign_in();
    EXPECT_EQ(fresh.at("/re_enrollment_required"), false) << fresh;
    EXPECT_TRUE(fresh.at("/re_enrollment_due_at").is_null());
    clock().advance(Milliseconds(1));
    const Answer notified = sign_in();
    EXPECT_EQ(notified.at("/re_enrollment_required"), false) << notified;
    EXPECT_EQ(notified.text_at("/re_enrollment_due_at"), to_iso8601(due));
    EXPECT_EQ(notified.at("/risk/factors"), json::array());

    clock().advance(days(14));
    const Answer expired = sign_in();
    EXPECT_EQ(expired.at("/matched"), true) << expired;
    EXPECT_EQ(expired.at("/re_enrollment_required"), true);
    EXPECT_EQ(expired.text_at("/re_enrollment_due_at"), to_iso8601(due));
    EXPECT_EQ(expired.at("/risk/factors"), json::array{"enrollment_expired"});
    EXPECT_EQ(audited("verify.matched").at("risk_factors"), (json::object{{"enrollment_expired", 0.15}}));

    clock().advance(days(7));
    const Answer overdue = sign_in();
    EXPECT_TRUE(is_error(overdue, 403, "RE_ENROLLMENT_REQUIRED"));
    const std::string token = overdue.text_at("/details/re_enrollment_token");
    EXPECT_TRUE(token.starts_with("re_")) << overdue;
    EXPECT_FALSE(audited("verify.enrollment_overdue").empty());
    EXPECT_EQ(rows_in("sessions", client_.scope), 4) << "nobody got in";
    const auto taken = application().database().write(
        client_.scope, [&](sql::TenantTx& tx) { return domain::take_re_enrollment_token(tx, token, clock().now()); });
    EXPECT_EQ(taken.value(), UserId(ada_));
    set("rotation", {{"rotation_days", 0}});
    EXPECT_EQ(sign_in().at("/re_enrollment_required"), false) << "the tenant may do without";
}

TEST_F(SignInRisk, ADoubtfulSignInIsSteppedUpBeforeItMayEnrollAgain) {
    set("rotation", {{"rotation_days", 30}, {"grace_period_days", 0}});
    set("risk", {{"step_up_threshold", 0.1}});
    clock().advance(days(30));
    const Answer doubtful = sign_in();
    ASSERT_EQ(doubtful.at("/risk/step_up_required"), true) << doubtful;
    EXPECT_EQ(doubtful.at("/re_enrollment_required"), true);
    EXPECT_TRUE(doubtful.at("/refresh_token").is_null());
    EXPECT_EQ(rows_in("re_enrollment_tokens", client_.scope), 0);
    const std::string path = "/v1/sessions/" + doubtful.text_at("/session_id") + "/step-up";
    const auto by_face = [&](Person person) {
        return post(client_, path, {{"liveness_session_id", finished_liveness(client_.scope, person)}}, kPhone);
    };
    EXPECT_EQ(by_face(Person::kEve).at("/matched"), false);
    EXPECT_EQ(rows_in("re_enrollment_tokens", client_.scope), 0);
    const Answer overdue = by_face(Person::kAda);
    EXPECT_TRUE(is_error(overdue, 403, "RE_ENROLLMENT_REQUIRED"));
    EXPECT_TRUE(overdue.text_at("/details/re_enrollment_token").starts_with("re_")) << overdue;
    EXPECT_FALSE(audited("step_up.enrollment_overdue").empty());
    const Answer approved = post(path, {{"approved_by", "x"}, {"method", "in_person"}});
    EXPECT_TRUE(is_error(approved, 403, "RE_ENROLLMENT_REQUIRED")) << "who vouches renews no face";
    EXPECT_EQ(rows_in("sign_ins", client_.scope), 0);
    set("risk", {{"block_threshold", 0.1}});
    EXPECT_TRUE(is_error(sign_in(), 403, "RISK_BLOCKED")) << "risk comes first";
}

}  // namespace
}  // namespace facegate::testing
