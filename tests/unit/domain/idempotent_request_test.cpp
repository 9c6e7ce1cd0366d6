#include "domain/idempotency/idempotent_request.h"

#include "domain/users/user_removal.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

constexpr Milliseconds kDeadline{30'000};

class IdempotentRequestTest : public DomainTest {
protected:
    static RequestIdentity request(std::uint8_t key, std::uint8_t body = 1) {
        return {Bytes(32, key), Bytes(32, body), KeyId("key_1")};
    }
    Result<Claim> claim(const Scope& scope, const RequestIdentity& request, TimeMs now) {
        return db_.write(scope, [&](sql::TenantTx& tx) {
            return claim_request(tx, vault_, random_, request, now + kDeadline, now);
        });
    }
    Result<std::optional<KeptAnswer>> find(const Scope& scope, const RequestIdentity& request, TimeMs now) {
        return db_.read(scope, [&](sql::TenantTx& tx) { return find_answer(tx, vault_, request, now); });
    }
    void keep(const Scope& scope, const RequestIdentity& request, const std::string& reservation,
              const std::string& content, const std::optional<UserId>& user = {}) {
        db_.write(scope, [&](sql::TenantTx& tx) {
            keep_answer(tx, vault_, random_, request.key, reservation, {201, content}, user,
                        now_ + std::chrono::hours(24));
        });
    }
    std::int64_t rows() {
        return db_.read_system(
            [](sql::SystemTx& tx) { return tx.query("SELECT COUNT(*) FROM idempotent_requests")[0].integer(0); });
    }
};

TEST_F(IdempotentRequestTest, TheFirstRunsTheOthersWaitThenGetItsAnswer) {
    const auto first = claim(ours_, request(1), now_);
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->reservation.empty());
    EXPECT_EQ(claim(ours_, request(1), now_).error().code, ErrorCode::kIdempotencyInProgress);
    EXPECT_EQ(find(ours_, request(1), now_).error().code, ErrorCode::kIdempotencyInProgress);
    keep(ours_, request(1), first->reservation, "the answer");
    const auto again = claim(ours_, request(1), now_);
    ASSERT_TRUE(again && again->answer);
    EXPECT_EQ(again->answer->status, 201U);
    EXPECT_EQ(again->answer->content, "the answer");
    EXPECT_EQ(find(ours_, request(1), now_)->value().content, "the answer");
}

TEST_F(IdempotentRequestTest, AnotherBodyIsRefusedBeforeAndAfter) {
    const auto first = claim(ours_, request(1), now_);
    EXPECT_EQ(claim(ours_, request(1, 2), now_).error().code, ErrorCode::kIdempotencyKeyReused);
    keep(ours_, request(1), first->reservation, "the answer");
    EXPECT_EQ(find(ours_, request(1, 2), now_).error().code, ErrorCode::kIdempotencyKeyReused);
}

TEST_F(IdempotentRequestTest, CollectionsDoNotShareKeys) {
    for (const Scope& scope : {ours_, ours_live_, theirs_}) {
        const auto claimed = claim(scope, request(1), now_);
        ASSERT_TRUE(claimed);
        EXPECT_FALSE(claimed->reservation.empty());
    }
}

TEST_F(IdempotentRequestTest, AClaimThatRanOutIsTakenOverAndItsHolderChangesNothing) {
    const auto first = claim(ours_, request(1), now_);
    const TimeMs later = now_ + kDeadline;
    const auto second = claim(ours_, request(1, 2), later);
    ASSERT_TRUE(second);
    EXPECT_NE(second->reservation, first->reservation);
    keep(ours_, request(1), first->reservation, "too late");
    EXPECT_EQ(find(ours_, request(1, 2), later).error().code, ErrorCode::kIdempotencyInProgress);
    db_.write(ours_, [&](sql::TenantTx& tx) { release_request(tx, request(1).key, first->reservation); });
    EXPECT_EQ(rows(), 1);
    db_.write(ours_, [&](sql::TenantTx& tx) { release_request(tx, request(1).key, second->reservation); });
    EXPECT_EQ(rows(), 0);
}

