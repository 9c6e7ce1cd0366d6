#include "sql/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <future>
#include <iterator>
#include <latch>
#include <thread>

#include "unit/temporary_directory.h"

namespace facegate::sql {
namespace {

const Scope kScope{TenantId("ten_a"), Environment::kLive};

class DatabaseTest : public testing::Test {
protected:
    DatabaseTest() {
        db_.write_system([](SystemTx& tx) {
            tx.execute(
                "CREATE TABLE things (tenant_id TEXT NOT NULL, environment BIGINT NOT NULL, name TEXT NOT NULL, "
                "size BIGINT, PRIMARY KEY (tenant_id, environment, name))");
        });
    }

    void put(const Scope& scope, const std::string& name, std::int64_t size = 0) {
        db_.write(scope, [&](TenantTx& tx) { insert(tx, name, size); });
    }
    static void insert(TenantTx& tx, const std::string& name, std::int64_t size = 0) {
        tx.execute("INSERT INTO things (tenant_id, environment, name, size) VALUES ($1, $2, $3, $4)", {name, size});
    }
    std::int64_t count() {
        return db_.read_system([](SystemTx& tx) { return tx.query("SELECT count(*) FROM things")[0].integer(0); });
    }

    TemporaryDirectory directory_;
    Database db_{{.path = directory_.file(), .readers = 2}};
};

TEST_F(DatabaseTest, ValuesOfEveryTypeComeBack) {
    const Bytes blob{0, 1, 2, 255};
    const std::string text("caf\xc3\xa9\0z", 7);
    const Rows rows = db_.read_system([&](SystemTx& tx) {
        return tx.query("SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9",
                        {-5, true, 1.5, text, blob, nullptr, Bytes(), "", std::optional<std::int64_t>(7)});
    });
    ASSERT_EQ(rows.size(), 1U);
    const Row& row = rows[0];
    EXPECT_EQ(row.integer(0), -5);
    EXPECT_EQ(row.real(0), -5.0);
    EXPECT_TRUE(row.boolean(1));
    EXPECT_EQ(row.real(2), 1.5);
    EXPECT_EQ(row.text(3), text);
    EXPECT_EQ(row.blob(4), blob);
    EXPECT_TRUE(row.is_null(5));
    EXPECT_EQ(row.maybe_text(5), std::nullopt);
    EXPECT_EQ(row.maybe_real(5), std::nullopt);
    EXPECT_EQ(row.maybe_blob(4), blob);
    EXPECT_FALSE(row.is_null(6));
    EXPECT_TRUE(row.blob(6).empty());
    EXPECT_FALSE(row.is_null(7));
    EXPECT_EQ(row.text(7), "");
    EXPECT_EQ(row.maybe_integer(8), 7);
    EXPECT_THROW((void)row.integer(5), DatabaseFailure);
    EXPECT_THROW((void)row.text(0), DatabaseFailure);
    EXPECT_THROW((void)row.integer(9), DatabaseFailure);
    EXPECT_THROW((void)row.is_null(9), DatabaseFailure);
}

TEST_F(DatabaseTest, ParametersAreBoundByNumberNotByAppearance) {
    const Rows rows = db_.read_system([](SystemTx& tx) { return tx.query("SELECT $2, $1, $2", {"one", "two"}); });
    EXPECT_EQ(rows[0].text(0), "two");
    EXPECT_EQ(rows[0].text(1), "one");
    EXPECT_EQ(rows[0].text(2), "two");
}

TEST_F(DatabaseTest, BrokenStatementsAndParametersFail) {
    const auto run = [&](std::string_view sql, const Params& params) {
        db_.read_system([&](SystemTx& tx) { tx.query(sql, params); });
    };
    EXPECT_THROW(run("SELEKT 1", {}), DatabaseFailure);
    EXPECT_THROW(run("SELECT $1", {}), DatabaseFailure);
    EXPECT_THROW(run("SELECT $1", {1, 2}), DatabaseFailure);
    EXPECT_THROW(run("SELECT $1, $3", {1, 2}), DatabaseFailure);
    EXPECT_THROW(run("SELECT ?", {1}), DatabaseFailure);
    EXPECT_THROW(run("SELECT 1; SELECT 2", {}), DatabaseFailure);
    EXPECT_THROW(run("", {}), DatabaseFailure);
    EXPECT_THROW(run("SELECT \"no such column\"", {}), DatabaseFailure);
    EXPECT_NO_THROW(run("SELECT 1; -- done", {}));
}

TEST_F(DatabaseTest, ExecuteCountsTheRowsOfThisStatement) {
    put(kScope, "a", 1);
    put(kScope, "b", 1);
    db_.write(kScope, [](TenantTx& tx) {
        const auto set = "UPDATE things SET size = $3 WHERE tenant_id = $1 AND environment = $2 AND size = $4";
        EXPECT_EQ(tx.execute(set, {2, 1}), 2);
        EXPECT_EQ(tx.execute(set, {2, 1}), 0);
    });
    db_.write_system([](SystemTx& tx) {
        EXPECT_EQ(tx.execute("DELETE FROM things WHERE name = $1", {"a"}), 1);
        EXPECT_EQ(tx.execute("CREATE TABLE other (x BIGINT)"), 0);
    });
}

TEST_F(DatabaseTest, TenantTransactionsSeeTheirOwnRowsOnly) {
    const Scope other_tenant{TenantId("ten_b"), Environment::kLive};
    const Scope other_environment{kScope.tenant, Environment::kTest};
    put(kScope, "mine", 1);
    put(other_tenant, "theirs", 2);
    put(other_environment, "test", 3);
    const auto names = [&](const Scope& scope) {
        return db_.read(scope, [](TenantTx& tx) {
            std::vector<std::string> found;
            for (const auto& row : tx.query("SELECT name FROM things WHERE tenant_id = $1 AND environment = $2")) {
                found.push_back(row.text(0));
            }
            return found;
        });
    };
    EXPECT_THAT(names(kScope), testing::ElementsAre("mine"));
    EXPECT_THAT(names(other_tenant), testing::ElementsAre("theirs"));
    EXPECT_THAT(names(other_environment), testing::ElementsAre("test"));
}

TEST_F(DatabaseTest, TenantTransactionsRefuseUnboundStatements) {
    for (const auto* sql : {"SELECT name FROM things", "SELECT name FROM things WHERE tenant_id = $1",
                            "SELECT name FROM things WHERE environment = $2", "SELECT '$1 $2' FROM things",
                            "SELECT name FROM things /* $1 $2 */", "SELECT $10, $20 FROM things"}) {
        EXPECT_THROW(db_.read(kScope, [&](TenantTx& tx) { tx.query(sql); }), std::logic_error) << sql;
    }
    EXPECT_THROW(db_.write(kScope, [](TenantTx& tx) { tx.execute("DELETE FROM things"); }), std::logic_error);
}

TEST_F(DatabaseTest, ResultErrorRollsBack) {
    const Result<int> result = db_.write(kScope, [](TenantTx& tx) -> Result<int> {
        insert(tx, "gone");
        return fail(ErrorCode::kNotFound, "no");
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(count(), 0);
    const Result<int> kept = db_.write(kScope, [](TenantTx& tx) -> Result<int> {
        insert(tx, "kept");
        return 3;
    });
    EXPECT_EQ(kept.value(), 3);
    EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ExceptionRollsBackAndComesThrough) {
    EXPECT_THROW(db_.write(kScope,
                           [](TenantTx& tx) {
                               insert(tx, "gone");
                               throw std::out_of_range("mine");
                           }),
                 std::out_of_range);
    EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, UniqueViolationMayBeCaughtInside) {
    put(kScope, "taken");
    const bool caught = db_.write(kScope, [](TenantTx& tx) {
        insert(tx, "before");
        bool seen = false;
        try {
            insert(tx, "taken");
        } catch (const UniqueViolation& violation) {
            seen = true;
            EXPECT_EQ(std::string(violation.what()).find("taken"), std::string::npos) << violation.what();
        }
        insert(tx, "after");
        return seen;
    });
    EXPECT_TRUE(caught);
    EXPECT_EQ(count(), 3);
    EXPECT_THROW(put(kScope, "taken"), UniqueViolation);
}

TEST_F(DatabaseTest, DeferredForeignKeyViolationFailsAlone) {
    db_.write_system([](SystemTx& tx) {
        tx.execute("CREATE TABLE parents (id BIGINT PRIMARY KEY)");
        tx.execute("CREATE TABLE children (id BIGINT REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)");
    });
    EXPECT_THROW(db_.write_system([](SystemTx& tx) { tx.execute("INSERT INTO children VALUES (1)"); }),
                 DatabaseFailure);
    EXPECT_NO_THROW(db_.write_system([](SystemTx& tx) {
        tx.execute("INSERT INTO children VALUES (1)");
        tx.execute("INSERT INTO parents VALUES (1)");
    }));
}

TEST_F(DatabaseTest, TransactionsDoNotNest) {
    const auto read = [&] { db_.read_system([](SystemTx& tx) { tx.query("SELECT 1"); }); };
    EXPECT_THROW(db_.read_system([&](SystemTx&) { read(); }), std::logic_error);
    EXPECT_THROW(db_.write_system([&](SystemTx&) { read(); }), std::logic_error);
    EXPECT_THROW(db_.write_system([&](SystemTx&) { put(kScope, "x"); }), std::logic_error);
    EXPECT_NO_THROW(read());
}

TEST_F(DatabaseTest, ReadersCannotWrite) {
    EXPECT_THROW(db_.read(kScope, [](TenantTx& tx) { insert(tx, "x"); }), DatabaseFailure);
    EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, ReadersSeeOneCommittedSnapshot) {
    put(kScope, "first");
    const auto count_here = [](SystemTx& tx) { return tx.query("SELECT count(*) FROM things")[0].integer(0); };
    std::promise<void> inserted;
    std::promise<void> looked;
    std::thread writer([&] {
        db_.write(kScope, [&](TenantTx& tx) {
            insert(tx, "second");
            inserted.set_value();
            looked.get_future().wait();
        });
    });
    inserted.get_future().wait();
    EXPECT_EQ(db_.read_system(count_here), 1) << "saw a row that is not committed";
    db_.read_system([&](SystemTx& tx) {
        EXPECT_EQ(count_here(tx), 1);
        looked.set_value();
        writer.join();  // committed now, but not in this snapshot
        EXPECT_EQ(count_here(tx), 1);
    });
    EXPECT_EQ(db_.read_system(count_here), 2);
}

TEST_F(DatabaseTest, WaitingWritersShareACommit) {
    constexpr int kWriters = 64;
    const auto before = db_.stats();
    std::promise<void> all_waiting;
    std::promise<void> blocked;
    std::thread first([&] {
        db_.write(kScope, [&](TenantTx& tx) {
            insert(tx, "first");
            blocked.set_value();
            all_waiting.get_future().wait();
        });
    });
    blocked.get_future().wait();
    // Who has arrived at the latch is about to queue; one that comes later only joins the next group.
    std::latch arriving(kWriters);
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back([&, i] {
            arriving.count_down();
            put(kScope, "thing " + std::to_string(i));
        });
    }
    arriving.wait();
    all_waiting.set_value();
    first.join();
    for (auto& writer : writers) writer.join();
    const auto after = db_.stats();
    EXPECT_EQ(after.transactions - before.transactions, kWriters + 1U);
    EXPECT_LT(after.commits - before.commits, kWriters / 2U);
    EXPECT_EQ(count(), kWriters + 1);
}

TEST_F(DatabaseTest, OneFailureInAGroupLeavesTheOthers) {
    constexpr int kWriters = 16;
    std::promise<void> all_waiting;
    std::promise<void> blocked;
    std::thread first([&] {
        db_.write(kScope, [&](TenantTx&) {
            blocked.set_value();
            all_waiting.get_future().wait();
        });
    });
    blocked.get_future().wait();
    std::atomic<int> failed = 0;
    std::latch arriving(kWriters);
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back([&, i] {
            arriving.count_down();
            try {
                db_.write(kScope, [&](TenantTx& tx) {
                    insert(tx, "thing " + std::to_string(i));
                    if (i % 2 == 1) throw std::runtime_error("odd");
                });
            } catch (const std::runtime_error&) {
                ++failed;
            }
        });
    }
    arriving.wait();
    all_waiting.set_value();
    first.join();
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(failed, kWriters / 2);
    EXPECT_EQ(count(), kWriters / 2);
}

TEST_F(DatabaseTest, LosingTheTransactionFailsTheGroupAndNotTheNextOne) {
    // SQLite itself drops the transaction on some errors; an explicit ROLLBACK looks the same to the writer.
    EXPECT_THROW(db_.write_system([](SystemTx& tx) {
        tx.execute("INSERT INTO things VALUES ('t', 0, 'lost', 0)");
        tx.execute("ROLLBACK");
        EXPECT_THROW(tx.execute("INSERT INTO things VALUES ('t', 0, 'outside', 0)"), DatabaseFailure);
    }),
                 DatabaseFailure);
    EXPECT_EQ(count(), 0);
    put(kScope, "fine");
    EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ParallelReadsAndWritesLoseNothing) {
    constexpr int kThreads = 8;
    constexpr int kWrites = 200;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            std::int64_t last = 0;
            for (int i = 0; i < kWrites; ++i) {
                db_.write(kScope, [&](TenantTx& tx) { insert(tx, std::to_string(t) + "/" + std::to_string(i)); });
                const std::int64_t seen = count();
                EXPECT_GT(seen, last) << "an acknowledged write was not visible";
                last = seen;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count(), kThreads * kWrites);
}

TEST_F(DatabaseTest, AnotherWriterOfTheFileIsWaitedFor) {
    Database other({.path = directory_.file(), .readers = 1});
    std::thread here([&] {
        for (int i = 0; i < 50; ++i) put(kScope, "here " + std::to_string(i));
    });
    for (int i = 0; i < 50; ++i) {
        other.write(kScope, [&](TenantTx& tx) { insert(tx, "there " + std::to_string(i)); });
    }
    here.join();
    EXPECT_EQ(count(), 100);
}

TEST_F(DatabaseTest, PingAnswers) {
    EXPECT_GE(db_.ping(), 0.0);
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DatabaseFile, DeletedBytesLeaveTheFileAndTheLog) {
    const TemporaryDirectory directory;
    const std::string path = directory.file();
    const std::string mark = "a template that must not linger";
    {
        Database db({.path = path, .idle_before_truncation = std::chrono::milliseconds(1)});
        db.write_system([&](SystemTx& tx) {
            tx.execute("CREATE TABLE blobs (id BIGINT PRIMARY KEY, data BYTEA)");
            for (int i = 0; i < 100; ++i) {
                tx.execute("INSERT INTO blobs VALUES ($1, $2)", {i, Bytes(mark.begin(), mark.end())});
            }
        });
        db.write_system([](SystemTx& tx) { tx.execute("DELETE FROM blobs"); });
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!content(path + "-wal").empty() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        EXPECT_EQ(content(path + "-wal"), "") << "an idle database still has a log";
        EXPECT_EQ(content(path).find(mark), std::string::npos);
    }
    EXPECT_EQ(content(path).find(mark), std::string::npos);
}

TEST(DatabaseFile, IsReadableByItsOwnerAlone) {
    const TemporaryDirectory directory;
    const Database db({.path = directory.file()});
    for (const auto* suffix : {"", "-wal"}) {
        struct stat about{};
        ASSERT_EQ(::stat((directory.file() + suffix).c_str(), &about), 0) << suffix;
        EXPECT_EQ(about.st_mode & 0777U, 0600U) << suffix;
    }
}

TEST(DatabaseFile, ThatCannotBeOpenedFails) {
    const TemporaryDirectory directory;
    EXPECT_THROW(Database({.path = directory.file("missing/test.db")}), DatabaseFailure);
    std::ofstream(directory.file("text.db")) << std::string(5000, 'x');
    EXPECT_THROW(Database({.path = directory.file("text.db")}), DatabaseFailure);
}

TEST(DatabaseFile, DestructionCommitsWhatWaits) {
    const TemporaryDirectory directory;
    std::vector<std::thread> writers;
    std::atomic<int> acknowledged = 0;
    {
        Database db({.path = directory.file()});
        db.write_system([](SystemTx& tx) { tx.execute("CREATE TABLE things (id BIGINT)"); });
        std::promise<void> begun;
        std::promise<void> go;
        auto begun_future = begun.get_future();
        writers.emplace_back([&, gate = go.get_future()]() mutable {
            db.write_system([&](SystemTx& tx) {
                begun.set_value();
                gate.wait();
                tx.execute("INSERT INTO things VALUES (1)");
            });
            ++acknowledged;
        });
        begun_future.wait();
        go.set_value();
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(acknowledged, 1);
    Database db({.path = directory.file()});
    EXPECT_EQ(db.read_system([](SystemTx& tx) { return tx.query("SELECT count(*) FROM things")[0].integer(0); }), 1);
}

TEST(WatchedTables, TellOfCommittedChangesBeforeTheWriterReturns) {
    const TemporaryDirectory directory;
    Database db({.path = directory.file(), .watched_tables = {"watched"}});
    db.write_system([](SystemTx& tx) {
        tx.execute("CREATE TABLE watched (id BIGINT PRIMARY KEY, note TEXT)");
        tx.execute("CREATE TABLE other (id BIGINT)");
    });
    const auto rises = [&](const char* statement) {
        const std::uint64_t before = db.watched_version();
        db.write_system([&](SystemTx& tx) { tx.execute(statement); });
        return db.watched_version() > before;
    };
    EXPECT_TRUE(rises("INSERT INTO watched VALUES (1, 'a')"));
    EXPECT_TRUE(rises("UPDATE watched SET note = 'b' WHERE id = 1"));
    EXPECT_FALSE(rises("UPDATE watched SET note = 'c' WHERE id = 2"));
    EXPECT_FALSE(rises("INSERT INTO other VALUES (1)"));
    EXPECT_TRUE(rises("DELETE FROM watched WHERE id = 1"));
    // Not before the change can be read: whoever kept what was there until then must learn of it.
    std::uint64_t inside = 0;
    const std::uint64_t before = db.watched_version();
    db.write_system([&](SystemTx& tx) {
        tx.execute("INSERT INTO watched VALUES (3, 'd')");
        inside = db.watched_version();
    });
    EXPECT_EQ(inside, before);
    EXPECT_GT(db.watched_version(), before);
}

}  // namespace
}  // namespace facegate::sql
