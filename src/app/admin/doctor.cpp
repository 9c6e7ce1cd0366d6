#include "app/admin/doctor.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "api/json_writer.h"
#include "app/admin/doctor_answer.h"
#include "app/packs.h"
#include "crypto/certificate.h"
#include "http/tls.h"
#include "media/decoder_host.h"
#include "media/video_stream.h"
#include "sql/database.h"
#include "sql/inspection.h"

namespace facegate::app {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMiB = 1U << 20U;
constexpr std::uintmax_t kDiskWarning = 2048;  // MiB
constexpr std::uintmax_t kDiskProblem = 256;
constexpr rlim_t kDescriptors = 8192;               // connections, two for a stream, files
constexpr std::uintmax_t kMemoryForBodies = 256;    // MiB, ServerOptions::max_bodies_bytes
constexpr std::uintmax_t kMemoryForModels = 400;    // MiB, networks and their working memory
constexpr std::uintmax_t kMemoryPerInference = 60;  // MiB, a 25 megapixel photo and its chips
constexpr std::chrono::hours kCertificateWarning{14 * 24};
constexpr std::chrono::minutes kClockSlack{5};
constexpr std::int64_t kFirstSaneTime = 1'767'225'600'000;  // 2026-01-01

Finding ok(std::string check, std::string found) {
    return {std::move(check), Health::kOk, std::move(found), {}};
}

/// "0700"
std::string mode_text(mode_t mode) {
    return fmt::format("{:04o}", mode & 07777U);
}

Finding examine_disk(const Config& config) {
    struct statvfs status{};
    if (::statvfs(config.data_dir.c_str(), &status) != 0) {
        return {"disk space", Health::kWarning, "cannot be asked of " + config.data_dir, "create the data directory"};
    }
    const std::uintmax_t free = std::uintmax_t{status.f_bavail} * status.f_frsize / kMiB;
    const std::string found = fmt::format("{} MiB free under {}", free, config.data_dir);
    if (free < kDiskProblem)
        return {"disk space", Health::kProblem, found, "make room: the database needs some to grow"};
    if (free < kDiskWarning) return {"disk space", Health::kWarning, found, "make room soon"};
    return ok("disk space", found);
}

Finding examine_packs(const Config& config) {
    const auto pack = vision::read_model_pack(pack_directory(config.share_dir, config.pack));
    if (!pack) {
        return {"model pack", Health::kProblem, pack.error().message,
                "install the pack under " + config.share_dir + "/packs, or name another with --pack"};
    }
    for (const PackFinding& finding : check_pack(*pack, available_runtimes(config.share_dir))) {
        if (finding.problem.empty()) continue;
        return {"model pack", Health::kProblem, fmt::format("{}: {}: {}", finding.file, finding.check, finding.problem),
                "facegate pack verify " + config.pack};
    }
    return ok("model pack", config.pack + ": files, self-tests and licences are right");
}

/// Wants nothing.
class NoFrames final : public media::FrameSink {
public:
    bool wants(const media::FrameInfo&) override { return false; }
    void take(media::VideoFrame&&) override {}
};

Finding examine_decoder(const Config& config) {
    const char* advice =
        "allow fork and seccomp filters (prctl) for this process, and mount /proc; see the operations page";
    try {
        media::DecoderHost host(config.decoder_command);
        NoFrames sink;
        const auto stream = host.open({}, sink);
        // Bytes that are no clip: a working decoder says so, a missing sandbox or a dead process is told apart.
        const Bytes nonsense(4096, 0x2a);
        Result<void> fed = stream->feed(nonsense);
        const Result<media::VideoSummary> done = stream->finish();
        const Error* error = !fed ? &fed.error() : (!done ? &done.error() : nullptr);
        const auto cause = error == nullptr ? std::nullopt : media::stop_cause(*error);
        if (cause) return {"decoder", Health::kProblem, "the decoder process was stopped: " + *cause, advice};
    } catch (const std::exception& failure) {
        return {"decoder", Health::kProblem, failure.what(), advice};
    }
    return ok("decoder", "decoder host and its sandbox work");
}

Finding examine_clock(const Config& config, TimeMs now) {
    const char* advice = "set the clock, and keep it with NTP: tokens and liveness sessions rest on it";
    if (to_unix_ms(now) < kFirstSaneTime) return {"clock", Health::kProblem, "it is " + to_iso8601(now), advice};
    struct stat status{};
    const std::string database = (fs::path(config.data_dir) / "facegate.db").string();
    if (::stat(database.c_str(), &status) == 0) {
        const TimeMs written = from_unix_ms(std::int64_t{status.st_mtim.tv_sec} * 1000);
        if (written > now + kClockSlack) {
            return {"clock", Health::kProblem,
                    fmt::format("it is {}, but the database was written at {}", to_iso8601(now), to_iso8601(written)),
                    advice};
        }
    }
    timex state{};
    if (::adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) != 0) {
        return {"clock", Health::kWarning, "the kernel's clock is not synchronised", advice};
    }
    return ok("clock", to_iso8601(now));
}

