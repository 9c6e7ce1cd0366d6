#include <limits>

#include "domain/policies/continuous_policy.h"
#include "domain/policies/risk_policy.h"
#include "domain/policies/rotation_policy.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

class Policies : public DomainTest {
protected:
    template <class Policy, class Change>
    Result<Policy> changed(Result<Policy> (*change)(sql::TenantTx&, const Change&, TimeMs), const Change& wanted) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return change(tx, wanted, now_); });
    }
};

TEST_F(Policies, HaveDefaultsAndChangeFieldByFieldInOneScope) {
    ASSERT_TRUE(changed(change_rotation_policy, {.rotation_days = 90}));
    ASSERT_TRUE(changed(change_rotation_policy, {.notify_before_days = 3}));
    ASSERT_TRUE(changed(change_risk_policy, {.max_failed_attempts = 3}));
    ASSERT_TRUE(changed(change_risk_policy, {.block_threshold = 0.8}));
    ASSERT_TRUE(changed(change_continuous_policy, {.min_confidence = 85}));
    ASSERT_TRUE(changed(change_continuous_policy, {.confidence_decay_rate = 0.1}));
    db_.read(ours_, [](sql::TenantTx& tx) {
        EXPECT_EQ(rotation_policy(tx).rotation_days, 90);
        EXPECT_EQ(rotation_policy(tx).grace_period_days, 7);
        EXPECT_EQ(rotation_policy(tx).notify_before_days, 3);
        EXPECT_EQ(risk_policy(tx).max_failed_attempts, 3);
        EXPECT_EQ(risk_policy(tx).lockout_duration_minutes, 30);
        EXPECT_EQ(risk_policy(tx).block_threshold, 0.8);
        EXPECT_EQ(risk_policy(tx).step_up_threshold, 0.6);
        EXPECT_EQ(continuous_policy(tx).min_confidence, 85);
        EXPECT_EQ(continuous_policy(tx).confidence_decay_rate, 0.1);
        EXPECT_EQ(continuous_policy(tx).re_verify_interval_minutes, 0);
    });
    for (const Scope& other : others_) {
        db_.read(other, [](sql::TenantTx& tx) {
            EXPECT_EQ(rotation_policy(tx).rotation_days, 0);
            EXPECT_EQ(risk_policy(tx).max_failed_attempts, 5);
            EXPECT_EQ(continuous_policy(tx).min_confidence, 0);
        });
    }
}

TEST_F(Policies, NameEveryValueOutOfRangeAndChangeNothing) {
    const auto rotation =
        changed(change_rotation_policy, {.rotation_days = -1, .grace_period_days = 366, .notify_before_days = 5});
    ASSERT_FALSE(rotation);
    ASSERT_EQ(rotation.error().issues.size(), 2U);
    EXPECT_EQ(rotation.error().issues[0].code, "too_small");
    EXPECT_EQ(rotation.error().issues[0].path, std::vector<std::string>{"rotation_days"});
    EXPECT_EQ(rotation.error().issues[1].code, "too_big");

    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto risk = changed(change_risk_policy, {.block_threshold = nan, .max_failed_attempts = 0});
    ASSERT_FALSE(risk);
    EXPECT_EQ(risk.error().code, ErrorCode::kValidationFailed);
    EXPECT_EQ(risk.error().issues.size(), 2U);
    EXPECT_FALSE(changed(change_continuous_policy, {.min_confidence = 100.1}));
    db_.read(ours_, [](sql::TenantTx& tx) {
        EXPECT_EQ(rotation_policy(tx).notify_before_days, 14);
        EXPECT_EQ(risk_policy(tx).max_failed_attempts, 5);
    });
}

TEST_F(Policies, StepUpNeverComesAfterBlocking) {
    const auto refused = changed(change_risk_policy, {.block_threshold = 0.5});
    ASSERT_FALSE(refused) << "the saved step-up threshold is 0.6";
    EXPECT_EQ(refused.error().issues.front().path, std::vector<std::string>{"step_up_threshold"});
    EXPECT_TRUE(changed(change_risk_policy, {.block_threshold = 0.5, .step_up_threshold = 0.5}));
    EXPECT_FALSE(changed(change_risk_policy, {.step_up_threshold = 0.51}));
}

