#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace facegate::app {

/// Everything that can be set. A flag wins over its environment variable, which wins over the default written here.
struct Config {
    std::string listen = "127.0.0.1:8080";
    std::string data_dir = "./data";
    std::string public_url;
    std::string tls_cert;
    std::string tls_key;
    std::string share_dir;
    std::string pack = "default";
    std::string runtime = "auto";
    std::string calibration;
    std::string consent_dir;
    int workers = 32;
    int queue = 256;
    int inference = 0;
    bool demo = false;
    bool dev = false;
    std::string trusted_proxies;
    std::string rate_limit_key = "200:400";
    std::string rate_limit_address = "10:40";
    std::string rate_limit_failures = "10:50";
    std::string log_level = "info";
    int drain_seconds = 20;
    /// FACEGATE_JWT_SECRET: signs the live tokens of the only tenant with HS256. Never a flag, which others could read.
    std::string jwt_secret;
    std::string audit_heads;
    int audit_heads_minutes = 60;
    std::string admin_listen;
    std::string plans;
    /// Runs media::run_decoder_host(); no setting.
    std::vector<std::string> decoder_command = {"/proc/self/exe", "decoder-host"};
};

/// One setting, as `facegate config` and `--help` show it. `value` reads or points into a Config.
struct Setting {
    const char* name = nullptr;  ///< long flag without dashes; the environment variable is FACEGATE_ + upper case
    const char* doc = nullptr;
    std::string Config::* text = nullptr;
    int Config::* number = nullptr;
    bool Config::* flag = nullptr;
    int low = 0;  ///< bounds of a number
    int high = 0;
    std::vector<std::string> choices;  ///< of a text; empty: any
};

/// Every setting, in the order of the help text. The only place where one is documented.
const std::vector<Setting>& settings();

/// `FACEGATE_DATA_DIR` for `data-dir`.
std::string environment_name(const Setting& setting);
/// The setting's value in `config`, as text.
std::string value_of(const Setting& setting, const Config& config);

/// Where a server binds.
struct Address {
    std::string host;
    std::uint16_t port = 0;
};
/// `HOST:PORT`, `[v6]:PORT` or `:PORT`. Throws std::invalid_argument with a message for the operator that names
/// `option`.
Address parse_listen(const std::string& text, const char* option = "--listen");

/// What follows from others: share_dir from the executable's place, public_url from the listener, inference from the
/// number of cores. Throws std::invalid_argument when settings contradict each other.
Config resolved(Config config);

}  // namespace facegate::app
