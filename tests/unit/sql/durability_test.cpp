#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "sql/database.h"
#include "unit/temporary_directory.h"

namespace facegate::sql {
namespace {

constexpr int kThreads = 4;

/// Writes pairs of rows on several threads until it is killed; reports each pair's id when its write has returned.
[[noreturn]] void write_until_killed(const std::string& path, std::int64_t first_id, int report) {
    Database db({.path = path, .readers = 1});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (std::int64_t id = first_id + t;; id += kThreads) {
                db.write_system([&](SystemTx& tx) {
                    tx.execute("INSERT INTO halves VALUES ($1, 'left')", {id});
                    tx.execute("INSERT INTO halves VALUES ($1, 'right')", {id});
                });
                if (::write(report, &id, sizeof id) != sizeof id) ::_exit(1);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    ::_exit(0);
}

/// What the child reported before it was killed after `reports` reports.
std::vector<std::int64_t> run_and_kill(const std::string& path, std::int64_t first_id, int reports) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return {};
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        write_until_killed(path, first_id, ends[1]);
    }
    ::close(ends[1]);
    std::vector<std::int64_t> acknowledged;
    std::int64_t id = 0;
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
        acknowledged.push_back(id);
        if (static_cast<int>(acknowledged.size()) == reports) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself";
    return acknowledged;
}

TEST(Durability, AcknowledgedWritesSurviveSigkillAndNoHalfRemains) {
    const TemporaryDirectory directory;
    const std::string path = directory.file();
    {
        Database db({.path = path});
        db.write_system([](SystemTx& tx) {
            tx.execute("CREATE TABLE halves (id BIGINT NOT NULL, side TEXT NOT NULL, PRIMARY KEY (id, side))");
        });
    }
    std::mt19937 seeded(20);
    std::uniform_int_distribution<int> how_many(1, 300);
    std::set<std::int64_t> acknowledged;
    for (int round = 0; round < 20; ++round) {
        for (const auto id : run_and_kill(path, round * 1'000'000, how_many(seeded))) acknowledged.insert(id);
        Database db({.path = path});
        std::set<std::int64_t> whole;
        db.read_system([&](SystemTx& tx) {
            for (const auto& row : tx.query("SELECT id, count(*) FROM halves GROUP BY id")) {
                EXPECT_EQ(row.integer(1), 2) << "half a transaction: " << row.integer(0);
                whole.insert(row.integer(0));
            }
            EXPECT_EQ(tx.query("PRAGMA integrity_check")[0].text(0), "ok");
        });
        for (const auto id : acknowledged) EXPECT_TRUE(whole.contains(id)) << "lost in round " << round << ": " << id;
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GT(acknowledged.size(), 500U);
}

}  // namespace
}  // namespace facegate::sql
