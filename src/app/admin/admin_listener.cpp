#include "app/admin/admin_listener.h"

#include <fmt/format.h>

#include <cmath>

#include "api/dispatcher.h"
#include "api/error_map.h"
#include "api/visit_limit.h"
#include "app/admin/admin_routes.h"
#include "app/admin/doctor.h"
#include "http/server.h"
#include "runtime/worker_pool.h"

namespace facegate::app {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kQueue = 32;
constexpr std::size_t kConnections = 64;

constexpr std::size_t kNetworksRemembered = 1024;

/// The dispatcher, which knows first whether a token is valid; behind it a count of who presents wrong ones.
class AdminService final : public http::Service {
public:
    AdminService(api::Dispatcher& dispatcher, Clock& clock)
        : dispatcher_(dispatcher), clock_(clock), wrong_tokens_(kWrongTokens, kWrongTokenWindow, kNetworksRemembered) {}

    http::Plan plan(const http::Request& head) override {
        http::Plan plan = dispatcher_.plan(head);
        if (plan.refuse) plan.refuse = counted(std::move(*plan.refuse), head.remote_address, head.request_id);
        return plan;
    }
    http::Response handle(http::Request request) override {
        const std::string address = request.remote_address;
        const std::string id = request.request_id;
        return counted(dispatcher_.handle(std::move(request)), address, id);
    }
    std::unique_ptr<http::SocketPeer> open_socket(http::Request request) override {
        return dispatcher_.open_socket(std::move(request));
    }
    http::Response refusal(const http::Request& head, unsigned status) override {
        return dispatcher_.refusal(head, status);
    }

private:
    http::Response counted(http::Response response, const std::string& address, const std::string& request_id) {
        if (response.status != api::error_row(ErrorCode::kUnauthorized).status) return response;
        const Milliseconds wait = wrong_tokens_.try_visit(api::network_of(address), clock_.now());
        if (wait <= Milliseconds(0)) return response;
        Error error{ErrorCode::kRateLimited, "Too many wrong tokens; try again later", {}, {}};
        error.details["retry_after_seconds"] = std::ceil(static_cast<double>(wait.count()) / 1000);
        http::Response refused = api::to_response(error, request_id);
        refused.route = response.route;
        return refused;
    }

    api::Dispatcher& dispatcher_;
    Clock& clock_;
    api::VisitLimit wrong_tokens_;
};

http::ServerOptions options_of(const Config& config) {
    const Address address = parse_listen(config.admin_listen);
    http::ServerOptions options;
    options.host = address.host;
    options.port = address.port;
    options.tls_cert = config.tls_cert;
    options.tls_key = config.tls_key;
    options.max_connections = kConnections;
    return options;
}

std::string url_of(const Config& config) {
    return fmt::format("{}://{}", config.tls_cert.empty() ? "http" : "https", config.admin_listen);
}

}  // namespace

/// Members in the order they are built; they are destroyed the other way round.
struct AdminListener::State {
    Administration administration;
    api::RouteTable routes;
    api::Dispatcher dispatcher;
    AdminService service;
    runtime::WorkerPool workers;
    http::Server server;

    State(const Config& config, sql::Database& database, const domain::Vault& vault, Random& random, Clock& clock)
        : administration(database, vault, random, clock, load_plans(config.plans)),
          routes(make_routes(administration, vault, config, clock)),
          dispatcher(routes, hooks()),
          service(dispatcher, clock),
          workers(kThreads, kQueue),
          server(options_of(config), service, workers) {}

    static api::RouteTable make_routes(Administration& administration, const domain::Vault& vault, const Config& config,
                                       Clock& clock) {
        api::RouteTable table;
        add_admin_routes(table, administration, vault, [config, &clock] { return examine(config, clock.now()); });
        add_admin_document(table, url_of(config));
        return table;
    }

    api::DispatcherHooks hooks() {
        api::DispatcherHooks made;
        made.authenticate = [this](std::string_view text) -> Result<api::Caller> {
            const auto token = administration.authenticate(text);
            if (!token) return std::unexpected(token.error());
            return api::Caller{{}, KeyId(token->id), false, {}, {}};
        };
        made.origins.known = [](std::string_view) { return false; };
        return made;
    }
};

AdminListener::AdminListener(const Config& config, sql::Database& database, const domain::Vault& vault, Random& random,
                             Clock& clock)
    : state_(std::make_unique<State>(config, database, vault, random, clock)) {}

AdminListener::~AdminListener() = default;

void AdminListener::start() {
    state_->server.start();
}

void AdminListener::stop(Milliseconds grace) {
    state_->server.stop(grace);
    state_->workers.stop();
}

std::uint16_t AdminListener::port() const {
    return state_->server.port();
}

http::Service& AdminListener::service() {
    return state_->service;
}

}  // namespace facegate::app
