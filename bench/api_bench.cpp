// What requests cost on a server with 10,000 enrolled faces, and what starting it costs. Prints one JSON object of
// sections for scripts/bench; `api_bench [ROUNDS]` from a directory on a real disk (the temporary one may be memory).
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "api/image_field.h"
#include "api/json_reader.h"
#include "app/application.h"
#include "app/bench/measure.h"
#include "app/packs.h"
#include "base/log.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "http/message.h"
#include "provider/local/gallery.h"
#include "support/enrolled_directory.h"
#include "support/http_client.h"
#include "support/section.h"

namespace facegate::bench {
namespace {

namespace json = boost::json;
using app::process_megabytes;
using app::Samples;
using app::SteadyClock;
using app::timed;

constexpr int kStarts = 7;
constexpr int kMatchesBeforeMemory = 20;

app::Config config_for(const std::string& data_dir) {
    app::Config config;
    config.listen = "127.0.0.1:0";
    config.data_dir = data_dir;
    config.share_dir = FACEGATE_SHARE;
    return app::resolved(config);
}

http::Request post_request(const std::string& path, const std::string& key, const std::string& body) {
    http::Request request;
    request.method = "POST";
    request.target = path;
    request.path = path;
    request.headers = {
        {"authorization", "Bearer " + key}, {"content-type", "application/json"}, {"x-device-id", "bench"}};
    request.body = body;
    request.remote_address = "127.0.0.1";
    request.request_id = "bench";
    return request;
}

/// As the listener does it, without the socket. Every request here must be recognised as the enrolled person.
http::Response answer_of(http::Service& service, http::Request request) {
    if (service.plan(request).refuse) throw std::runtime_error("the dispatcher refused the request");
    http::Response response = service.handle(std::move(request));
    if (response.status != 200 || response.body.find(R"("matched":true)") == std::string::npos) {
        throw std::runtime_error("expected a match, got: " + response.body);
    }
    return response;
}

/// The stages of POST /v1/match as its own log line tells them, and what is left.
struct MatchSamples {
    Samples total, json, decode, detect, landmarks, align, embed, search, rest, networks, other, socket;

