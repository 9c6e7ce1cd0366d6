#include "sql/migrator.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "sql/connection.h"

namespace facegate::sql {
namespace {

// A process that waits for another one's migration waits longer than for an ordinary write.
constexpr std::chrono::milliseconds kMigrationWait{60'000};

constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "version BIGINT PRIMARY KEY NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL)";

/// Refuses a history that `migrations` does not explain; returns how many of them are applied.
std::size_t count_applied(Connection& connection, std::span<const Migration> migrations) {
    const Rows rows = connection.query("SELECT version, name, checksum FROM schema_migrations ORDER BY version", {});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto version = rows[i].integer(0);
        const auto known = std::ranges::find(migrations, version, &Migration::version);
        if (known == migrations.end()) {
            throw DatabaseFailure(
                fmt::format("migration {} is unknown to this program: the database was written by a newer version",
                            rows[i].text(1)));
        }
        if (known->checksum != rows[i].text(2)) {
            throw DatabaseFailure(fmt::format("migration {} was changed after it had been applied", known->name));
        }
        if (known != migrations.begin() + static_cast<std::ptrdiff_t>(i)) {
            throw DatabaseFailure(fmt::format("migration {} is older than {}, which is already applied",
                                              migrations[i].name, known->name));
        }
    }
    return rows.size();
}

/// Applies the next missing migration. False if there is none.
bool apply_next(Connection& connection, std::span<const Migration> migrations) {
    // The write lock is the turn: whoever gets it looks again at what the others have done.
    connection.control("BEGIN IMMEDIATE");
    connection.run_script(kCreateTable);
    const std::size_t applied = count_applied(connection, migrations);
    if (applied == migrations.size()) {
        connection.control("COMMIT");
        return false;
    }
    const Migration& next = migrations[applied];
    try {
        connection.run_script(std::string(next.sql));
        const Params row{next.version, next.name, next.checksum};
        connection.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", row);
        connection.control("COMMIT");
    } catch (const DatabaseFailure& failure) {
        throw DatabaseFailure(fmt::format("migration {} failed: {}", next.name, failure.what()));
    }
    return true;
}

}  // namespace

int migrate(Connection& connection, std::span<const Migration> migrations) {
    connection.set_busy_timeout(kMigrationWait);
    int count = 0;
    try {
        while (apply_next(connection, migrations)) ++count;
    } catch (...) {
        connection.abandon();
        connection.set_busy_timeout(Connection::kBusyTimeout);
        throw;
    }
    connection.set_busy_timeout(Connection::kBusyTimeout);
    return count;
}

}  // namespace facegate::sql