Finding examine_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {"file descriptors", Health::kWarning, "limit unknown", {}};
    const std::string found = limit.rlim_cur == RLIM_INFINITY ? "unlimited" : fmt::format("{}", limit.rlim_cur);
    if (limit.rlim_cur < kDescriptors) {
        return {"file descriptors", Health::kWarning, found + " may be open",
                fmt::format("raise the limit to {} (ulimit -n, or LimitNOFILE= of systemd)", kDescriptors)};
    }
    return ok("file descriptors", found + " may be open");
}

Finding examine_memory(const Config& config) {
    std::ifstream file("/proc/meminfo");
    std::uintmax_t available = 0;
    for (std::string name, unit; file >> name;) {
        std::uintmax_t amount = 0;
        file >> amount;
        std::getline(file, unit);
        if (name == "MemAvailable:") available = amount / 1024;
    }
    if (available == 0) return {"memory", Health::kWarning, "free memory unknown", {}};
    const std::uintmax_t needed =
        kMemoryForBodies + kMemoryForModels + kMemoryPerInference * static_cast<std::uintmax_t>(config.inference);
    const std::string found = fmt::format("{} MiB available, about {} needed at full load by {} inference places",
                                          available, needed, config.inference);
    if (available < needed) return {"memory", Health::kWarning, found, "lower --inference, or add memory"};
    return ok("memory", found);
}

Finding examine_certificate(const Config& config, TimeMs now) {
    try {
        http::check_tls_files(config.tls_cert, config.tls_key);
    } catch (const std::runtime_error& failure) {
        return {"TLS", Health::kProblem, failure.what(), "give --tls-cert and --tls-key a certificate and its own key"};
    }
    const auto until = crypto::certificate_valid_until(config.tls_cert);
    if (!until) return {"TLS", Health::kProblem, config.tls_cert + " holds no certificate", "give a PEM certificate"};
    const std::string found = "the certificate is valid until " + to_iso8601(*until);
    if (*until <= now) return {"TLS", Health::kProblem, found, "renew it"};
    if (*until <= now + kCertificateWarning) return {"TLS", Health::kWarning, found, "renew it soon"};
    return ok("TLS", found);
}

bool is_local(std::string_view url) {
    const std::string_view host = url.substr(url.find("://") + 3);
    return host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

Finding examine_master_key(const Config& config) {
    if (std::getenv("FACEGATE_MASTER_KEY") != nullptr) return ok("master key", "from FACEGATE_MASTER_KEY");
    const std::string path = (fs::path(config.data_dir) / "master.key").string();
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        const bool has_database = fs::exists(fs::path(config.data_dir) / "facegate.db");
        if (!has_database)
            return {"master key", Health::kWarning, path + " is not there yet", "the first start makes it"};
        return {"master key", Health::kProblem, path + " is missing, and there is a database that needs it",
                "restore it from your backup before anything is started: a new key opens nothing"};
    }
    if (!S_ISREG(status.st_mode) || status.st_size != 32) {
        return {"master key", Health::kProblem, path + " is no file of 32 bytes", "restore it from your backup"};
    }
    if ((status.st_mode & 077U) != 0) {
        return {"master key", Health::kProblem, path + " can be read by others: mode " + mode_text(status.st_mode),
                "chmod 600 " + path};
    }
    if (status.st_uid != ::geteuid()) {
        return {"master key", Health::kWarning, path + " belongs to another user",
                "run as the user who runs the server, or chown it"};
    }
    return ok("master key", path + ", mode " + mode_text(status.st_mode));
}

}  // namespace

std::string_view name_of(Health health) {
    switch (health) {
        case Health::kOk: return "ok";
        case Health::kWarning: return "warning";
        case Health::kProblem: return "problem";
    }
    return "?";
}

