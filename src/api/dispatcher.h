#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/cors.h"
#include "api/endpoint.h"
#include "api/route_table.h"
#include "base/error.h"
#include "http/message.h"

namespace facegate::api {

enum class Phase { kStarting, kRunning, kDraining };

/// What the dispatcher asks of the rest of the server. All of it is thread-safe; all but `phase` may block.
struct DispatcherHooks {
    /// Whom a presented key stands for: kUnauthorized (unknown, malformed, expired, revoked) or kTenantSuspended if
    /// nobody.
    std::function<Result<Caller>(std::string_view key)> authenticate;
    /// The demo tenant; empty where the demo is off.
    std::function<Result<Caller>()> demo_caller;
    OriginPolicy origins;
    /// Empty: always running.
    std::function<Phase()> phase;
    /// The caller's address behind trusted proxies; empty: the socket's.
    std::function<std::string(const http::Request&)> client_address;
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
    http::Response answer(const http::Request& request, const RouteTable::Match& match);
    http::Response answer_options(const http::Request& request, const RouteTable::Match& match) const;
    http::Response answer_route(const http::Request& request, const Route& route, CallContext& context) const;
    [[nodiscard]] Result<Caller> caller_of(const http::Request& request, const Route& route) const;
    [[nodiscard]] CallContext context_of(const http::Request& request, const RouteTable::Match& match) const;

    const RouteTable& routes_;
    DispatcherHooks hooks_;
    Cors cors_;
};

/// The key a request presents: `Authorization: Bearer …` or `x-api-key`. kUnauthorized if there is none, the header is
/// malformed, or both are sent and differ.
Result<std::string_view> presented_key(const http::Request& request);

}  // namespace facegate::api
