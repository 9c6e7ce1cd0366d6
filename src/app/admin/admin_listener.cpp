#include "app/admin/admin_listener.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/dispatcher.h"
#include "api/error_map.h"
#include "app/admin/admin_routes.h"
#include "http/server.h"
#include "runtime/worker_pool.h"

namespace facegate::app {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kQueue = 32;
constexpr std::size_t kConnections = 64;

/// The dispatcher, behind a count of who presents wrong tokens.
class AdminService final : public http::Service {
public:
    AdminService(api::Dispatcher& dispatcher, Clock& clock) : dispatcher_(dispatcher), clock_(clock) {}

    http::Plan plan(const http::Request& head) override {
        http::Plan plan = dispatcher_.plan(head);
        if (limit_.refuses(head.remote_address, clock_.now())) plan.refuse = refused(head);
        return plan;
    }
    http::Response handle(http::Request request) override {
        const std::string address = request.remote_address;
        if (limit_.refuses(address, clock_.now())) return refused(request);
        http::Response response = dispatcher_.handle(std::move(request));
        if (response.status == api::error_row(ErrorCode::kUnauthorized).status) limit_.failed(address, clock_.now());
        return response;
    }
    std::unique_ptr<http::SocketPeer> open_socket(http::Request request) override {
        return dispatcher_.open_socket(std::move(request));
    }
    http::Response refusal(const http::Request& head, unsigned status) override {
        return dispatcher_.refusal(head, status);
    }

private:
    static http::Response refused(const http::Request& head) {
        Error error{ErrorCode::kRateLimited, "Too many failed attempts; try again later", {}, {}};
        error.details["retry_after_seconds"] = static_cast<double>(std::chrono::seconds(FailureLimit::kWindow).count());
        return api::to_response(error, head.request_id);
    }

    api::Dispatcher& dispatcher_;
    Clock& clock_;
    FailureLimit limit_;
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

bool FailureLimit::refuses(const std::string& address, TimeMs now) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    return found != counts_.end() && found->second.failures >= kMost && now < found->second.since + kWindow;
}

void FailureLimit::failed(const std::string& address, TimeMs now) {
    const std::lock_guard lock(mutex_);
    if (counts_.size() >= kMostAddresses && !counts_.contains(address)) {
        counts_.erase(std::ranges::min_element(counts_, {}, [](const auto& entry) { return entry.second.since; }));
    }
    Count& count = counts_[address];
    if (count.failures == 0 || now >= count.since + kWindow) count = {now, 0};
    ++count.failures;
}

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
          routes(make_routes(administration, vault, url_of(config))),
          dispatcher(routes, hooks()),
          service(dispatcher, clock),
          workers(kThreads, kQueue),
          server(options_of(config), service, workers) {}

    static api::RouteTable make_routes(Administration& administration, const domain::Vault& vault,
                                       const std::string& url) {
        api::RouteTable table;
        add_admin_routes(table, administration, vault, url);
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