    void add(double total_ms, double json_ms, const json::object& log) {
        const auto stage = [&](const char* name) { return log.at(name).to_number<double>(); };
        double named = json_ms;
        const auto put = [&](Samples& samples, const char* name) {
            samples.add(stage(name));
            named += stage(name);
        };
        total.add(total_ms);
        json.add(json_ms);
        put(decode, "decode_ms");
        put(detect, "detect_ms");
        put(landmarks, "landmarks_ms");
        put(align, "align_ms");
        put(embed, "embed_ms");
        put(search, "search_ms");
        rest.add(total_ms - named);
        networks.add(stage("networks_ms"));
        other.add(total_ms - stage("networks_ms"));
    }
};

/// Reading the request's JSON and its image member, once more and by itself: the log line does not tell them.
double json_and_base64_ms(const std::string& body) {
    return timed([&] {
        const auto value = api::read_json(body);
        const auto image = api::decode_image_field(value.value().at("image").as_string());
        if (!image) throw std::runtime_error("the image is not base64");
    });
}

void measure_match(app::Application& application, const Enrolled& enrolled, int rounds, json::array& sections) {
    HttpClient client(application.port());
    MatchSamples samples;
    constexpr int kWarmUp = 5;
    for (int round = -kWarmUp; round < rounds; ++round) {
        http::Request request = post_request("/v1/match", enrolled.key, enrolled.match_body);
        http::Response response;
        const double total = timed([&] { response = answer_of(application.service(), std::move(request)); });
        const double reading = json_and_base64_ms(enrolled.match_body);
        const double socket = timed([&] { client.post("/v1/match", enrolled.key, enrolled.match_body); });
        if (round < 0) continue;
        samples.add(total, reading, json::parse("{" + response.log_fields + "}").as_object());
        samples.socket.add(socket);
    }

    Section match("match", "POST /v1/match, 640 x 640 JPEG, 10,000 enrolled");
    match.add("JSON and base64", samples.json);
    match.add("decode", samples.decode);
    match.add("detect", samples.detect, "with its network");
    match.add("landmarks", samples.landmarks, "with its network");
    match.add("align", samples.align);
    match.add("embed", samples.embed, "with its networks");
    match.add("search", samples.search);
    match.add("rest", samples.rest, "key, validation, quality, user's row, answer");
    match.add("total, dispatcher", samples.total);
    match.add("total, through the socket", samples.socket);
    match.add("everything but the networks", samples.other, "", 6.0);
    match.add("networks, in the request", samples.networks);
    sections.push_back(match.take());
}

/// A liveness check that ended well a moment ago with the enrolled person's face.
std::string finished_session(app::Application& application, const Enrolled& enrolled) {
    static SystemRandom random;
    static const SystemClock clock;
    return application.database().write(enrolled.scope, [&](sql::TenantTx& tx) {
        const auto session =
            domain::create_liveness_session(tx, random, domain::LivenessChallenge::kMovementAndLight, clock.now());
        domain::mark_started(tx, session.id, clock.now()).value();
        domain::LivenessOutcome outcome;
        outcome.live = true;
        outcome.confidence = 99;
        outcome.probes.emplace(enrolled.pack_id, enrolled.probe);
        domain::finish_liveness_session(tx, application.vault(), session.id, outcome, clock.now()).value();
        return session.id.value;
    });
}

/// Appends and flushes a page to a file beside the database: the least that one durable commit can cost.
class PlainFsync {
public:
    explicit PlainFsync(const std::string& directory)
        : file_(::open((directory + "/plain").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)) {}
    ~PlainFsync() { ::close(file_); }
    PlainFsync(const PlainFsync&) = delete;
    PlainFsync& operator=(const PlainFsync&) = delete;
    void operator()() const {
        if (::write(file_, page_.data(), page_.size()) < 0 || ::fsync(file_) != 0) throw std::runtime_error("fsync");
    }

private:
    int file_;
    std::string page_ = std::string(4096, 'x');
};

void measure_verify(app::Application& application, const Enrolled& enrolled, int rounds, json::array& sections) {
    const PlainFsync plain_fsync(enrolled.path);
    HttpClient client(application.port());
    Samples dispatcher;
    Samples socket;
    Samples fsync;
    const auto body = [&] { return R"({"liveness_session_id":")" + finished_session(application, enrolled) + R"("})"; };
    constexpr int kWarmUp = 5;
    for (int round = -kWarmUp; round < rounds; ++round) {
        http::Request request = post_request("/v1/verify", enrolled.key, body());
        const double ms = timed([&] { answer_of(application.service(), std::move(request)); });
        const std::string next = body();
        const double socket_ms = timed([&] { client.post("/v1/verify", enrolled.key, next); });
        const double fsync_ms = timed(plain_fsync);
        if (round < 0) continue;
        dispatcher.add(ms);
        socket.add(socket_ms);
        fsync.add(fsync_ms);
    }
    Section verify("verify", "POST /v1/verify, the clip already analysed, 10,000 enrolled");
    verify.add("dispatcher", dispatcher, "one durable commit", 10.0);
    verify.add("through the socket", socket, "", 10.0);
    verify.add("plain write and fsync, 4 KiB", fsync, "this disk's floor for one commit");
    sections.push_back(verify.take());
}

/// Run in a process of its own: starts as the server does and tells how long it took and how large it is.
int report_start(const std::string& data_dir, std::int64_t launched_ns, const std::string& key) {
    const Bytes body = read_file(data_dir + "/match.json");
    SystemClock clock;
    SystemRandom random;
    json::object report;
    std::optional<app::Application> application;
    report["construct_ms"] = timed([&] { application.emplace(config_for(data_dir), clock, random); });
    report["start_ms"] = timed([&] { application->start(); });
    const auto now = SteadyClock::now().time_since_epoch();
    report["process_ms"] = static_cast<double>(std::chrono::nanoseconds(now).count() - launched_ns) / 1e6;
    report["rss_mb"] = process_megabytes("VmRSS");
    HttpClient client(application->port());
    for (int i = 0; i < kMatchesBeforeMemory; ++i) client.post("/v1/match", key, std::string(as_text(body)));
    report["rss_after_matches_mb"] = process_megabytes("VmRSS");
    report["peak_mb"] = process_megabytes("VmHWM");
    std::cout << json::serialize(report) << std::endl;
    application->stop();
    return 0;
}

/// Run in a process of its own: the parts of a start, one after the other.
int report_start_parts(const std::string& data_dir) {
    SystemRandom random;
    json::object report;
    std::optional<app::DataDirectory> data;
    report["open_ms"] = timed([&] { data = app::open_data_directory(data_dir, random); });
    const vision::FaceEngine::Options options = app::engine_options(config_for(data_dir));
    std::optional<vision::EngineSet> engines;
    report["pack_ms"] = timed([&] { engines.emplace(vision::FaceEngine::load(options).value()); });
    provider::Gallery gallery(*data->database, *data->vault, *engines);
    report["gallery_ms"] = timed([&] { gallery.load(); });
    std::cout << json::serialize(report) << std::endl;
    return 0;
}

json::object run_self(const std::string& arguments) {
    const std::string command = std::filesystem::read_symlink("/proc/self/exe").string() + " " + arguments;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    if (!pipe) throw std::runtime_error("cannot run " + command);
    std::string output;
    char part[4096];
    while (std::fgets(part, sizeof(part), pipe.get()) != nullptr) output += part;
    return json::parse(output).as_object();
}

void measure_start(const Enrolled& enrolled, json::array& sections) {
    std::ofstream(enrolled.path + "/match.json") << enrolled.match_body;
    std::map<std::string, Samples> samples;
    for (int i = 0; i < kStarts; ++i) {
        const std::string parts = "parts " + enrolled.path;
        for (const auto& [name, value] : run_self(parts)) samples[name].add(value.to_number<double>());
        const auto now = std::chrono::nanoseconds(SteadyClock::now().time_since_epoch()).count();
        const std::string start = "start " + enrolled.path + " " + std::to_string(now) + " " + enrolled.key;
        const json::object report = run_self(start);
        for (const auto& [name, value] : report) samples[name].add(value.to_number<double>());
        const auto ms = [&](const char* name) { return report.at(name).to_number<double>(); };
        samples["served_ms"].add(ms("construct_ms") + ms("start_ms"));
    }
    Section start("start", "Start with 10,000 faces, in a fresh process, files in the page cache");
    start.add("open database, migrate", samples["open_ms"]);
    start.add("load model pack", samples["pack_ms"], "hashes and self-test of every network");
    start.add("load gallery", samples["gallery_ms"], "read, decrypt, index");
    start.add("Application built and started", samples["served_ms"], "", 1000.0);
    start.add("from exec to serving", samples["process_ms"], "with the dynamic linker", 1000.0);
    const auto megabytes = [&](const std::string& label, const Samples& mb, std::optional<double> bound) {
        start.add({label, mb.median(), mb.quantile(0.1), mb.quantile(0.95), "MB", bound, ""});
    };
    megabytes("resident after the start", samples["rss_mb"], 300.0);
    megabytes("resident after 20 matches", samples["rss_after_matches_mb"], 300.0);
    megabytes("resident at its highest", samples["peak_mb"], {});
    sections.push_back(start.take());
}

int measure_all(int rounds) {
    std::string directory = std::filesystem::absolute("api_bench-XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("cannot create " + directory);
    const auto remove = [](const std::string* path) { std::filesystem::remove_all(*path); };
    const std::unique_ptr<const std::string, decltype(remove)> cleanup(&directory, remove);

    const Enrolled enrolled = prepare_directory(directory + "/data", FACEGATE_SHARE);
    json::array sections;
    measure_start(enrolled, sections);
    SystemClock clock;
    SystemRandom random;
    app::Application application(config_for(enrolled.path), clock, random);
    application.start();
    measure_match(application, enrolled, rounds, sections);
    measure_verify(application, enrolled, rounds * 3, sections);
    std::cout << json::serialize(json::object{{"sections", std::move(sections)}}) << std::endl;
    return 0;
}

}  // namespace
}  // namespace facegate::bench

int main(int argc, char** argv) try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    facegate::log::configure("warn");
    if (arguments.size() == 4 && arguments[0] == "start") {
        return facegate::bench::report_start(arguments[1], std::stoll(arguments[2]), arguments[3]);
    }
    if (arguments.size() == 2 && arguments[0] == "parts") return facegate::bench::report_start_parts(arguments[1]);
    return facegate::bench::measure_all(arguments.empty() ? 60 : std::stoi(arguments[0]));
} catch (const std::exception& exception) {
    std::cerr << "api_bench: " << exception.what() << '\n';
    return 1;
}
