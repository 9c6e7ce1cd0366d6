#include "domain/lockout/failed_attempts.h"

#include "domain/users/user_removal.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::minutes;

class Lockout : public DomainTest {
protected:
    std::optional<TimeMs> fail_once(const FailureCounter& counter) { return fail_in(ours_, counter); }
    std::optional<TimeMs> fail_in(const Scope& scope, const FailureCounter& counter) {
        return db_.write(scope, [&](sql::TenantTx& tx) { return record_failure(tx, counter, policy_, now_); });
    }
    FailureState state(const FailureCounter& counter) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return failure_state(tx, counter, policy_, now_); });
    }
    void succeed(const FailureCounter& counter) {
        db_.write(ours_, [&](sql::TenantTx& tx) { record_success(tx, counter); });
    }
    const RiskPolicy policy_{};
};

TEST_F(Lockout, TheLastAllowedFailureLocksForTheDuration) {
    const FailureCounter phone = user_device_counter("user_1", "phone");
    for (int i = 1; i < 5; ++i) {
        EXPECT_FALSE(fail_once(phone));
        EXPECT_FALSE(state(phone).locked_until);
        EXPECT_DOUBLE_EQ(state(phone).used, i / 5.0);
    }
    EXPECT_EQ(fail_once(phone), now_ + minutes(30));
    EXPECT_EQ(state(phone).locked_until, now_ + minutes(30));
    EXPECT_FALSE(state(user_device_counter("user_1", "tablet")).locked_until);
    EXPECT_FALSE(state(user_device_counter("user_2", "phone")).locked_until);
    EXPECT_FALSE(state(user_counter("user_1")).locked_until);
    now_ += minutes(30) - Milliseconds(1);
    EXPECT_TRUE(state(phone).locked_until);
    now_ += Milliseconds(1);
    EXPECT_FALSE(state(phone).locked_until);
    EXPECT_EQ(state(phone).used, 0) << "a lock is served in full";
    for (int i = 1; i < 5; ++i) EXPECT_FALSE(fail_once(phone)) << "and begins anew";
    EXPECT_TRUE(fail_once(phone));
}

TEST_F(Lockout, FailuresFadeAndAreForgottenAfterAPause) {
    const FailureCounter phone = user_device_counter("user_1", "phone");
    for (int i = 0; i < 4; ++i) fail_once(phone);
    double before = state(phone).used;
    for (int i = 0; i < 6; ++i) {
        now_ += minutes(5);
        EXPECT_LT(state(phone).used, before);
        before = state(phone).used;
    }
    EXPECT_EQ(before, 0);
    EXPECT_FALSE(fail_once(phone)) << "the first one again";
    EXPECT_DOUBLE_EQ(state(phone).used, 0.2);
    now_ += minutes(29);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(fail_once(phone));
    now_ += minutes(29);
    EXPECT_TRUE(fail_once(phone)) << "slow ones count together as long as no pause is between them";
}

TEST_F(Lockout, AUserOnAllDevicesAndANetworkHaveTenTimesAsMany) {
    const std::vector<FailureCounter> counters{user_counter("user_1"), network_counter("n", false, false),
                                               network_counter("n", true, true)};
    for (const FailureCounter& counter : counters) {
        for (int i = 1; i < 50; ++i) ASSERT_FALSE(fail_once(counter)) << i;
        EXPECT_TRUE(fail_once(counter));
    }
}

TEST_F(Lockout, SearchesOfAPersonsNetworkWeighTen) {
    const FailureCounter search = network_counter("n", false, true);
    const FailureCounter claim = network_counter("n", false, false);
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(fail_once(search));
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(fail_once(claim)) << "they count together";
    EXPECT_TRUE(fail_once(claim));
    EXPECT_TRUE(state(search).locked_until);
    EXPECT_FALSE(state(network_counter("n", true, true)).locked_until) << "those of many are apart";
}

TEST_F(Lockout, SuccessForgivesTheDeviceAndPaysTheNetworkBack) {
    const FailureCounter phone = user_device_counter("user_1", "phone");
    const FailureCounter everywhere = user_counter("user_1");
    const FailureCounter server = network_counter("n", true, true);
    for (const FailureCounter& counter : {phone, everywhere, server}) {
        for (int i = 0; i < 4; ++i) fail_once(counter);
        succeed(counter);
    }
    EXPECT_EQ(state(phone).used, 0);
    EXPECT_DOUBLE_EQ(state(everywhere).used, 4.0 / 50) << "signing in at home gives nobody new attempts elsewhere";
    EXPECT_DOUBLE_EQ(state(server).used, 3.0 / 50);
    for (int i = 0; i < 9; ++i) succeed(server);
    EXPECT_EQ(state(server).used, 0);
    fail_once(server);
    EXPECT_DOUBLE_EQ(state(server).used, 1.0 / 50) << "there is nothing to save up";
}

TEST_F(Lockout, AnActiveStatusForgetsAndSoDoesRemoval) {
    const UserId user = add_user(ours_);
    for (int i = 0; i < 5; ++i) fail_once(user_device_counter(user.value, "phone"));
    fail_once(user_counter(user.value));
    fail_once(user_counter("user_other"));
    const auto set = [&](UserStatus status) {
        db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(set_user_status(tx, user, status, now_)); });
    };
    set(UserStatus::kLocked);
    EXPECT_TRUE(state(user_device_counter(user.value, "phone")).locked_until);
    set(UserStatus::kActive);
    EXPECT_FALSE(state(user_device_counter(user.value, "phone")).locked_until);
    EXPECT_EQ(state(user_counter(user.value)).used, 0);
    EXPECT_EQ(rows_in("failed_attempts"), 1);
    fail_once(user_counter(user.value));
    db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, user, now_)); });
    EXPECT_EQ(rows_in("failed_attempts"), 1) << "the other user's";
}

TEST_F(Lockout, WhatNoLongerCountsIsPurged) {
    const FailureCounter phone = user_device_counter("user_1", "phone");
    for (int i = 0; i < 5; ++i) fail_once(phone);
    now_ += minutes(29);
    fail_once(network_counter("n", true, true));
    const auto purge = [&] {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_failed_attempts(tx, now_); });
    };
    EXPECT_EQ(purge(), 0);
    now_ += minutes(1);
    EXPECT_EQ(purge(), 1);
    now_ += minutes(29);
    EXPECT_EQ(purge(), 1);
    EXPECT_EQ(rows_in("failed_attempts"), 0);
}

TEST_F(Lockout, ScopesAreApart) {
    const FailureCounter phone = user_device_counter("user_1", "phone");
    for (const Scope& other : others_) {
        for (int i = 0; i < 5; ++i) fail_in(other, phone);
        db_.write(other, [&](sql::TenantTx& tx) { record_success(tx, phone); });
    }
    EXPECT_EQ(state(phone).used, 0);
    const auto name = [&](const Scope& scope, const char* kind, const char* text) {
        return db_.read(scope, [&](sql::TenantTx& tx) { return keyed_name(tx, vault_, kind, text); });
    };
    const std::string own = name(ours_, "network", "10.0.0.1");
    EXPECT_EQ(own.size(), 32U);
    EXPECT_EQ(name(ours_, "network", "10.0.0.1"), own);
    EXPECT_NE(name(ours_, "network", "10.0.0.2"), own);
    EXPECT_NE(name(ours_, "claim", "10.0.0.1"), own);
    for (const Scope& other : others_) EXPECT_NE(name(other, "network", "10.0.0.1"), own);
}

}  // namespace
}  // namespace facegate::domain
