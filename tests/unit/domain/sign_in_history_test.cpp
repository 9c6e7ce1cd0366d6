#include "domain/risk/sign_in_history.h"

#include "domain/re_enrollment/re_enrollment_token.h"
#include "domain/users/user_removal.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

class SignInHistory : public DomainTest {
protected:
    void sign_in(const UserId& user, const char* device, std::optional<std::string> network) {
        db_.write(ours_, [&](sql::TenantTx& tx) {
            record_sign_in(tx, {SessionId(random_.id("sess_")), user, DeviceId(device), std::move(network)}, now_);
        });
    }
    RecentSignIns recent(const Scope& scope, const UserId& user, const char* device,
                         const std::optional<std::string>& network) {
        return db_.read(scope,
                        [&](sql::TenantTx& tx) { return recent_sign_ins(tx, user, DeviceId(device), network, now_); });
    }
    std::int64_t purge() {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_sign_ins(tx, now_); });
    }
    const UserId ada_ = add_user(ours_);
    const UserId ben_ = add_user(ours_);
};

TEST_F(SignInHistory, CountsUserDeviceAndNetworkWithinTenMinutes) {
    sign_in(ada_, "kiosk", "net");
    now_ += minutes(6);
    sign_in(ben_, "kiosk", "net");
    sign_in(ada_, "phone", std::nullopt);
    const RecentSignIns now = recent(ours_, ada_, "kiosk", "net");
    EXPECT_EQ(now.of_user, 2);
    EXPECT_EQ(now.of_device, 2);
    EXPECT_EQ(now.of_network, 2);
    EXPECT_EQ(recent(ours_, ada_, "kiosk", std::nullopt).of_network, 0);
    for (const Scope& other : others_) EXPECT_EQ(recent(other, ada_, "kiosk", "net").of_device, 0);
    now_ += minutes(4);
    EXPECT_EQ(recent(ours_, ada_, "kiosk", "net").of_user, 1) << "the first one is ten minutes old";
    EXPECT_EQ(recent(ours_, ada_, "kiosk", "net").of_network, 1);
}

TEST_F(SignInHistory, TheLatestHundredWithinNinetyDays) {
    for (int i = 0; i < 103; ++i) {
        sign_in(ada_, "phone", std::nullopt);
        now_ += hours(1);
    }
    const auto last = [&] { return db_.read(ours_, [&](sql::TenantTx& tx) { return last_sign_ins(tx, ada_, now_); }); };
    ASSERT_EQ(last().size(), 100U);
    EXPECT_EQ(last().front(), now_ - hours(1));
    EXPECT_TRUE(std::ranges::is_sorted(last(), std::ranges::greater{}));
    now_ += days(90) - hours(2);
    EXPECT_EQ(last().size(), 1U);
}

TEST_F(SignInHistory, NetworksAreErasedAfterAnHourAndSignInsAfterNinetyDays) {
    sign_in(ada_, "phone", "net");
    EXPECT_EQ(purge(), 0);
    now_ += hours(1);
    EXPECT_EQ(purge(), 1);
    EXPECT_EQ(purge(), 0);
    db_.read(ours_, [](sql::TenantTx& tx) {
        EXPECT_TRUE(
            tx.query("SELECT network FROM sign_ins WHERE tenant_id = $1 AND environment = $2").at(0).is_null(0));
    });
    now_ += days(90) - hours(1);
    EXPECT_EQ(purge(), 1);
    EXPECT_EQ(rows_in("sign_ins"), 0);
}

TEST_F(SignInHistory, GoesWithTheUser) {
    sign_in(ada_, "phone", "net");
    sign_in(ben_, "phone", "net");
    db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, ada_, now_)); });
    EXPECT_EQ(rows_in("sign_ins"), 1);
}

class ReEnrollmentToken : public DomainTest {
protected:
    std::string create() {
        return db_.write(ours_,
                         [&](sql::TenantTx& tx) { return create_re_enrollment_token(tx, random_, user_, now_); });
    }
    Result<UserId> take(const Scope& scope, const std::string& token) {
        return db_.write(scope, [&](sql::TenantTx& tx) { return take_re_enrollment_token(tx, token, now_); });
    }
    const UserId user_ = add_user(ours_);
};

TEST_F(ReEnrollmentToken, NamesItsUserOnce) {
    const std::string token = create();
    EXPECT_TRUE(token.starts_with("re_"));
    EXPECT_EQ(token.size(), 46U);
    EXPECT_EQ(take(ours_, token + "x").error().code, ErrorCode::kReEnrollmentTokenInvalid);
    for (const Scope& other : others_) EXPECT_FALSE(take(other, token));
    EXPECT_EQ(take(ours_, token).value(), user_);
    EXPECT_FALSE(take(ours_, token));
}

TEST_F(ReEnrollmentToken, LastsTenMinutes) {
    const std::string in_time = create();
    now_ += minutes(10) - Milliseconds(1);
    EXPECT_TRUE(take(ours_, in_time));
    const std::string late = create();
    now_ += minutes(10);
    EXPECT_FALSE(take(ours_, late));
    EXPECT_EQ(db_.write_system([&](sql::SystemTx& tx) { return purge_re_enrollment_tokens(tx, now_); }), 1);
}

TEST_F(ReEnrollmentToken, TheLatestReplacesTheOthersAndAllGoWithTheUser) {
    const std::string first = create();
    const std::string second = create();
    EXPECT_NE(first, second);
    EXPECT_FALSE(take(ours_, first));
    EXPECT_TRUE(take(ours_, second));
    const std::string third = create();
    db_.write(ours_, [&](sql::TenantTx& tx) { forget_re_enrollment_token(tx, user_); });
    EXPECT_FALSE(take(ours_, third));
    const std::string fourth = create();
    db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, user_, now_)); });
    EXPECT_FALSE(take(ours_, fourth));
}

}  // namespace
}  // namespace facegate::domain