TEST_F(IdempotentRequestTest, AnswersAreSealedAndGoWithTheirUser) {
    const UserId user = add_user(ours_);
    keep(ours_, request(1), claim(ours_, request(1), now_)->reservation, "about Ada", user);
    keep(ours_, request(2), claim(ours_, request(2), now_)->reservation, "about nobody");
    EXPECT_EQ(find(ours_, request(1), now_)->value().content, "about Ada");
    const auto stored =
        db_.read_system([](sql::SystemTx& tx) { return tx.query("SELECT sealed_answer FROM idempotent_requests"); });
    for (const sql::Row& row : stored) {
        const Bytes& sealed = row.blob(0);
        EXPECT_EQ(std::string(sealed.begin(), sealed.end()).find("about"), std::string::npos);
    }
    ASSERT_TRUE(db_.write(ours_, [&](sql::TenantTx& tx) { return remove_user(tx, user, now_); }));
    EXPECT_FALSE(find(ours_, request(1), now_)->has_value());
    EXPECT_TRUE(find(ours_, request(2), now_)->has_value());
    // Who is deleted while the request runs is in no answer that is kept.
    keep(ours_, request(3), claim(ours_, request(3), now_)->reservation, "his name", user);
    EXPECT_FALSE(find(ours_, request(3), now_)->has_value());
}

TEST_F(IdempotentRequestTest, ExpireAndArePurgedWithinBounds) {
    for (std::uint8_t i = 0; i < 10; ++i) {
        keep(ours_, request(i), claim(ours_, request(i), now_)->reservation, "x");
        claim(theirs_, request(i), now_);
    }
    const auto purge = [&](TimeMs now, int limit, int max_kept) {
        db_.write_system([&](sql::SystemTx& tx) { purge_idempotent_requests(tx, now, limit, max_kept); });
        return rows();
    };
    EXPECT_EQ(purge(now_ + kDeadline - Milliseconds(1), 100, 100), 20);
    EXPECT_EQ(purge(now_ + kDeadline, 4, 100), 16) << "a few at a time";
    EXPECT_EQ(purge(now_ + kDeadline, 100, 100), 10);
    EXPECT_EQ(purge(now_ + kDeadline, 100, 7), 7) << "no more than that are kept";
    EXPECT_FALSE(find(ours_, request(0), now_)->has_value()) << "the oldest go";
    const RequestIdentity of_another{Bytes(32, 77), Bytes(32, 1), KeyId("key_2")};
    keep(ours_, of_another, claim(ours_, of_another, now_)->reservation, "y");
    const RequestIdentity running = request(78);
    ASSERT_TRUE(claim(ours_, running, now_ + kDeadline));
    EXPECT_EQ(purge(now_ + kDeadline, 100, 0), 1) << "but what still runs";
    EXPECT_EQ(find(ours_, running, now_ + kDeadline).error().code, ErrorCode::kIdempotencyInProgress);
    keep(ours_, of_another, claim(ours_, of_another, now_)->reservation, "y");
    for (std::uint8_t i = 0; i < 4; ++i) keep(ours_, request(i), claim(ours_, request(i), now_)->reservation, "x");
    EXPECT_EQ(purge(now_ + kDeadline, 100, 3), 5) << "a crowd under one key pushes out nobody else's";
    EXPECT_TRUE(find(ours_, of_another, now_ + kDeadline)->has_value());
    const TimeMs tomorrow = now_ + std::chrono::hours(24);
    EXPECT_FALSE(find(ours_, request(9), tomorrow)->has_value());
    EXPECT_EQ(purge(tomorrow, 100, 100), 0);
}

}  // namespace
}  // namespace facegate::domain
