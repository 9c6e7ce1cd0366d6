#include "app/application.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "api/dispatcher.h"
#include "api/services.h"
#include "app/admin/admin_listener.h"
#include "app/data_directory.h"
#include "app/jobs.h"
#include "app/key_cache.h"
#include "app/packs.h"
#include "base/log.h"
#include "domain/consents/consent_directory.h"
#include "domain/faces/pack_progress.h"
#include "domain/faces/used_packs.h"
#include "domain/tenants/tenant.h"
#include "http/server.h"
#include "runtime/worker_pool.h"

namespace facegate::app {

namespace {

std::unique_ptr<const vision::FaceEngine> load_engine(const vision::FaceEngine::Options& options) {
    Result<std::unique_ptr<vision::FaceEngine>> engine = vision::FaceEngine::load(options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
}

/// The configured pack, and every other one that stored templates belong to.
vision::EngineSet load_engines(const Config& config, DataDirectory& data, TimeMs now) {
    vision::FaceEngine::Options options = engine_options(config);
    auto current = load_engine(options);
    const auto remember = [&](const vision::FaceEngine& engine) {
        const Result<void> known = data.database->write_system([&](sql::SystemTx& tx) {
            return domain::remember_pack(tx, engine.pack_id(), engine.pack_fingerprint(), now);
        });
        if (!known) throw std::runtime_error(known.error().message);
    };
    // Also refuses when another directory claims to be the configured pack.
    static_cast<void>(installed_pack(config.share_dir, current->pack_id()));
    remember(*current);
    data.database->write_system([&](sql::SystemTx& tx) { domain::set_serving_pack(tx, current->pack_id()); });
    const std::vector<domain::PackCount> counts =
        data.database->read_system([&](sql::SystemTx& tx) { return domain::other_packs(tx, current->pack_id()); });
    std::vector<std::unique_ptr<const vision::FaceEngine>> previous;
    for (const domain::PackCount& count : counts) {
        if (const auto directory = installed_pack(config.share_dir, count.pack_id)) {
            options.pack_dir = *directory;
            options.calibration_file.clear();  // it is the current pack's
            previous.push_back(load_engine(options));
            remember(*previous.back());
            spdlog::info(R"("event":"older_pack_in_use","pack":{},"people":{},"waiting":{})",
                         log::json_string(count.pack_id), count.people, count.waiting);
        } else if (count.waiting > 0) {
            spdlog::warn(R"("event":"pack_missing","pack":{},"people":{},"effect":{})", log::json_string(count.pack_id),
                         count.waiting,
                         log::json_string("these people cannot sign in until the pack is installed beside the others"));
        }
    }
    return vision::EngineSet(std::move(current), std::move(previous));
}

domain::Issuers load_issuers(DataDirectory& data, const Config& config, TimeMs now) {
    return data.database->write_system([&](sql::SystemTx& tx) {
        if (config.demo) domain::ensure_demo_tenant(tx, *data.vault, now);
        const auto secret = config.jwt_secret.empty() ? std::nullopt : std::optional(config.jwt_secret);
        return domain::Issuers::load_or_create(tx, *data.vault, config.public_url, now, secret);
    });
}

domain::HeadSigner load_head_signer(DataDirectory& data, TimeMs now) {
    return data.database->write_system(
        [&](sql::SystemTx& tx) { return domain::HeadSigner::load_or_create(tx, *data.vault, now); });
}

/// Best effort: what cannot be published now is so after the next start.
void publish_last_heads(HeadPublisher& heads) {
    try {
        heads.publish();
    } catch (const std::exception& failure) {
        spdlog::error(R"("event":"audit_heads_unpublished","what":{})", log::json_string(failure.what()));
    }
}

std::string origin_of(const std::string& url) {
    const std::size_t path = url.find('/', url.find("://") + 3);
    return url.substr(0, path);
}

http::ServerOptions listener_options(const Config& config) {
    const Address address = parse_listen(config.listen);
    http::ServerOptions options;
    options.host = address.host;
    options.port = address.port;
    options.tls_cert = config.tls_cert;
    options.tls_key = config.tls_key;
    return options;
}

constexpr int kStreamsPerInferencePlace = 8;  // measured: six keep up in real time, and nobody gets all places

/// Workers that streams and photos may hold while they wait for an inference place: streams two thirds of these at
/// most, photos the rest. A quarter of the workers stays free for requests that need no face.
std::size_t workers_for_faces(const Config& config) {
    return static_cast<std::size_t>(std::max(3, config.workers * 3 / 4));
}

std::size_t stream_places(const Config& config) {
    const auto keep_up = static_cast<std::size_t>(kStreamsPerInferencePlace * config.inference);
    return std::min(workers_for_faces(config) * 2 / 3, keep_up);
}

std::size_t may_wait_for_inference(const Config& config) {
    const std::size_t places = workers_for_faces(config) - stream_places(config);
    const auto running = static_cast<std::size_t>(config.inference);
    return places > running ? places - running : 0;
}

api::RateLimits limits_of(const Config& config) {
    return {{"key", api::parse_rate_limit(config.rate_limit_key).value()},
            {"address", api::parse_rate_limit(config.rate_limit_address).value()},
            {"failures", api::parse_rate_limit(config.rate_limit_failures).value()}};
}

}  // namespace

/// Members in the order they are built; they are destroyed the other way round.
struct Application::State {
    Config config;
    Clock& clock;
    Random& random;
    DataDirectory data;
    domain::AuditTrail audit;
    domain::Issuers issuers;
    vision::EngineSet engines;
    provider::Gallery gallery;
    provider::FaceMatcher matcher;
    provider::TemplateGrowth growth;
    runtime::Limiter inference;
    api::StreamPlaces streams;
    media::DecoderHost decoders;
    provider::PhotoAnalysis photos;
    http::StaticFiles web;
    api::HealthFigures health;
    domain::HeadSigner head_signer;
    HeadPublisher heads;
    api::Services services;
    Jobs jobs;
    KeyCache keys;
    api::RateLimits limits;
    api::Idempotency idempotency;
    api::RouteTable routes;
    api::Dispatcher dispatcher;
    runtime::WorkerPool workers;
    http::Server server;
    std::unique_ptr<AdminListener> admin;  ///< only with --admin-listen
    bool running = false;

