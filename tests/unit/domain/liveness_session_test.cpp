#include "domain/liveness_sessions/liveness_session.h"

#include <atomic>
#include <latch>
#include <thread>

#include "domain/policies/liveness_policy.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::minutes;

class LivenessSessionTest : public DomainTest {
protected:
    LivenessSessionId create(LivenessChallenge challenge = LivenessChallenge::kMovementAndLight) {
        return db_.write(ours_,
                         [&](sql::TenantTx& tx) { return create_liveness_session(tx, random_, challenge, now_).id; });
    }
    std::optional<ErrorCode> start(const LivenessSessionId& id, TimeMs at) {
        return code_of(db_.write(ours_, [&](sql::TenantTx& tx) { return mark_started(tx, id, at); }));
    }
    std::optional<ErrorCode> finish(const LivenessSessionId& id, TimeMs at, bool live = true) {
        return code_of(db_.write(ours_, [&](sql::TenantTx& tx) {
            return finish_liveness_session(
                tx, vault_, id, {live, 97.5, "{}", {{"default-1", vector_of(4)}, {"other-2", vector_of(5, 16)}}}, at);
        }));
    }
    Result<FinishedLiveness> consume(const LivenessSessionId& id, TimeMs at) {
        auto finished = db_.read(ours_, [&](sql::TenantTx& tx) { return read_finished_liveness(tx, vault_, id, at); });
        if (!finished) return finished;
        auto taken = db_.write(ours_, [&](sql::TenantTx& tx) { return consume_liveness_session(tx, id, at); });
        if (!taken) return std::unexpected(taken.error());
        return finished;
    }
    LivenessSession find(const LivenessSessionId& id, TimeMs at) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return find_liveness_session(tx, id, at); }).value();
    }
    std::int64_t probes() {
        return db_.read_system(
            [](sql::SystemTx& tx) { return tx.query("SELECT COUNT(*) FROM liveness_probes").front().integer(0); });
    }
    template <class T>
    static std::optional<ErrorCode> code_of(const Result<T>& result) {
        return result ? std::nullopt : std::optional(result.error().code);
    }
    const LivenessSessionId unknown_{"a1b2c3d4-0000-4000-8000-000000000000"};
};

TEST_F(LivenessSessionTest, GoesThroughItsLifeOnce) {
    const auto id = create();
    EXPECT_TRUE(is_uuid(id.value));
    EXPECT_EQ(name_of(find(id, now_).status), "CREATED");
    EXPECT_EQ(start(id, now_ + minutes(1)), std::nullopt);
    EXPECT_EQ(name_of(find(id, now_ + minutes(1)).status), "IN_PROGRESS");
    EXPECT_FALSE(find(id, now_ + minutes(1)).live);
    EXPECT_EQ(finish(id, now_ + minutes(2)), std::nullopt);
    const auto session = find(id, now_ + minutes(2));
    EXPECT_EQ(name_of(session.status), "SUCCEEDED");
    EXPECT_TRUE(session.live);
    EXPECT_EQ(session.confidence, 97.5);
    EXPECT_EQ(session.expires_at, now_ + minutes(7));
    const auto taken = consume(id, now_ + minutes(3)).value();
    EXPECT_TRUE(taken.outcome.live);
    EXPECT_EQ(taken.outcome.probes, (Probes{{"default-1", vector_of(4)}, {"other-2", vector_of(5, 16)}}));
    EXPECT_EQ(taken.ended_at, now_ + minutes(2));
    EXPECT_EQ(probes(), 0) << "a consumed session keeps no probe";
    EXPECT_EQ(consume(id, now_ + minutes(3)).error().code, ErrorCode::kLivenessSessionConsumed);
    EXPECT_EQ(consume(id, now_ + minutes(60)).error().code, ErrorCode::kLivenessSessionConsumed);
    EXPECT_EQ(name_of(find(id, now_ + minutes(60)).status), "SUCCEEDED");
}

TEST_F(LivenessSessionTest, StartsOnceAndWithinThreeMinutes) {
    const auto id = create();
    EXPECT_EQ(start(id, now_ + minutes(3)), ErrorCode::kLivenessSessionExpired);
    EXPECT_EQ(start(id, now_ + minutes(3) - Milliseconds(1)), std::nullopt);
    EXPECT_EQ(start(id, now_ + minutes(3)), ErrorCode::kLivenessSessionConsumed);
    EXPECT_EQ(start(unknown_, now_), ErrorCode::kNotFound);
    EXPECT_EQ(name_of(find(create(), now_ + minutes(3)).status), "EXPIRED");
}