TEST(RotationPolicyRules, AnEnrollmentGetsDueThenExpiredThenOverdue) {
    const TimeMs enrolled = from_unix_ms(1'780'000'000'123);
    const RotationPolicy policy{90, 7, 14};
    const std::vector<std::pair<Milliseconds, EnrollmentAge>> cases = {
        {days(0), EnrollmentAge::kFresh},    {days(76) - Milliseconds(1), EnrollmentAge::kFresh},
        {days(76), EnrollmentAge::kDueSoon}, {days(90) - Milliseconds(1), EnrollmentAge::kDueSoon},
        {days(90), EnrollmentAge::kExpired}, {days(97) - Milliseconds(1), EnrollmentAge::kExpired},
        {days(97), EnrollmentAge::kOverdue}, {days(5000), EnrollmentAge::kOverdue},
    };
    for (const auto& [after, age] : cases) {
        const EnrollmentState state = enrollment_state(policy, enrolled, enrolled + after);
        EXPECT_EQ(state.age, age) << after.count();
        EXPECT_EQ(state.due_at, enrolled + days(90));
    }
    EXPECT_EQ(enrollment_state({}, enrolled, enrolled + days(5000)).age, EnrollmentAge::kFresh) << "no policy";
    EXPECT_EQ(enrollment_state({30, 0, 0}, enrolled, enrolled + days(30)).age, EnrollmentAge::kOverdue) << "no grace";
    EXPECT_EQ(enrollment_state({7, 7, 14}, enrolled, enrolled).age, EnrollmentAge::kDueSoon) << "always notified";
}

TEST_F(Policies, OnlyEnrolledFacesTellTheAge) {
    const UserId user = add_user(ours_);
    const auto since = [&] { return db_.read(ours_, [&](sql::TenantTx& tx) { return enrolled_at(tx, user); }); };
    EXPECT_FALSE(since());
    add_face_to(ours_, user);
    EXPECT_EQ(since(), now_);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE faces SET created_at = $3 WHERE tenant_id = $1 AND environment = $2",
                   {to_unix_ms(now_ - days(10))});
    });
    add_face_to(ours_, user);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE faces SET source = 'learned' WHERE tenant_id = $1 AND environment = $2 AND created_at = $3",
                   {to_unix_ms(now_)});
    });
    EXPECT_EQ(since(), now_ - days(10));
}

TEST(ContinuousPolicyRules, ConfidenceDecaysByTheHour) {
    const ContinuousPolicy policy{.confidence_decay_rate = 0.1};
    EXPECT_DOUBLE_EQ(decayed_confidence(policy, 99, Milliseconds(0)), 99);
    EXPECT_NEAR(decayed_confidence(policy, 99, hours(1)), 99 * std::exp(-0.1), 1e-9);
    EXPECT_NEAR(decayed_confidence(policy, 99, hours(10)), 99 / std::exp(1.0), 1e-9);
    EXPECT_DOUBLE_EQ(decayed_confidence(policy, 99, hours(-3)), 99) << "clocks that disagree add nothing";
    EXPECT_DOUBLE_EQ(decayed_confidence({}, 99, hours(1000)), 99) << "no policy, no decay";
    double before = 100;
    for (int i = 1; i < 200; ++i) {
        const double now = decayed_confidence(policy, 99, minutes(17 * i));
        EXPECT_LT(now, before);
        EXPECT_GT(now, 0);
        before = now;
    }
}

TEST(ContinuousPolicyRules, VerificationIsDueByTimeOrByConfidence) {
    const ContinuousPolicy by_time{.re_verify_interval_minutes = 30};
    EXPECT_FALSE(re_verify_required(by_time, 99, minutes(30)));
    EXPECT_TRUE(re_verify_required(by_time, 99, minutes(30) + Milliseconds(1)));
    const ContinuousPolicy by_confidence{.confidence_decay_rate = 0.1, .min_confidence = 85};
    EXPECT_FALSE(re_verify_required(by_confidence, 99, minutes(91)));  // 99 exp(-0.1 t) = 85 at 1.5248 h
    EXPECT_TRUE(re_verify_required(by_confidence, 99, minutes(92)));
    EXPECT_TRUE(re_verify_required(by_confidence, 84, Milliseconds(0)));
    EXPECT_FALSE(re_verify_required({}, 0, hours(10'000)));
}

}  // namespace
}  // namespace facegate::domain
