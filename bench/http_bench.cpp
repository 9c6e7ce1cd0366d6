// Requests a second over sockets: the server on the first core, wrk on the second. Authentication, rate limits and the
// log (to a file) are on. Prints one JSON object of sections for scripts/bench; `http_bench [SECONDS]` from a directory
// on a real disk.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <regex>

#include "app/application.h"
#include "app/bench/measure.h"
#include "base/log.h"
#include "domain/consents/consent_texts.h"
#include "domain/users/user_list.h"
#include "support/enrolled_directory.h"
#include "support/section.h"

namespace facegate::bench {
namespace {

constexpr int kConnections = 64;
constexpr std::size_t kServerCore = 0;
constexpr int kClientCore = 1;

void pin_to(std::size_t core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (::sched_setaffinity(0, sizeof(set), &set) != 0) throw std::runtime_error("cannot pin to a core");
}

std::string output_of(const std::string& command) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    if (!pipe) throw std::runtime_error("cannot run " + command);
    std::string output;
    char part[4096];
    while (std::fgets(part, sizeof(part), pipe.get()) != nullptr) output += part;
    return output;
}

/// What wrk reported; latencies in milliseconds.
struct Load {
    double per_second = 0;
    double p50 = 0;
    double p99 = 0;
    double cpu_us = 0;  ///< processor time of the server, a request
};

double number_after(const std::string& text, const char* pattern) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex(pattern))) throw std::runtime_error("wrk answered: " + text);
    const double number = std::stod(found[1]);
    if (found.size() < 3) return number;
    return found[2] == "us" ? number / 1000 : found[2] == "s" ? number * 1000 : number;
}

Load run_wrk(const std::string& script, const std::string& url, int seconds) {
    const double cpu_before = app::process_cpu_ms();
    const std::string output =
        output_of(fmt::format("taskset -c {} wrk --threads 1 --connections {} --duration {}s --latency --script {} {}",
                              kClientCore, kConnections, seconds, script, url));
    if (output.find("Non-2xx") != std::string::npos) throw std::runtime_error("the server refused: " + output);
    const double requests = number_after(output, R"(([0-9]+) requests in)");
    return {number_after(output, R"(Requests/sec:\s*([0-9.]+))"), number_after(output, R"(50%\s+([0-9.]+)(us|ms|s))"),
            number_after(output, R"(99%\s+([0-9.]+)(us|ms|s))"),
            1000 * (app::process_cpu_ms() - cpu_before) / std::max(requests, 1.0)};
}

std::string write_script(const std::string& path, const std::string& key, const std::string& method,
                         const std::string& body) {
    std::ofstream script(path);
    script << "wrk.method = \"" << method << "\"\nwrk.headers[\"Authorization\"] = \"Bearer " << key << "\"\n";
    if (!body.empty())
        script << "wrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = [[" << body << "]]\n";
    return path;
}

/// Appended pages a second, each followed by fsync: the disk's own rate, beside which durable writes are to be seen.
double fsyncs_per_second(const std::string& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) throw std::runtime_error("cannot write " + path);
    const std::string page(4096, 'x');
    int count = 0;
    const double ms = app::timed([&] {
        for (const auto end = app::SteadyClock::now() + std::chrono::seconds(1); app::SteadyClock::now() < end;
             ++count) {
            if (::write(file, page.data(), page.size()) < 0 || ::fsync(file) != 0) {
                throw std::runtime_error("fsync failed");
            }
        }
    });
    ::close(file);
    return 1000.0 * count / ms;
}

/// What is promised of a load, if anything.
struct Bounds {
    std::optional<double> per_second = {};
    std::optional<double> p99_ms = {};
};

void add_load(Section& section, const std::string& label, const Load& load, const std::string& note,
              const Bounds& bounds = {}) {
    const std::string cost = fmt::format("{}, {:.1f} us of the server's core a request", note, load.cpu_us);
    section.add({label, load.per_second, {}, {}, "/s", bounds.per_second, cost});
    section.add({label + ", median", load.p50, {}, {}, "ms"});
    section.add({label + ", p99", load.p99, {}, {}, "ms", bounds.p99_ms});
}

app::Config config_for(const std::string& data_dir) {
    app::Config config;
    config.listen = "127.0.0.1:0";
    config.data_dir = data_dir;
    config.share_dir = FACEGATE_SHARE;
    config.rate_limit_key = "1000000:1000000";  // counted, but never too many
    return app::resolved(config);
}

int measure(int seconds) {
    std::string directory = std::filesystem::absolute("http_bench-XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("cannot create " + directory);
    const auto remove = [](const std::string* path) { std::filesystem::remove_all(*path); };
    const std::unique_ptr<const std::string, decltype(remove)> cleanup(&directory, remove);
    const Enrolled enrolled = prepare_directory(directory + "/data", FACEGATE_SHARE);
    const double fsyncs = fsyncs_per_second(directory + "/plain");

    if (std::freopen((directory + "/server.log").c_str(), "w", stderr) == nullptr) return 1;
    log::configure("info");
    pin_to(kServerCore);  // before the server's threads are made: they inherit it
    SystemClock clock;
    SystemRandom random;
    app::Application application(config_for(enrolled.path), clock, random);
    application.start();
    const std::string url = fmt::format("http://127.0.0.1:{}", application.port());
    const UserId user = application.database().read(
        enrolled.scope, [](sql::TenantTx& tx) { return domain::list_users(tx, {}, std::nullopt, 1).users.front().id; });

    const std::string get = write_script(directory + "/get.lua", enrolled.key, "GET", "");
    const domain::ConsentText& text = domain::consent_texts().front();
    const std::string consent =
        fmt::format(R"({{"consent_version":"{}","consent_text_hash":"{}"}})", text.version, text.sha256);
    const std::string post = write_script(directory + "/post.lua", enrolled.key, "POST", consent);
    const std::string note = fmt::format("{} connections", kConnections);
    Section section("http", "Requests over sockets: server on one core, wrk on the other");
    run_wrk(get, url + "/v1/users/" + user.value, 1);
    add_load(section, "GET /v1/users/:id", run_wrk(get, url + "/v1/users/" + user.value, seconds), note, {20'000, 10});
    add_load(section, "GET /v1/health", run_wrk(get, url + "/v1/health", seconds), note + ", without a worker");
    const sql::WriteStats before = application.database().stats();
    const Load durable = run_wrk(post, url + "/v1/consent", seconds);
    const sql::WriteStats after = application.database().stats();
    const double group = static_cast<double>(after.transactions - before.transactions) /
                         static_cast<double>(std::max<std::uint64_t>(after.commits - before.commits, 1));
    add_load(section, "POST /v1/consent, durable", durable,
             fmt::format("{}, {:.1f} transactions a commit", note, group), {2000});
    section.add({"plain fsync", fsyncs, {}, {}, "/s", {}, "the disk's own rate"});
    application.stop();
    std::cout << json::serialize(json::object{{"sections", json::array{section.take()}}}) << std::endl;
    return 0;
}

}  // namespace
}  // namespace facegate::bench

int main(int argc, char** argv) try {
    facegate::log::configure("warn");
    return facegate::bench::measure(argc > 1 ? std::stoi(argv[1]) : 10);
} catch (const std::exception& exception) {
    std::cout << "http_bench: " << exception.what() << '\n';
    return 1;
}
