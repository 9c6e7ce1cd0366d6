#include "domain/continuations/continuation.h"

#include <atomic>
#include <thread>

#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::minutes;

class ContinuationTest : public DomainTest {
protected:
    std::string create() {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return create_continuation(tx, random_, waiting_, now_); });
    }
    Result<Continuation> find(const std::string& token, TimeMs at) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return find_continuation(tx, token, at); });
    }
    bool take(const std::string& token, TimeMs at) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return take_continuation(tx, token, at); }).has_value();
    }
    const Continuation waiting_{LivenessSessionId("a1b2c3d4-0000-4000-8000-000000000000"), DeviceId("dev_1"),
                                std::string(64, 'a'), 97.5};
};

TEST_F(ContinuationTest, HoldsWhatItWasGivenForThreeMinutes) {
    const std::string token = create();
    EXPECT_TRUE(token.starts_with("vc_"));
    EXPECT_EQ(token.size(), 46U);
    const auto found = find(token, now_ + minutes(3) - Milliseconds(1));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->liveness_session, waiting_.liveness_session);
    EXPECT_EQ(found->device, waiting_.device);
    EXPECT_EQ(found->fingerprint, waiting_.fingerprint);
    EXPECT_EQ(found->liveness, 97.5);
    EXPECT_EQ(find(token, now_ + minutes(3)).error().code, ErrorCode::kContinuationInvalid);
    EXPECT_FALSE(take(token, now_ + minutes(3)));
    EXPECT_FALSE(find(token + "x", now_));
    EXPECT_FALSE(find("", now_));
}

TEST_F(ContinuationTest, TheTokenIsNotInTheDatabase) {
    const std::string token = create();
    db_.read_system([&](sql::SystemTx& tx) {
        const auto rows = tx.query("SELECT token_hash FROM continuations");
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(std::ranges::search(rows.front().blob(0), as_bytes(token)).size(), 0U);
        EXPECT_EQ(rows.front().blob(0).size(), 32U);
    });
    EXPECT_NE(create(), token);
}

TEST_F(ContinuationTest, OfManyTakersOneWins) {
    const std::string token = create();
    std::atomic<int> won = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&] { won += take(token, now_) ? 1 : 0; });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_FALSE(find(token, now_));
}

TEST_F(ContinuationTest, PurgingForgetsWhatIsTooOld) {
    create();
    const auto purge = [&](TimeMs at) {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_continuations(tx, at); });
    };
    EXPECT_EQ(purge(now_ + minutes(3) - Milliseconds(1)), 0);
    EXPECT_EQ(purge(now_ + minutes(3)), 1);
}

}  // namespace
}  // namespace facegate::domain
