#include "sql/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "sql/connection.h"
#include "unit/temporary_directory.h"

namespace facegate::sql {
namespace {

const Migration kFirst{1, "0001_first", "aa", "CREATE TABLE first (x BIGINT); INSERT INTO first VALUES (1);"};
const Migration kSecond{2, "0002_second", "bb", "CREATE TABLE second (x BIGINT); INSERT INTO second VALUES (2);"};
const Migration kThird{3, "0003_third", "cc", "CREATE TABLE third (x BIGINT);"};

using Migrations = std::vector<Migration>;

class MigratorTest : public testing::Test {
protected:
    std::int64_t number(std::string_view sql) {
        connection_.control("BEGIN");
        const auto value = connection_.query(sql, {})[0].integer(0);
        connection_.control("COMMIT");
        return value;
    }
    std::string failure_of(const Migrations& migrations) {
        try {
            migrate(connection_, migrations);
        } catch (const DatabaseFailure& failure) {
            return failure.what();
        }
        return "";
    }

    TemporaryDirectory directory_;
    Connection connection_{directory_.file(), Connection::Access::kReadWrite};
};

TEST_F(MigratorTest, AppliesAllOnceAndThenOnlyNewOnes) {
    EXPECT_EQ(migrate(connection_, Migrations{kFirst, kSecond}), 2);
    EXPECT_EQ(migrate(connection_, Migrations{kFirst, kSecond}), 0);
    EXPECT_EQ(migrate(connection_, Migrations{kFirst, kSecond, kThird}), 1);
    EXPECT_EQ(number("SELECT count(*) FROM first"), 1);
    EXPECT_EQ(number("SELECT count(*) FROM schema_migrations"), 3);
}

TEST_F(MigratorTest, RefusesAChangedOne) {
    migrate(connection_, Migrations{kFirst, kSecond});
    Migration changed = kFirst;
    changed.checksum = "ff";
    EXPECT_THAT(failure_of({changed, kSecond, kThird}), testing::HasSubstr("0001_first was changed"));
    EXPECT_EQ(number("SELECT count(*) FROM schema_migrations"), 2);
}

TEST_F(MigratorTest, RefusesADatabaseOfANewerVersion) {
    migrate(connection_, Migrations{kFirst, kSecond});
    EXPECT_THAT(failure_of({kFirst}), testing::HasSubstr("0002_second is unknown"));
}

TEST_F(MigratorTest, RefusesOneThatComesTooLate) {
    migrate(connection_, Migrations{kFirst, kThird});
    EXPECT_THAT(failure_of({kFirst, kSecond, kThird}), testing::HasSubstr("0002_second is older than 0003_third"));
    EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema WHERE name = 'second'"), 0);
}

TEST_F(MigratorTest, AFailingOneLeavesNoHalfOfItself) {
    const Migration broken{2, "0002_broken", "dd", "CREATE TABLE half (x BIGINT); INSERT INTO nowhere VALUES (1);"};
    EXPECT_THAT(failure_of({kFirst, broken}), testing::HasSubstr("migration 0002_broken failed"));
    EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
    EXPECT_EQ(number("SELECT max(version) FROM schema_migrations"), 1);
    EXPECT_EQ(migrate(connection_, Migrations{kFirst, kSecond}), 1);
}

TEST_F(MigratorTest, AMigrationThatEndsItsTransactionFails) {
    const Migration ending{1, "0001_ending", "ee", "CREATE TABLE a (x BIGINT); COMMIT;"};
    EXPECT_THAT(failure_of({ending}), testing::HasSubstr("0001_ending failed"));
}

TEST(Migrations, ProcessesThatStartAtOnceTakeTurns) {
    constexpr int kProcesses = 6;
    Migrations migrations;
    std::vector<std::string> texts;
    for (int i = 1; i <= 9; ++i) {
        texts.push_back("CREATE TABLE t" + std::to_string(i) + " (x BIGINT); INSERT INTO t" + std::to_string(i) +
                        " VALUES (1);");
    }
    for (int i = 1; i <= 9; ++i) migrations.push_back({i, "000n_step", "ab", texts[static_cast<std::size_t>(i) - 1]});
    const TemporaryDirectory directory;
    std::array<int, 2> gate{};
    ASSERT_EQ(::pipe(gate.data()), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(gate[1]);
            char byte = 0;
            // Answers for all of them together when the parent closes its end.
            if (::read(gate[0], &byte, 1) != 0) ::_exit(100);
            try {
                Connection connection(directory.file(), Connection::Access::kReadWrite);
                ::_exit(migrate(connection, migrations));
            } catch (const std::exception& failure) {
                std::fprintf(stderr, "%s\n", failure.what());
                ::_exit(101);
            }
        }
        children.push_back(child);
    }
    ::close(gate[1]);
    ::close(gate[0]);
    int applied = 0;
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_LE(WEXITSTATUS(status), 9);
        applied += WEXITSTATUS(status);
    }
    EXPECT_EQ(applied, 9);
}

TEST(Migrations, EmbeddedOnesRiseAndApply) {
    const auto embedded = embedded_migrations();
    ASSERT_FALSE(embedded.empty());
    for (std::size_t i = 0; i < embedded.size(); ++i) {
        EXPECT_EQ(embedded[i].version, static_cast<int>(i) + 1) << "numbers without gaps";
        EXPECT_EQ(embedded[i].checksum.size(), 64U);
        EXPECT_FALSE(embedded[i].sql.empty());
    }
    const TemporaryDirectory directory;
    Connection connection(directory.file(), Connection::Access::kReadWrite);
    EXPECT_EQ(migrate(connection, embedded), static_cast<int>(embedded.size()));
}

}  // namespace
}  // namespace facegate::sql
