#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "api/json_writer.h"
#include "app/application.h"
#include "app/commands.h"
#include "base/log.h"
#include "domain/keys/api_key.h"
#include "domain/tenants/tenant.h"

namespace facegate::app {

namespace {

constexpr const char* kDevTenant = "Development";

/// A key of the tenant that a first look works with; made anew at each start, since its text is stored nowhere.
std::string fresh_test_key(Application& application, Random& random, Clock& clock) {
    return application.database().write_system([&](sql::SystemTx& tx) {
        const TimeMs now = clock.now();
        std::optional<TenantId> tenant;
        for (const domain::Tenant& known : domain::list_tenants(tx)) {
            if (known.name == kDevTenant) tenant = known.id;
        }
        if (!tenant) tenant = domain::create_tenant(tx, application.vault(), random, kDevTenant, {}, now).value().id;
        const Scope scope{*tenant, Environment::kTest};
        return domain::create_key(tx, random, scope, "printed by serve --dev", now + std::chrono::hours(24), now)
            .value()
            .text;
    });
}

void print_welcome(const Config& config, const std::string& key) {
    std::cout << fmt::format(
                     "\n"
                     "  FaceGate is running.\n"
                     "\n"
                     "  Demo      {0}/demo\n"
                     "  API       {0}/docs\n"
                     "  Data      {1}\n"
                     "  Test key  {2}   (valid for 24 hours)\n"
                     "\n"
                     "  Try       curl {0}/v1/users -H 'Authorization: Bearer {2}'\n"
                     "\n"
                     "  Stop with Ctrl-C. Log lines follow on standard error.\n\n",
                     config.public_url, config.data_dir, key)
              << std::flush;
}

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

}  // namespace

void serve(Config config) {
    log::configure(config.log_level);
    if (const char* secret = std::getenv("FACEGATE_JWT_SECRET"); secret != nullptr) config.jwt_secret = secret;
    // Blocked before any thread starts, so that every thread inherits it and only sigwait below sees them.
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    SystemClock clock;
    SystemRandom random;
    Application application(config, clock, random);
    application.start();
    if (config.dev) print_welcome(config, fresh_test_key(application, random, clock));
    int received = 0;
    sigwait(&signals, &received);
    application.stop();
}

void print_config(const Config& config, bool json) {
    const Config defaults;
    if (json) {
        boost::json::array list;
        for (const Setting& setting : settings()) {
            list.push_back(boost::json::object{{"flag", std::string("--") + setting.name},
                                               {"environment", environment_name(setting)},
                                               {"default", value_of(setting, defaults)},
                                               {"value", value_of(setting, config)},
                                               {"doc", setting.doc}});
        }
        std::cout << api::write_json_indented(list);
        return;
    }
    for (const Setting& setting : settings()) {
        std::cout << fmt::format("--{}, {}\n    {}\n    default: {}\n    value:   {}\n", setting.name,
                                 environment_name(setting), setting.doc, value_of(setting, defaults),
                                 value_of(setting, config));
    }
    std::cout
        << "FACEGATE_MASTER_KEY (environment only)\n    The master key as 64 hexadecimal digits, instead of the file "
           "DATA_DIR/master.key\n"
           "FACEGATE_JWT_SECRET (environment only)\n    Signs the live tokens of the only tenant with HS256 instead of "
           "ES256; at least 32 bytes\n";
}

}  // namespace facegate::app
