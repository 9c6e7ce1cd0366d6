// Durable writes a second by the number of threads, beside the rate of plain fsync on the same file system.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "sql/database.h"

namespace {

using facegate::sql::Database;
using facegate::sql::SystemTx;

std::filesystem::path& directory() {
    static std::filesystem::path path;
    return path;
}

std::unique_ptr<Database> database;
std::atomic<std::int64_t> next_id = 0;

void open_database(const benchmark::State&) {
    database = std::make_unique<Database>(Database::Options{.path = (directory() / "bench.db").string()});
    database->write_system([](SystemTx& tx) {
        tx.execute("DROP TABLE IF EXISTS bench_rows");
        tx.execute("CREATE TABLE bench_rows (id BIGINT PRIMARY KEY, data BYTEA)");
    });
}

void close_database(const benchmark::State&) {
    database.reset();
}

void durable_writes(benchmark::State& state) {
    const facegate::Bytes data(200, 7);
    for (auto _ : state) {
        database->write_system(
            [&](SystemTx& tx) { tx.execute("INSERT INTO bench_rows VALUES ($1, $2)", {next_id++, data}); });
    }
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() == 0) {
        const auto stats = database->stats();
        state.counters["group"] = static_cast<double>(stats.transactions) / static_cast<double>(stats.commits);
    }
}

void plain_fsync(benchmark::State& state) {
    const int file = ::open((directory() / "plain").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    const std::string page(4096, 'x');
    for (auto _ : state) {
        if (::write(file, page.data(), page.size()) < 0 || ::fsync(file) != 0) state.SkipWithError("fsync failed");
    }
    ::close(file);
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(plain_fsync)->UseRealTime();
BENCHMARK(durable_writes)->Setup(open_database)->Teardown(close_database)->Threads(1)->Threads(64)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
    // In the working directory: the system's temporary one may be in memory.
    std::string name = "sql_bench-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) return 1;
    directory() = name;
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    std::filesystem::remove_all(directory());
    return 0;
}
