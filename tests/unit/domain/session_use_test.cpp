#include "domain/sessions/session_use.h"

#include <barrier>
#include <cmath>
#include <thread>

#include "domain/policies/saved_policy.h"
#include "domain/sessions/exchange.h"
#include "domain/sessions/refresh.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

crypto::Digest hash_of(const std::string& token) {
    return crypto::sha256(as_bytes(token));
}

class SessionUseTest : public DomainTest {
protected:
    SessionUseTest() {
        session_.id = new_session_id(random_);
        session_.user = add_user(ours_);
        session_.device = DeviceId("dev_1");
        session_.confidence = 98;
        session_.risk = 0.2;
        session_.verified_at = now_;
        db_.write(ours_, [&](sql::TenantTx& tx) { create_session(tx, session_, hash_of("first"), now_); });
    }
    Result<UsableSession> use(const UserId& user, TimeMs at) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return usable_session(tx, session_.id, user, at); });
    }
    ErrorCode refused(TimeMs at) { return use(session_.user, at).error().code; }
    /// Runs `take` on many threads at once and counts who won.
    template <class Take>
    int winners(Take take) {
        constexpr int kThreads = 32;
        std::barrier start(kThreads);
        std::atomic<int> won = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                if (db_.write(ours_, [&](sql::TenantTx& tx) { return take(tx, i); })) ++won;
            });
        }
        threads.clear();
        return won;
    }
    Session session_;
};

TEST_F(SessionUseTest, AnActiveSessionOfAnActiveUserIsUsable) {
    const auto usable = use(session_.user, now_ + hours(1));
    ASSERT_TRUE(usable.has_value());
    EXPECT_EQ(usable->session.id, session_.id);
    EXPECT_EQ(usable->user.id, session_.user);
    EXPECT_EQ(use(UserId("user_x"), now_).error().code, ErrorCode::kInvalidToken);
    EXPECT_EQ(refused(now_ + kSessionLife), ErrorCode::kInvalidToken);
}

TEST_F(SessionUseTest, NotOnceItsUserMayNotSignIn) {
    for (const auto& [status, code] : {std::pair{UserStatus::kSuspended, ErrorCode::kUserSuspended},
                                       std::pair{UserStatus::kLocked, ErrorCode::kUserLocked}}) {
        db_.write(ours_,
                  [&, status = status](sql::TenantTx& tx) { return set_user_status(tx, session_.user, status, now_); })
            .value();
        EXPECT_EQ(refused(now_), code);
    }
}

TEST_F(SessionUseTest, NotOnceItIsRevoked) {
    db_.write(ours_, [&](sql::TenantTx& tx) { return revoke_session(tx, session_.id, now_); }).value();
    EXPECT_EQ(refused(now_), ErrorCode::kInvalidToken);
}

TEST_F(SessionUseTest, NotOnceThePolicyAsksForTheFaceAgain) {
    db_.write(ours_,
              [&](sql::TenantTx& tx) { save_policy(tx, "continuous", {{"re_verify_interval_minutes", 30}}, now_); });
    EXPECT_TRUE(use(session_.user, now_ + minutes(29)).has_value());
    EXPECT_EQ(refused(now_ + minutes(31)), ErrorCode::kReVerifyRequired);
}

TEST_F(SessionUseTest, RiskRisesAsConfidenceDecays) {
    const auto standing = [&](const ContinuousPolicy& policy, TimeMs at) { return standing_of(policy, session_, at); };
    EXPECT_EQ(standing({}, now_ + hours(100)).risk, 0.2);
    EXPECT_EQ(standing({}, now_ + hours(100)).confidence, 98);
    const ContinuousPolicy decaying{.confidence_decay_rate = 0.1, .min_confidence = 85};
    EXPECT_EQ(standing(decaying, now_).risk, 0.2);
    EXPECT_NEAR(standing(decaying, now_ + hours(5)).confidence, 98 * std::exp(-0.5), 1e-9);
    EXPECT_EQ(standing(decaying, now_ + hours(5)).risk, 0.51);  // 1 - 0.8 e^-0.5
    EXPECT_TRUE(standing(decaying, now_ + hours(5)).re_verify_required);
    EXPECT_FALSE(standing(decaying, now_ + hours(1)).re_verify_required);
    EXPECT_EQ(standing(decaying, now_ + hours(700)).risk, 1);
    EXPECT_EQ(standing(decaying, now_ - hours(1)).risk, 0.2) << "a clock that went back";
}

TEST_F(SessionUseTest, OfConcurrentRefreshesOneRotates) {
    EXPECT_EQ(winners([&](sql::TenantTx& tx, int i) {
                  return rotate_refresh_token(tx, session_.id, hash_of("first"), hash_of(std::to_string(i)), now_);
              }),
              1);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        EXPECT_FALSE(is_current_refresh_token(tx, session_.id, hash_of("first")));
        set_refresh_token(tx, session_.id, hash_of("next"));
        EXPECT_TRUE(is_current_refresh_token(tx, session_.id, hash_of("next")));
        EXPECT_FALSE(rotate_refresh_token(tx, session_.id, hash_of("next"), hash_of("late"), now_ + kSessionLife));
    });
}

TEST_F(SessionUseTest, OfConcurrentExchangesOneTakesTheToken) {
    EXPECT_EQ(
        winners([&](sql::TenantTx& tx, int) { return take_for_exchange(tx, "jti-1", "jwt", now_ + minutes(15)); }), 1);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        EXPECT_TRUE(take_for_exchange(tx, "jti-1", "supabase", now_ + minutes(15))) << "another provider";
        EXPECT_TRUE(take_for_exchange(tx, "jti-2", "jwt", now_ + minutes(15)));
        forbid_exchange(tx, "jti-3", now_ + minutes(15));
        EXPECT_FALSE(take_for_exchange(tx, "jti-3", "jwt", now_ + minutes(15)));
    });
    const auto purge = [&](TimeMs at) {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_exchanges(tx, at); });
    };
    EXPECT_EQ(purge(now_ + minutes(15) - Milliseconds(1)), 0);
    EXPECT_EQ(purge(now_ + minutes(15)), 4);
}

}  // namespace
}  // namespace facegate::domain
