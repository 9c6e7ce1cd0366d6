#include "app/config.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "api/rate_limit.h"
#include "api/trusted_proxies.h"

namespace facegate::app {

namespace {

Setting text(const char* name, std::string Config::* member, const char* doc, std::vector<std::string> choices = {}) {
    Setting setting;
    setting.name = name;
    setting.doc = doc;
    setting.text = member;
    setting.choices = std::move(choices);
    return setting;
}

Setting number(const char* name, int Config::* member, int low, int high, const char* doc) {
    Setting setting;
    setting.name = name;
    setting.doc = doc;
    setting.number = member;
    setting.low = low;
    setting.high = high;
    return setting;
}

Setting flag(const char* name, bool Config::* member, const char* doc) {
    Setting setting;
    setting.name = name;
    setting.doc = doc;
    setting.flag = member;
    return setting;
}

std::string default_share_dir() {
    // Installed: <prefix>/bin/facegate and <prefix>/share/facegate. In the tree: build/release/facegate and
    // build/share.
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path up = program.parent_path().parent_path();
    const std::filesystem::path installed = up / "share" / "facegate";
    return std::filesystem::exists(installed, error) ? installed.string() : (up / "share").string();
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void check_admin_listen(const Config& config) {
    const Address address = parse_listen(config.admin_listen, "--admin-listen");
    if (config.admin_listen.starts_with(':')) {
        throw std::invalid_argument("--admin-listen names its host: 127.0.0.1:PORT, or an internal address");
    }
    if (config.admin_listen == config.listen) {
        throw std::invalid_argument("--admin-listen and --listen are two different addresses");
    }
    if (!is_loopback(address.host) && config.tls_cert.empty()) {
        throw std::invalid_argument(
            fmt::format("--admin-listen {}: admin tokens would cross the network in clear text; give --tls-cert and "
                        "--tls-key, or listen on 127.0.0.1",
                        config.admin_listen));
    }
}

}  // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = {
        text("listen", &Config::listen, "Address to serve on: HOST:PORT, [IPv6]:PORT or :PORT for all interfaces"),
        text("data-dir", &Config::data_dir, "Directory of the database and the master key"),
        text(
            "public-url", &Config::public_url,
            "Where clients reach this server, e.g. https://face.example.com; token issuer and the base of every URL in "
            "answers (default: from --listen)"),
        text("tls-cert", &Config::tls_cert, "PEM certificate chain; with --tls-key the server speaks TLS itself"),
        text("tls-key", &Config::tls_key, "PEM private key of --tls-cert"),
        text("share-dir", &Config::share_dir,
             "Directory with packs/, onnxruntime/ and web/ (default: beside the program)"),
        text("pack", &Config::pack, "Model pack: a name under SHARE/packs, or a directory"),
        text("runtime", &Config::runtime, "Inference runtime", {"auto", "onnxruntime", "opencv"}),
        text("calibration", &Config::calibration,
             "Calibration file of the pack, measured on one's own people (facegate bench accuracy); empty: the pack's"),
        text("consent-dir", &Config::consent_dir,
             "Directory of further consent texts, VERSION/LANGUAGE.txt, beside those that come with the program"),
        number("workers", &Config::workers, 1, 1024, "Threads that answer requests"),
        number("queue", &Config::queue, 1, 100'000, "Requests that may wait for a thread; more are answered 503"),
        number("inference", &Config::inference, 0, 1024, "Faces analysed at the same time; 0: one per core"),
        flag("demo", &Config::demo, "Serve /demo: anyone who reaches this server may enroll there, for one hour"),
        flag("dev", &Config::dev, "For a first look: --demo, and a fresh test key printed at start"),
        text("trusted-proxies", &Config::trusted_proxies,
             "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and networks, "
             "comma-separated, "
             "e.g. 10.0.0.0/8,::1"),
        text("rate-limit-key", &Config::rate_limit_key,
             "Requests of a secret key, RATE:BURST (RATE a second, BURST at once), or off"),
        text("rate-limit-address", &Config::rate_limit_address,
             "Requests from one address with a publishable key, or to the demo, RATE:BURST or off"),
        text("rate-limit-failures", &Config::rate_limit_failures,
             "Requests from one address whose key is missing or not valid, RATE:BURST or off"),
        text("log-level", &Config::log_level, "What goes to standard error as JSON lines",
             {"trace", "debug", "info", "warn", "error", "off"}),
        number("drain-seconds", &Config::drain_seconds, 0, 600,
               "After SIGTERM: how long running requests and streams may take to finish"),
        text("audit-heads", &Config::audit_heads,
             "File to which signed heads of the audit chains are appended; better on another disk, or copied away "
             "(default: audit-heads.jsonl in the data directory)"),
        number("audit-heads-minutes", &Config::audit_heads_minutes, 1, 10'080,
               "How often heads are signed, where something was recorded; also at shutdown"),
        text(
            "admin-listen", &Config::admin_listen,
            "Address of the administration, e.g. 127.0.0.1:8081; empty: none. Not for the public: keep it on loopback, "
            "or with --tls-cert, which it speaks TLS with, on an internal network"),
        text("plans", &Config::plans, "JSON file of the plans that tenants may be on; empty: `unlimited` alone"),
    };
    return all;
}

std::string environment_name(const Setting& setting) {
    std::string name = "FACEGATE_";
    for (const char* c = setting.name; *c != '\0'; ++c) {
        name += *c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
    }
    return name;
}

std::string value_of(const Setting& setting, const Config& config) {
    if (setting.text != nullptr) return config.*setting.text;
    if (setting.number != nullptr) return std::to_string(config.*setting.number);
    return config.*setting.flag ? "true" : "false";
}

Address parse_listen(const std::string& text, const char* option) {
    const auto refuse = [&]() -> std::invalid_argument {
        return std::invalid_argument(fmt::format("{} {}: expected HOST:PORT, e.g. 127.0.0.1:8080", option, text));
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) throw refuse();
    Address address;
    address.host = text.substr(0, colon);
    if (address.host.starts_with('[') && address.host.ends_with(']')) {
        address.host = address.host.substr(1, address.host.size() - 2);
    } else if (address.host.find(':') != std::string::npos) {
        throw refuse();
    }
    if (address.host.empty()) address.host = "0.0.0.0";
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (error != std::errc{} || stop != end) throw refuse();
    return address;
}

Config resolved(Config config) {
    const Address address = parse_listen(config.listen);
    if (config.tls_cert.empty() != config.tls_key.empty()) {
        throw std::invalid_argument("--tls-cert and --tls-key belong together: give both or neither");
    }
    if (!api::TrustedProxies::parse(config.trusted_proxies)) {
        throw std::invalid_argument("--trusted-proxies: expected addresses and networks, e.g. 10.0.0.0/8,::1");
    }
    for (const std::string* limit : {&config.rate_limit_key, &config.rate_limit_address, &config.rate_limit_failures}) {
        if (!api::parse_rate_limit(*limit)) {
            throw std::invalid_argument(fmt::format("a rate limit is RATE:BURST or off, not {}", *limit));
        }
    }
    if (config.dev) config.demo = true;
    if (config.share_dir.empty()) config.share_dir = default_share_dir();
    if (config.inference == 0) config.inference = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    if (config.public_url.empty()) {
        const bool local =
            address.host == "127.0.0.1" || address.host == "0.0.0.0" || address.host == "::1" || address.host == "::";
        config.public_url = fmt::format("{}://{}:{}", config.tls_cert.empty() ? "http" : "https",
                                        local ? "localhost" : address.host, address.port);
    }
    if (config.audit_heads.empty()) {
        config.audit_heads = (std::filesystem::path(config.data_dir) / "audit-heads.jsonl").string();
    }
    if (!config.admin_listen.empty()) check_admin_listen(config);
    while (config.public_url.ends_with('/')) config.public_url.pop_back();
    if (!config.public_url.starts_with("http://") && !config.public_url.starts_with("https://")) {
        throw std::invalid_argument("--public-url must start with https:// (or http:// for development)");
    }
    return config;
}

}  // namespace facegate::app
