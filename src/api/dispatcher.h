#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/admission.h"
#include "api/cors.h"
#include "api/endpoint.h"
#include "api/idempotency.h"
#include "api/route_table.h"
#include "api/trusted_proxies.h"
#include "base/error.h"
#include "http/message.h"

namespace facegate::api {

enum class Phase { kStarting, kRunning, kDraining };

/// What the dispatcher asks of the rest of the server. All of it is thread-safe; all but `phase` may block.
struct DispatcherHooks : Admission::Hooks {
    OriginPolicy origins;
    /// Empty: always running.
    std::function<Phase()> phase;
    TrustedProxies proxies;
    Idempotency* idempotency = nullptr;  ///< null: Idempotency-Key is ignored
};

/// Carries a request to its route: finds it (404, 405), knows the caller (401, 403), lets the route read its request
/// (415, 400, 413) and answers, errors and exceptions included. Thread-safe; the table must outlive it and not change.
class Dispatcher final : public http::Service {
public:
    Dispatcher(const RouteTable& routes, DispatcherHooks hooks);

    http::Plan plan(const http::Request& head) override;
    http::Response handle(http::Request request) override;
    std::unique_ptr<http::SocketPeer> open_socket(http::Request request) override;
    http::Response refusal(const http::Request& head, unsigned status) override;

private:
    [[nodiscard]] std::optional<Error> misrouted(const RouteTable::Match& match) const;
    [[nodiscard]] std::shared_ptr<Ticket> ticket_of(const http::Request& head) const;
    http::Response answer(const http::Request& request, Ticket& ticket);
    http::Response answer_options(const http::Request& request, const RouteTable::Match& match) const;
    http::Response answer_route(const http::Request& request, const Route& route, CallContext& context) const;
    static http::Response run_handler(const Route& route, CallContext& context);
    [[nodiscard]] Result<Caller> caller_of(const http::Request& request, Ticket& ticket) const;

    const RouteTable& routes_;
    DispatcherHooks hooks_;
    Cors cors_;
    Admission admission_;
};

}  // namespace facegate::api
