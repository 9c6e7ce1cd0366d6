#include "sql/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>
#include <vector>

namespace facegate::sql {
namespace {

constexpr std::size_t kMaxCachedStatements = 512;
constexpr std::chrono::milliseconds kWalRetry{10};

/// New files are for the owner's eyes only; SQLite gives the log files the same mode. An existing file is not opened:
/// closing a second descriptor would drop the locks this process holds on it.
void create_private(const std::string& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file >= 0) ::close(file);
}

/// Gives the statement back clean whatever happens.
class InUse {
public:
    explicit InUse(sqlite3_stmt* statement) : statement_(statement) {}
    ~InUse() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

private:
    sqlite3_stmt* statement_;
};

/// The values are only pointed to: they must outlive the statement's run.
struct Bind {
    sqlite3_stmt* statement;
    int index;

    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, index, v); }
    int operator()(double v) const { return sqlite3_bind_double(statement, index, v); }
    int operator()(const std::string& v) const {
        return sqlite3_bind_text64(statement, index, v.data(), v.size(), nullptr, SQLITE_UTF8);
    }
    int operator()(const Bytes& v) const {
        // SQLite takes a null pointer for NULL, also of an empty blob.
        if (v.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
        return sqlite3_bind_blob64(statement, index, v.data(), v.size(), nullptr);
    }
};

/// The number n of `$n`; 0 for any other name.
std::size_t parameter_number(const char* name) {
    const std::string_view text = name == nullptr ? std::string_view() : std::string_view(name);
    if (!text.starts_with('$')) return 0;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

Value column_value(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
        case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
        case SQLITE_TEXT: {
            const auto* data =
                static_cast<const char*>(static_cast<const void*>(sqlite3_column_text(statement, column)));
            return std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
        }
        case SQLITE_BLOB: {
            const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
            return Bytes(data, data + sqlite3_column_bytes(statement, column));
        }
        default: return nullptr;
    }
}

}  // namespace

Connection::Connection(const std::string& path, Access access) {
    if (access == Access::kReadWrite) create_private(path);
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK)
        throw DatabaseFailure(fmt::format("cannot open the database {}: {}", path, sqlite3_errstr(code)));
    sqlite3_extended_result_codes(opened, 1);
    set_busy_timeout(kBusyTimeout);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    if (access == Access::kReadWrite) switch_to_wal();
    run_script(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;"
        "PRAGMA temp_store=MEMORY;");
    if (access == Access::kReadOnly) run_script("PRAGMA query_only=ON");
}

void Connection::switch_to_wal() {
    // Two processes creating the file at once: the switch does not wait for locks by itself.
    const auto deadline = std::chrono::steady_clock::now() + kBusyTimeout;
    while (true) {
        const int code = sqlite3_exec(database_.get(), "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
        if (code == SQLITE_OK) break;
        if ((code & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() > deadline) raise(code);
        std::this_thread::sleep_for(kWalRetry);
    }
    const Rows mode = run("PRAGMA journal_mode", {});
    if (mode.size() != 1 || mode[0].text(0) != "wal")
        throw DatabaseFailure("the file system does not support WAL mode");
}

void Connection::raise(int code) const {
    // Names tables and columns at most: the values are bound, never part of the statement's text.
    const std::string text = sqlite3_errmsg(database_.get());
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: throw UniqueViolation(text);
        default: throw DatabaseFailure(fmt::format("database: {} ({})", text, code));
    }
}

void Connection::check(int code) const {
    if (code != SQLITE_OK) raise(code);
}

const Connection::Prepared& Connection::prepared(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
    const auto prepare = [&](std::string_view text, const char** rest) {
        sqlite3_stmt* statement = nullptr;
        check(sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                 &statement, rest));
        return Statement(statement);
    };
    const char* rest = nullptr;
    Statement statement = prepare(sql, &rest);
    if (!statement) throw DatabaseFailure("database: empty statement");
    if (prepare(sql.substr(static_cast<std::size_t>(rest - sql.data())), nullptr)) {
        throw DatabaseFailure("database: more than one statement");
    }
    // Statements are literals of the program, so the bound is only reached by a mistake, which must not eat the memory.
    if (statements_.size() >= kMaxCachedStatements) statements_.clear();
    // SQLite numbers names by first appearance, so `$2` may well be index 1.
    std::vector<std::size_t> numbers;
    const int names = sqlite3_bind_parameter_count(statement.get());
    for (int index = 1; index <= names; ++index) {
        numbers.push_back(parameter_number(sqlite3_bind_parameter_name(statement.get(), index)));
    }
    return statements_.emplace(std::string(sql), Prepared{std::move(statement), std::move(numbers)}).first->second;
}

