#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

namespace facegate::sql {

/// The database failed (I/O, corruption, a broken statement). Caught once, in the dispatcher.
class DatabaseFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A uniqueness constraint refused the row. Callers who expect it catch it; its message names no data.
class UniqueViolation : public DatabaseFailure {
public:
    using DatabaseFailure::DatabaseFailure;
};

/// One parameter or column. Integers, booleans, texts, blobs and NULL go in implicitly.
class Value {
public:
    Value(std::nullptr_t) : held_(nullptr) {}
    Value(bool v) : held_(static_cast<std::int64_t>(v ? 1 : 0)) {}
    Value(int v) : held_(static_cast<std::int64_t>(v)) {}
    Value(std::int64_t v) : held_(v) {}
    Value(double v) : held_(v) {}
    Value(const char* v) : held_(std::string(v)) {}
    Value(std::string_view v) : held_(std::string(v)) {}
    Value(std::string v) : held_(std::move(v)) {}
    Value(Bytes v) : held_(std::move(v)) {}
    template <class Tag>
    Value(const Id<Tag>& id) : held_(id.value) {}
    template <class T>
    Value(const std::optional<T>& v) : held_(nullptr) {
        if (v) *this = Value(*v);
    }

    using Held = std::variant<std::nullptr_t, std::int64_t, double, std::string, Bytes>;
    [[nodiscard]] const Held& held() const { return held_; }

private:
    Held held_;
};

using Params = std::vector<Value>;

/// One row of an answer, columns counted from 0. The accessors throw DatabaseFailure on NULL or another type; the
/// `maybe_` forms give nothing on NULL.
class Row {
public:
    explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}
    [[nodiscard]] std::int64_t integer(std::size_t column) const;
    [[nodiscard]] bool boolean(std::size_t column) const { return integer(column) != 0; }
    [[nodiscard]] double real(std::size_t column) const;  ///< integers are widened
    [[nodiscard]] const std::string& text(std::size_t column) const;
    [[nodiscard]] const Bytes& blob(std::size_t column) const;
    [[nodiscard]] bool is_null(std::size_t column) const;
    [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::size_t column) const;
    [[nodiscard]] std::optional<double> maybe_real(std::size_t column) const;
    [[nodiscard]] std::optional<std::string> maybe_text(std::size_t column) const;
    [[nodiscard]] std::optional<Bytes> maybe_blob(std::size_t column) const;

private:
    std::vector<Value> columns_;
};

using Rows = std::vector<Row>;

class Connection;
class TenantTx;

/// A transaction over all tenants: for jobs, authentication and the CLI. Not thread-safe; lives inside the callback.
class SystemTx {
public:
    explicit SystemTx(Connection& connection) : connection_(connection) {}
    /// Runs one statement; `$1` is the first of `params`.
    Rows query(std::string_view sql, const Params& params = {});
    /// Runs one statement and returns how many rows it changed.
    std::int64_t execute(std::string_view sql, const Params& params = {});
    /// The same transaction as one of a tenant and environment; not to outlive this.
    [[nodiscard]] TenantTx of(const Scope& scope);

private:
    Connection& connection_;
};

/// A transaction of one tenant and environment. `$1` is always the tenant and `$2` the environment: the transaction
/// binds them itself and refuses (std::logic_error: a bug) a statement that does not name both. The caller's parameters
/// start at `$3`.
class TenantTx {
public:
    TenantTx(Connection& connection, const Scope& scope) : connection_(connection), scope_(scope) {}
    Rows query(std::string_view sql, const Params& params = {});
    std::int64_t execute(std::string_view sql, const Params& params = {});
    [[nodiscard]] const Scope& scope() const { return scope_; }

private:
    Connection& connection_;
    Scope scope_;
};

inline TenantTx SystemTx::of(const Scope& scope) {
    return {connection_, scope};
}

/// Counted since the database was opened.
struct WriteStats {
    std::uint64_t transactions = 0;  ///< write callbacks run
    std::uint64_t commits = 0;       ///< groups committed, one fsync each
};

/// The embedded database: SQLite, WAL, synchronous=FULL. One writer thread commits waiting transactions in groups (one
/// fsync for many); a pool of readers sees committed snapshots. Thread-safe.
///
/// The callbacks may return void, a value, or a Result: a Result holding an error rolls the transaction back, and so
/// does an exception, which is thrown again to the caller. `write` returns only when the change is durable; its
/// callback runs on the writer's thread. Transactions do not nest: a callback that begins another one gets
/// std::logic_error. Every `$n` must have its parameter and every parameter its `$n`.
class Database {
public:
    struct Options {
        std::string path;  ///< file; its directory must exist
        int readers = 4;
        /// Without writes for so long, the write-ahead log is emptied: deleted rows do not live on in there.
        std::chrono::milliseconds idle_before_truncation{1000};
        std::vector<std::string> watched_tables = {};  ///< whose changes watched_version() tells of
    };
    /// Opens the file, creating it, and brings its schema up to date (see migrator.h). Throws DatabaseFailure.
    explicit Database(const Options& options);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    template <class F>
    auto write(const Scope& scope, F&& body) {
        return run<TenantTx>(true, [&](Connection& c) { return TenantTx(c, scope); }, body);
    }
    template <class F>
    auto read(const Scope& scope, F&& body) {
        return run<TenantTx>(false, [&](Connection& c) { return TenantTx(c, scope); }, body);
    }
    template <class F>
    auto write_system(F&& body) {
        return run<SystemTx>(true, [](Connection& c) { return SystemTx(c); }, body);
    }
    template <class F>
    auto read_system(F&& body) {
        return run<SystemTx>(false, [](Connection& c) { return SystemTx(c); }, body);
    }

    /// Milliseconds a trivial read takes. Throws DatabaseFailure if the database is out of reach.
    double ping();
    [[nodiscard]] WriteStats stats() const;
    /// Rises when this process has committed a change to one of the watched tables: whoever reads it, then the tables,
    /// may keep what it read until this number differs. Does not block. Other processes' changes are not seen.
    [[nodiscard]] std::uint64_t watched_version() const;

private:
    /// Runs `body` inside a transaction; `body` returns whether to commit.
    void run_write(const std::function<bool(Connection&)>& body);
    void run_read(const std::function<void(Connection&)>& body);

    template <class T>
    struct IsResult : std::false_type {};
    template <class T>
    struct IsResult<Result<T>> : std::true_type {};

    template <class Tx, class Make, class F>
    auto run(bool writing, Make make, F& body) {
        using R = std::invoke_result_t<F&, Tx&>;
        if constexpr (std::is_void_v<R>) {
            const auto once = [&](Connection& c) {
                Tx tx = make(c);
                body(tx);
                return true;
            };
            writing ? run_write(once) : run_read(once);
        } else {
            std::optional<R> result;
            const auto once = [&](Connection& c) {
                Tx tx = make(c);
                result.emplace(body(tx));
                if constexpr (IsResult<R>::value) {
                    return result->has_value();
                } else {
                    return true;
                }
            };
            writing ? run_write(once) : run_read(once);
            return std::move(*result);
        }
    }

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace facegate::sql