TEST_F(LivenessSessionTest, EndsOnceAndWithinThreeMinutesOfStarting) {
    const auto id = create();
    EXPECT_EQ(finish(id, now_), ErrorCode::kLivenessSessionNotReady);
    EXPECT_EQ(start(id, now_ + minutes(1)), std::nullopt);
    EXPECT_EQ(finish(id, now_ + minutes(4)), ErrorCode::kLivenessSessionExpired);
    EXPECT_EQ(finish(id, now_ + minutes(4) - Milliseconds(1)), std::nullopt);
    EXPECT_EQ(finish(id, now_ + minutes(4)), ErrorCode::kLivenessSessionConsumed);
    EXPECT_EQ(finish(unknown_, now_), ErrorCode::kNotFound);
}

TEST_F(LivenessSessionTest, UnfinishedIsNotReadyAndStaysUsable) {
    const auto id = create();
    EXPECT_EQ(consume(id, now_).error().code, ErrorCode::kLivenessSessionNotReady);
    EXPECT_EQ(start(id, now_), std::nullopt);
    EXPECT_EQ(consume(id, now_).error().code, ErrorCode::kLivenessSessionNotReady);
    EXPECT_EQ(finish(id, now_), std::nullopt);
    EXPECT_TRUE(consume(id, now_).has_value());
}

TEST_F(LivenessSessionTest, ResultIsUsableForFiveMinutes) {
    const auto id = create();
    start(id, now_);
    finish(id, now_);
    const auto checked = [&](TimeMs at) {
        return code_of(db_.read(ours_, [&](sql::TenantTx& tx) { return check_consumable(tx, id, at); }));
    };
    EXPECT_EQ(checked(now_ + minutes(5) - Milliseconds(1)), std::nullopt);
    EXPECT_EQ(checked(now_ + minutes(5)), ErrorCode::kLivenessSessionExpired);
    EXPECT_EQ(consume(id, now_ + minutes(5)).error().code, ErrorCode::kLivenessSessionExpired);
    const auto late = find(id, now_ + minutes(5));
    EXPECT_EQ(name_of(late.status), "EXPIRED");
    EXPECT_FALSE(late.live);
    EXPECT_TRUE(consume(id, now_ + minutes(5) - Milliseconds(1)).has_value());
}

TEST_F(LivenessSessionTest, UnknownIsNotFound) {
    EXPECT_EQ(consume(unknown_, now_).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(consume(LivenessSessionId("not a uuid"), now_).error().code, ErrorCode::kNotFound);
}

TEST_F(LivenessSessionTest, NotLiveAndBrokenOnesFailAndAreConsumed) {
    const auto judged = create();
    start(judged, now_);
    finish(judged, now_, false);
    EXPECT_EQ(name_of(find(judged, now_).status), "FAILED");
    EXPECT_EQ(find(judged, now_).confidence, 97.5);
    EXPECT_FALSE(consume(judged, now_)->outcome.live);
    EXPECT_EQ(consume(judged, now_).error().code, ErrorCode::kLivenessSessionConsumed);

    const auto broken = create();
    start(broken, now_);
    const auto fail_it = [&] {
        db_.write(ours_, [&](sql::TenantTx& tx) { fail_liveness_session(tx, broken, "stream \"broken\"", now_); });
    };
    fail_it();
    EXPECT_EQ(name_of(find(broken, now_).status), "FAILED");
    const auto taken = consume(broken, now_).value();
    EXPECT_FALSE(taken.outcome.live);
    EXPECT_EQ(taken.outcome.confidence, 0);
    EXPECT_TRUE(taken.outcome.probes.empty());
    EXPECT_EQ(taken.outcome.signals, R"({"failure":"stream \"broken\""})");
}

TEST_F(LivenessSessionTest, RemembersItsChallengeToTheEnd) {
    for (const auto challenge : kLivenessChallenges) {
        const auto id = create(challenge);
        EXPECT_EQ(find(id, now_).challenge, challenge);
        const auto started = db_.write(ours_, [&](sql::TenantTx& tx) { return mark_started(tx, id, now_); });
        EXPECT_EQ(started->challenge, challenge);
        EXPECT_EQ(finish(id, now_), std::nullopt);
        EXPECT_EQ(consume(id, now_)->challenge, challenge);
        EXPECT_EQ(find(id, now_).challenge, challenge);
    }
}

TEST_F(LivenessSessionTest, AnUnknownChallengeInARowIsNoChallenge) {
    const auto id = create();
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE liveness_sessions SET challenge = 'x' WHERE tenant_id = $1 AND environment = $2");
    });
    EXPECT_THROW(start(id, now_), sql::DatabaseFailure);
}

