#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sql/database.h"

namespace facegate::sql {

/// One SQLite connection with its prepared statements. Private to the room. Used by one thread at a time.
class Connection {
public:
    enum class Access { kReadWrite, kReadOnly };
    static constexpr std::chrono::milliseconds kBusyTimeout{5000};

    /// Opens the file (kReadWrite creates it, readable by its owner alone) and sets the pragmas. Throws
    /// DatabaseFailure.
    Connection(const std::string& path, Access access);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Runs one statement inside the open transaction; every `$n` must have its parameter and every parameter its `$n`.
    Rows query(std::string_view sql, std::span<const Value> params);
    /// Same; returns the number of rows changed by the statement itself (not by triggers).
    std::int64_t execute(std::string_view sql, std::span<const Value> params);
    /// True if the statement binds `$1` and `$2`; text inside literals and comments does not count.
    bool names_scope(std::string_view sql);

    /// Transaction control (BEGIN, SAVEPOINT, COMMIT, …), from the statement cache.
    void control(std::string_view sql);
    /// A script of several statements without parameters.
    void run_script(const std::string& sql);
    /// Ends whatever transaction is open, without commit. Never throws.
    void abandon() noexcept;

    [[nodiscard]] bool in_transaction() const;
    /// A deferred foreign key is violated: COMMIT would fail.
    [[nodiscard]] bool has_deferred_violations() const;
    void set_busy_timeout(std::chrono::milliseconds timeout);
    /// From now on `take_watched_change` tells of rows of these tables (ordinary ones, with a rowid).
    void watch(std::vector<std::string> tables);
    /// Whether such a row was changed, by a statement of this connection, since it was last asked; also by one that was
    /// rolled back.
    bool take_watched_change();
    /// Moves the write-ahead log into the file and empties it. False if a reader is in the way; does not wait for it.
    bool truncate_log();

private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;
    struct Prepared {
        Statement statement;
        std::vector<std::size_t> numbers;  ///< by SQLite's index - 1: the n of `$n`, 0 of any other name
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    const Prepared& prepared(std::string_view sql);
    Rows run(std::string_view sql, std::span<const Value> params);
    [[noreturn]] void raise(int code) const;
    void check(int code) const;
    void switch_to_wal();
    static void on_row_changed(void* connection, int operation, const char* schema, const char* table,
                               sqlite3_int64 row);

    std::vector<std::string> watched_;
    bool watched_changed_ = false;
    std::unique_ptr<sqlite3, Close> database_;
    std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> statements_;  // gone before the database
};

}  // namespace facegate::sql
