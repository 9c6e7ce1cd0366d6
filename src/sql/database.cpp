#include "sql/database.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "sql/connection.h"
#include "sql/migrator.h"
#include "sql/write_queue.h"

namespace facegate::sql {
namespace {

template <class T>
const T& held_as(const std::vector<Value>& columns, std::size_t column, const char* type) {
    if (column >= columns.size()) throw DatabaseFailure(fmt::format("column {} of {}", column, columns.size()));
    const T* value = std::get_if<T>(&columns[column].held());
    if (value == nullptr) throw DatabaseFailure(fmt::format("column {} is not {}", column, type));
    return *value;
}

Params with_scope(Connection& connection, const Scope& scope, std::string_view sql, const Params& params) {
    if (!connection.names_scope(sql)) {
        throw std::logic_error("a tenant transaction's statement must name $1 (tenant) and $2 (environment)");
    }
    Params all;
    all.reserve(params.size() + 2);
    all.emplace_back(scope.tenant);
    all.emplace_back(static_cast<int>(scope.environment));
    all.insert(all.end(), params.begin(), params.end());
    return all;
}

/// Marks the thread as inside a transaction. A transaction begun inside another one would wait for the writer that runs
/// it, or for the last reader, which it holds itself.
class Inside {
public:
    Inside() { inside_ = true; }
    ~Inside() { inside_ = false; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

    static void refuse_nesting() {
        if (inside_) throw std::logic_error("a transaction was begun inside another one");
    }

private:
    static thread_local bool inside_;
};
thread_local bool Inside::inside_ = false;

/// Lends connections, each to one thread at a time; who comes too late waits.
class ReaderPool {
public:
    ReaderPool(const std::string& path, int count) {
        for (int i = 0; i < std::max(count, 1); ++i) {
            idle_.push_back(std::make_unique<Connection>(path, Connection::Access::kReadOnly));
        }
    }

    void run(const std::function<void(Connection&)>& body) {
        auto connection = take();
        try {
            connection->control("BEGIN");
            body(*connection);
            connection->control("COMMIT");
        } catch (...) {
            connection->abandon();
            give_back(std::move(connection));
            throw;
        }
        give_back(std::move(connection));
    }

private:
    std::unique_ptr<Connection> take() {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [this] { return !idle_.empty(); });
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }

    void give_back(std::unique_ptr<Connection> connection) {
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(std::move(connection));
        }
        returned_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace

std::int64_t Row::integer(std::size_t column) const {
    return held_as<std::int64_t>(columns_, column, "an integer");
}

double Row::real(std::size_t column) const {
    if (column < columns_.size()) {
        if (const auto* whole = std::get_if<std::int64_t>(&columns_[column].held())) return static_cast<double>(*whole);
    }
    return held_as<double>(columns_, column, "a number");
}

const std::string& Row::text(std::size_t column) const {
    return held_as<std::string>(columns_, column, "a text");
}

const Bytes& Row::blob(std::size_t column) const {
    return held_as<Bytes>(columns_, column, "a blob");
}

bool Row::is_null(std::size_t column) const {
    if (column >= columns_.size()) throw DatabaseFailure(fmt::format("column {} of {}", column, columns_.size()));
    return std::holds_alternative<std::nullptr_t>(columns_[column].held());
}

std::optional<std::int64_t> Row::maybe_integer(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<double> Row::maybe_real(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(real(column));
}

std::optional<std::string> Row::maybe_text(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<Bytes> Row::maybe_blob(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(blob(column));
}

Rows SystemTx::query(std::string_view sql, const Params& params) {
    return connection_.query(sql, params);
}

std::int64_t SystemTx::execute(std::string_view sql, const Params& params) {
    return connection_.execute(sql, params);
}

Rows TenantTx::query(std::string_view sql, const Params& params) {
    return connection_.query(sql, with_scope(connection_, scope_, sql, params));
}

std::int64_t TenantTx::execute(std::string_view sql, const Params& params) {
    return connection_.execute(sql, with_scope(connection_, scope_, sql, params));
}

struct Database::State {
    explicit State(const Options& options)
        : writer(options.path, Connection::Access::kReadWrite),
          migrated(migrate(writer, embedded_migrations())),
          readers(options.path, options.readers),
          writes(watching(writer, options.watched_tables), options.idle_before_truncation) {}

    static Connection& watching(Connection& connection, const std::vector<std::string>& tables) {
        connection.watch(tables);
        return connection;
    }

    Connection writer;
    int migrated;
    ReaderPool readers;
    WriteQueue writes;
};

Database::Database(const Options& options) : state_(std::make_unique<State>(options)) {}

Database::~Database() = default;

void Database::run_write(const std::function<bool(Connection&)>& body) {
    Inside::refuse_nesting();
    state_->writes.run([&](Connection& connection) {
        const Inside inside;
        return body(connection);
    });
}

void Database::run_read(const std::function<void(Connection&)>& body) {
    Inside::refuse_nesting();
    const Inside inside;
    state_->readers.run(body);
}

double Database::ping() {
    const auto begin = std::chrono::steady_clock::now();
    // A statement without a table would be answered without touching the file.
    read_system([](SystemTx& tx) { tx.query("SELECT count(*) FROM schema_migrations"); });
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::uint64_t Database::watched_version() const {
    return state_->writes.watched_version();
}

WriteStats Database::stats() const {
    return state_->writes.stats();
}

}  // namespace facegate::sql