TEST_F(LivenessSessionTest, TheTenantsBarDecidesWhenTheVerdictIsStored) {
    struct Case {
        double bar;
        bool verdict;
        bool live;
    };
    for (const auto& [bar, verdict, live] : {Case{90, true, true}, Case{97.5, true, true}, Case{97.6, true, false},
                                             Case{100, true, false}, Case{90, false, false}}) {
        const auto id = create();
        start(id, now_);
        db_.write(ours_, [&](sql::TenantTx& tx) {
            EXPECT_TRUE(change_liveness_policy(tx, {.min_confidence = bar}, now_).has_value());
            const auto ended = finish_liveness_session(tx, vault_, id, {verdict, 97.5, "{}", {}}, now_);
            EXPECT_EQ(ended.value().live, live) << bar;
            // What is decided stays so.
            EXPECT_TRUE(change_liveness_policy(tx, {.min_confidence = live ? 100 : 90}, now_).has_value());
        });
        EXPECT_EQ(name_of(find(id, now_).status), live ? "SUCCEEDED" : "FAILED") << bar;
        EXPECT_EQ(find(id, now_).confidence, 97.5);
        EXPECT_EQ(consume(id, now_)->outcome.live, live) << bar;
    }
}

TEST_F(LivenessSessionTest, FailingDoesNotUndoAVerdict) {
    const auto id = create();
    start(id, now_);
    finish(id, now_);
    db_.write(ours_, [&](sql::TenantTx& tx) { fail_liveness_session(tx, id, "late", now_); });
    EXPECT_EQ(name_of(find(id, now_).status), "SUCCEEDED");
}

TEST_F(LivenessSessionTest, OfManyConsumersExactlyOneWins) {
    constexpr int kThreads = 64;
    const auto id = add_finished_session(ours_, 9);
    std::atomic<int> won = 0;
    std::atomic<int> consumed = 0;
    std::latch ready(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            ready.arrive_and_wait();
            const auto taken = consume(id, now_);
            if (taken && taken->outcome.probes == Probes{{"default-1", vector_of(9)}}) ++won;
            if (!taken && taken.error().code == ErrorCode::kLivenessSessionConsumed) ++consumed;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(consumed, kThreads - 1);
}

TEST_F(LivenessSessionTest, ScopeIsFoundByIdAlone) {
    const auto id = add_finished_session(theirs_);
    db_.read_system([&](sql::SystemTx& tx) {
        EXPECT_EQ(scope_of_liveness_session(tx, id), theirs_);
        EXPECT_EQ(scope_of_liveness_session(tx, unknown_), std::nullopt);
    });
}

TEST_F(LivenessSessionTest, PurgeErasesWhatNobodyCanUse) {
    const auto old = add_finished_session(ours_);
    const auto purge = [&](TimeMs at) {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_liveness_sessions(tx, at); });
    };
    EXPECT_EQ(purge(now_ + minutes(5) - Milliseconds(1)), 0);
    EXPECT_EQ(probes(), 1);
    EXPECT_EQ(purge(now_ + minutes(5)), 2) << "the probe, and the session's signals";
    EXPECT_EQ(probes(), 0);
    EXPECT_EQ(purge(now_ + minutes(5)), 0);
    EXPECT_EQ(consume(old, now_ + minutes(5)).error().code, ErrorCode::kLivenessSessionExpired);
    EXPECT_EQ(purge(now_ + std::chrono::hours(31 * 24)), 1);
    EXPECT_EQ(rows_in("liveness_sessions"), 0);
}

TEST_F(LivenessSessionTest, AProbeMovedToAnotherSessionDoesNotOpen) {
    const auto from = add_finished_session(ours_, 1);
    const auto to = add_finished_session(ours_, 2);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute(
            "UPDATE liveness_probes SET sealed_probe = (SELECT sealed_probe FROM liveness_probes "
            "WHERE tenant_id = $1 AND environment = $2 AND session_id = $3) "
            "WHERE tenant_id = $1 AND environment = $2 AND session_id = $4",
            {from, to});
    });
    EXPECT_THROW((void)consume(to, now_), VaultFailure);
}

TEST_F(LivenessSessionTest, AProbeCanOutliveItsConsumptionForAWhile) {
    const auto id = add_finished_session(ours_, 3);
    const auto until = now_ + minutes(10);
    ASSERT_TRUE(
        db_.write(ours_, [&](sql::TenantTx& tx) { return consume_liveness_session(tx, id, now_, until); }).has_value());
    EXPECT_EQ(consume(id, now_).error().code, ErrorCode::kLivenessSessionConsumed);
    const auto load = [&] { return db_.read(ours_, [&](sql::TenantTx& tx) { return load_probes(tx, vault_, id); }); };
    EXPECT_EQ(load(), (Probes{{"default-1", vector_of(3)}}));
    db_.write_system([&](sql::SystemTx& tx) { purge_liveness_sessions(tx, until - Milliseconds(1)); });
    EXPECT_FALSE(load().empty());
    db_.write_system([&](sql::SystemTx& tx) { purge_liveness_sessions(tx, until); });
    EXPECT_TRUE(load().empty());
}

}  // namespace
}  // namespace facegate::domain