std::vector<Finding> examine_data_directory(const Config& config) {
    struct stat status{};
    if (::stat(config.data_dir.c_str(), &status) != 0) {
        return {
            {"data directory", Health::kWarning, config.data_dir + " is not there yet", "the first start makes it"}};
    }
    std::vector<Finding> findings;
    if (!S_ISDIR(status.st_mode) || ::access(config.data_dir.c_str(), R_OK | W_OK | X_OK) != 0) {
        findings.push_back({"data directory", Health::kProblem,
                            config.data_dir + " is no directory this user may write",
                            "chown it to the user who runs the server"});
    } else if ((status.st_mode & 077U) != 0) {
        findings.push_back({"data directory", Health::kWarning,
                            config.data_dir + " is open to others: mode " + mode_text(status.st_mode),
                            "chmod 700 " + config.data_dir});
    } else {
        findings.push_back(ok("data directory", config.data_dir + ", mode " + mode_text(status.st_mode)));
    }
    findings.push_back(examine_master_key(config));
    return findings;
}

std::vector<Finding> examine_database(const Config& config) {
    const std::string path = (fs::path(config.data_dir) / "facegate.db").string();
    if (!fs::exists(path)) {
        return {{"database", Health::kWarning, path + " is not there yet", "the first start makes it"}};
    }
    try {
        const sql::Inspection inspection = sql::inspect_database(path);
        if (!inspection.damages.empty()) {
            return {{"database", Health::kProblem,
                     fmt::format("{} damages, the first: {}", inspection.damages.size(), inspection.damages.front()),
                     "stop the server and restore a backup"}};
        }
        std::vector<Finding> findings{ok("database", path + " is sound")};
        const std::string schema = fmt::format("{} migrations applied", inspection.applied_migrations);
        if (inspection.newer_program) {
            findings.push_back({"schema", Health::kProblem, schema + ", some by a newer program",
                                "use that program, or restore a backup from before the upgrade"});
        } else if (inspection.missing_migrations > 0) {
            findings.push_back({"schema", Health::kWarning,
                                fmt::format("{}, {} waiting", schema, inspection.missing_migrations),
                                "back the database up: the next start applies them, and there is no way back"});
        } else {
            findings.push_back(ok("schema", schema));
        }
        return findings;
    } catch (const sql::DatabaseFailure& failure) {
        return {{"database", Health::kProblem, path + ": " + failure.what(), "restore a backup"}};
    }
}

std::vector<Finding> examine_addresses(const Config& config, TimeMs now) {
    std::vector<Finding> findings;
    if (config.public_url.starts_with("https://") || is_local(config.public_url)) {
        findings.push_back(ok("public URL", config.public_url));
    } else {
        findings.push_back({"public URL", Health::kProblem, config.public_url + " is neither https nor localhost",
                            "browsers give no camera there: serve TLS and set --public-url to the https address"});
    }
    if (!config.tls_cert.empty()) findings.push_back(examine_certificate(config, now));
    return findings;
}

std::vector<Finding> examine(const Config& config, TimeMs now) {
    std::vector<Finding> findings = examine_data_directory(config);
    const auto add = [&](std::vector<Finding> more) {
        findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    add(examine_database(config));
    findings.push_back(examine_disk(config));
    findings.push_back(examine_packs(config));
    findings.push_back(examine_decoder(config));
    findings.push_back(examine_clock(config, now));
    add(examine_addresses(config, now));
    findings.push_back(examine_descriptors());
    findings.push_back(examine_memory(config));
    return findings;
}

void run_doctor(const Config& given, bool json) {
    const Config config = resolved(given);
    const std::vector<Finding> findings = examine(config, SystemClock().now());
    int problems = 0;
    boost::json::array list;
    for (const Finding& finding : findings) {
        if (finding.health == Health::kProblem) ++problems;
        list.push_back(FindingItem::schema().write(FindingItem::of(finding)));
        if (json) continue;
        std::cout << fmt::format("{:<8} {:<17} {}\n", name_of(finding.health), finding.check, finding.found);
        if (!finding.next.empty()) std::cout << fmt::format("{:<26} next: {}\n", "", finding.next);
    }
    if (json) std::cout << api::write_json_indented(list);
    if (problems > 0)
        throw std::runtime_error(fmt::format("{} of {} checks found a problem", problems, findings.size()));
}

}  // namespace facegate::app