Rows Connection::run(std::string_view sql, std::span<const Value> params) {
    const Prepared& ready = prepared(sql);
    sqlite3_stmt* statement = ready.statement.get();
    const InUse in_use(statement);

    if (ready.numbers.size() != params.size()) {
        throw DatabaseFailure(
            fmt::format("database: {} parameters named, {} given", ready.numbers.size(), params.size()));
    }
    int index = 0;
    for (const std::size_t number : ready.numbers) {
        ++index;
        if (number == 0 || number > params.size()) {
            throw DatabaseFailure("database: parameters must be $1, $2, … without gaps");
        }
        check(std::visit(Bind{statement, index}, params[number - 1].held()));
    }

    Rows rows;
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
        const int width = sqlite3_column_count(statement);
        std::vector<Value> columns;
        columns.reserve(static_cast<std::size_t>(width));
        for (int column = 0; column < width; ++column) columns.push_back(column_value(statement, column));
        rows.emplace_back(std::move(columns));
    }
    if (code != SQLITE_DONE) raise(code);
    return rows;
}

Rows Connection::query(std::string_view sql, std::span<const Value> params) {
    // SQLite drops the transaction by itself on some errors (a full disk); what follows must not run outside of one.
    if (!in_transaction()) throw DatabaseFailure("database: the transaction is gone");
    return run(sql, params);
}

std::int64_t Connection::execute(std::string_view sql, std::span<const Value> params) {
    const auto before = sqlite3_total_changes64(database_.get());
    query(sql, params);
    // sqlite3_changes64 keeps an earlier statement's number after one that changes no rows.
    return sqlite3_total_changes64(database_.get()) == before ? 0 : sqlite3_changes64(database_.get());
}

bool Connection::names_scope(std::string_view sql) {
    const std::vector<std::size_t>& numbers = prepared(sql).numbers;
    const auto named = [&](std::size_t number) { return std::ranges::find(numbers, number) != numbers.end(); };
    return named(1) && named(2);
}

void Connection::control(std::string_view sql) {
    run(sql, {});
}

void Connection::run_script(const std::string& sql) {
    check(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

void Connection::abandon() noexcept {
    if (in_transaction()) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(database_.get()) == 0;
}

bool Connection::has_deferred_violations() const {
    int violated = 0;
    int unused = 0;
    check(sqlite3_db_status(database_.get(), SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &unused, 0));
    return violated != 0;
}

void Connection::set_busy_timeout(std::chrono::milliseconds timeout) {
    sqlite3_busy_timeout(database_.get(), static_cast<int>(timeout.count()));
}

void Connection::watch(std::vector<std::string> tables) {
    watched_ = std::move(tables);
    sqlite3_update_hook(database_.get(), &Connection::on_row_changed, this);
}

void Connection::on_row_changed(void* connection, int, const char*, const char* table, sqlite3_int64) {
    auto& self = *static_cast<Connection*>(connection);
    for (const std::string& watched : self.watched_) self.watched_changed_ |= watched == table;
}

bool Connection::take_watched_change() {
    return std::exchange(watched_changed_, false);
}

bool Connection::truncate_log() {
    set_busy_timeout(std::chrono::milliseconds(0));
    const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    set_busy_timeout(kBusyTimeout);
    return code == SQLITE_OK;
}

}  // namespace facegate::sql