    State(const Config& given, Clock& the_clock, Random& the_random)
        : config(given),
          clock(the_clock),
          random(the_random),
          data(open_data_directory(config.data_dir, random)),
          audit(*data.vault),
          issuers(load_issuers(data, config, clock.now())),
          engines(load_engines(config, data, clock.now())),
          gallery(*data.database, *data.vault, engines),
          matcher(engines, gallery),
          growth(engines, *data.vault, audit, random),
          inference(static_cast<std::size_t>(config.inference), may_wait_for_inference(config)),
          streams(stream_places(config)),
          decoders(config.decoder_command),
          photos(engines, inference),
          web(std::filesystem::path(config.share_dir) / "web"),
          head_signer(load_head_signer(data, clock.now())),
          heads(*data.database, audit, head_signer, clock, config.audit_heads,
                std::chrono::minutes(config.audit_heads_minutes)),
          services{config.public_url, clock,   random,  *data.database, *data.vault, audit,      issuers,
                   engines,           gallery, matcher, photos,         growth,      inference,  streams,
                   decoders,          web,     health,  config.demo,    clock.now(), head_signer},
          jobs(services, heads),
          keys(*data.database, clock, [this](const KeyId& key) { jobs.key_used(key); }),
          limits(limits_of(config)),
          idempotency(*data.database, *data.vault, random, clock),
          routes(make_routes(services)),
          dispatcher(routes, hooks()),
          workers(static_cast<std::size_t>(config.workers), static_cast<std::size_t>(config.queue)),
          server(listener_options(config), dispatcher, workers) {
        if (!config.consent_dir.empty()) services.consent_texts = domain::load_consent_texts(config.consent_dir);
        if (config.admin_listen.empty()) return;
        admin = std::make_unique<AdminListener>(config, *data.database, *data.vault, random, clock);
    }

    static api::RouteTable make_routes(api::Services& services) {
        api::RouteTable table;
        api::add_all_routes(table, services);
        return table;
    }

    api::DispatcherHooks hooks() {
        api::DispatcherHooks made;
        made.authenticate = [this](std::string_view key) { return keys.authenticate(key); };
        made.known_key = [this](std::string_view key) { return keys.known(key); };
        made.limits = &limits;
        made.idempotency = &idempotency;
        made.clock = &clock;
        made.proxies = api::TrustedProxies::parse(config.trusted_proxies).value();
        if (config.demo) {
            made.demo_caller = []() -> Result<api::Caller> {
                return api::Caller{domain::demo_scope(), KeyId("demo"), true, {}, "demo"};
            };
        }
        made.origins.own = origin_of(config.public_url);
        made.origins.known = [this](std::string_view origin) {
            return data.database->read_system(
                [&](sql::SystemTx& tx) { return domain::origin_allowed_anywhere(tx, origin); });
        };
        made.phase = [this] { return static_cast<api::Phase>(health.phase.load()); };
        return made;
    }

    void set_phase(api::Phase phase) { health.phase = static_cast<int>(phase); }
};

Application::Application(const Config& config, Clock& clock, Random& random)
    : state_(std::make_unique<State>(config, clock, random)) {}

Application::~Application() {
    stop();
}

void Application::start() {
    State& state = *state_;
    state.running = true;
    // Whoever asks early is told `starting` rather than refused the connection.
    state.server.start();
    const auto begin = std::chrono::steady_clock::now();
    state.gallery.load();
    state.jobs.measure_health();
    state.jobs.start();
    state.set_phase(api::Phase::kRunning);
    if (state.admin) state.admin->start();
    const std::string calibration =
        state.config.calibration.empty() ? "pack" : std::filesystem::path(state.config.calibration).filename().string();
    spdlog::info(R"("event":"started","url":{},"runtime":{},"pack":{},"calibration":{},"load_ms":{:.0f})",
                 log::json_string(state.config.public_url), log::json_string(state.engines.current().runtime_name()),
                 log::json_string(state.engines.current().pack_id()), log::json_string(calibration),
                 std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
}

void Application::stop() {
    State& state = *state_;
    if (!state.running) return;
    state.running = false;
    state.set_phase(api::Phase::kDraining);
    state.server.stop(std::chrono::seconds(state.config.drain_seconds));
    if (state.admin) state.admin->stop(std::chrono::seconds(state.config.drain_seconds));
    state.workers.stop();
    state.jobs.stop();
    publish_last_heads(state.heads);
    spdlog::info(R"("event":"stopped")");
}

std::uint16_t Application::port() const {
    return state_->server.port();
}
sql::Database& Application::database() {
    return *state_->data.database;
}
const domain::Vault& Application::vault() const {
    return *state_->data.vault;
}
http::Service& Application::service() {
    return state_->dispatcher;
}
const api::RouteTable& Application::routes() const {
    return state_->routes;
}
api::Services& Application::services() {
    return state_->services;
}
Jobs& Application::jobs() {
    return state_->jobs;
}

}  // namespace facegate::app
