#include "api/dispatcher.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <utility>

#include "api/error_map.h"
#include "api/json_writer.h"
#include "base/log.h"
#include "domain/tenants/tenant.h"
#include "sql/database.h"
#include "vision/runtime/inference.h"

namespace facegate::api {

namespace {

constexpr std::uint16_t kSocketInternalError = 1011;  // RFC 6455, 7.4.1

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool has_header(const http::Response& response, std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

void add_default_header(http::Response& response, std::string_view name, std::string_view value) {
    if (!has_header(response, name)) response.headers.emplace_back(name, value);
}

/// Headers that keep answers out of caches, frames and guesses about their type, unless the route set its own.
void harden(http::Response& response) {
    add_default_header(response, "X-Content-Type-Options", "nosniff");
    add_default_header(response, "Referrer-Policy", "no-referrer");
    add_default_header(response, "Cache-Control", "no-store");
    const bool is_json = std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
        return equals_ignoring_case(header.first, "Content-Type") && header.second.starts_with("application/json");
    });
    if (is_json) {
        add_default_header(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
}

std::string members_of(const boost::json::object& object) {
    const std::string text = write_json(object);
    return text.substr(1, text.size() - 2);
}

void log_failure(const http::Request& request, std::string_view what) {
    spdlog::error(R"("event":"request_failed","request_id":{},"what":{})", log::json_string(request.request_id),
                  log::json_string(what));
}

/// An error answer that the log line tells of too.
http::Response error_answer(const Error& error, const http::Request& request) {
    http::Response response = to_response(error, request.request_id);
    response.log_fields = members_of({{"error", error_row(error.code).name}});
    return response;
}

/// Runs `body`; what it throws becomes an error that tells the caller nothing but the kind.
template <class F>
auto guarded(const http::Request& request, F&& body) -> Result<std::invoke_result_t<F>> {
    try {
        return body();
    } catch (const sql::DatabaseFailure& failure) {
        log_failure(request, failure.what());
        return fail(ErrorCode::kDatabaseError, "The database failed");
    } catch (const vision::InferenceFailure& failure) {
        log_failure(request, failure.what());
        return fail(ErrorCode::kProviderError, "The face provider failed");
    } catch (const std::exception& exception) {
        log_failure(request, exception.what());
    } catch (...) {
        log_failure(request, "not a std::exception");
    }
    return fail(ErrorCode::kInternalError, "Something went wrong on the server");
}

/// Closes at once: for sockets whose route could not take them.
class RefusingPeer final : public http::SocketPeer {
public:
    Output on_open() override { return {{}, kSocketInternalError}; }
    Output on_message(Bytes) override { return {{}, kSocketInternalError}; }
    Output on_timer() override { return {}; }
    Output on_close(std::uint16_t) override { return {}; }
    [[nodiscard]] std::optional<TimeMs> deadline() const override { return std::nullopt; }
    [[nodiscard]] std::size_t max_message_bytes() const override { return 1; }
};

}  // namespace

Dispatcher::Dispatcher(const RouteTable& routes, DispatcherHooks hooks)
    : routes_(routes), hooks_(std::move(hooks)), cors_(hooks_.origins), admission_(hooks_) {}

std::optional<Error> Dispatcher::misrouted(const RouteTable::Match& match) const {
    if (match.route != nullptr) return std::nullopt;
    if (match.allowed.empty()) return Error{ErrorCode::kNotFound, "There is no such path", {}, {}};
    return Error{ErrorCode::kMethodNotAllowed, fmt::format("Use {}", fmt::join(match.allowed, ", ")), {}, {}};
}

std::shared_ptr<Ticket> Dispatcher::ticket_of(const http::Request& head) const {
    auto ticket = std::make_shared<Ticket>();
    ticket->match = routes_.find(head.method, head.path);
    ticket->client_address = hooks_.proxies.client_address(head);
    return ticket;
}

http::Plan Dispatcher::plan(const http::Request& head) {
    http::Plan plan;
    const std::shared_ptr<Ticket> ticket = ticket_of(head);
    const RouteTable::Match& match = ticket->match;
    if (match.route == nullptr) {
        if (head.method == "OPTIONS" && !match.allowed.empty()) return plan;
        plan.refuse = handle(head);
        return plan;
    }
    const RouteInfo& info = match.route->info;
    plan.body_limit = info.body_limit;
    plan.deadline = info.deadline;
    plan.on_io_thread = info.on_io_thread;
    plan.is_websocket = static_cast<bool>(match.route->open);
    plan.carried = ticket;

    const auto refuse = [&](const Error& error) {
        plan.refuse = error_answer(error, head);
        plan.refuse->route = info.path;
        for (const auto& header : ticket->headers) plan.refuse->headers.push_back(header);
        if (!head.header("origin").empty()) Cors::expose(*plan.refuse, "*");
        harden(*plan.refuse);
    };
    const bool running = !hooks_.phase || hooks_.phase() == Phase::kRunning;
    if (!running && !info.while_starting) {
        refuse({ErrorCode::kStarting, "The server is starting or shutting down", {}, {}});
    } else if (plan.is_websocket && !equals_ignoring_case(head.header("upgrade"), "websocket")) {
        refuse({ErrorCode::kUpgradeRequired, "This path is a WebSocket", {}, {}});
        plan.refuse->headers.emplace_back("Upgrade", "websocket");
    } else if (const std::optional<Error> error = admission_.enter(*ticket, head)) {
        // Whoever has no key, or asks too often, need not send a body first.
        refuse(*error);
    }
    return plan;
}

http::Response Dispatcher::handle(http::Request request) {
    auto ticket = std::dynamic_pointer_cast<Ticket>(std::move(request.carried));
    if (!ticket) ticket = ticket_of(request);
    request.secure = hooks_.proxies.is_secure(request);
    Result<http::Response> answered = guarded(request, [&] { return answer(request, *ticket); });
    http::Response response = answered ? std::move(*answered) : error_answer(answered.error(), request);
    if (ticket->match.route != nullptr) response.route = ticket->match.route->info.path;
    for (auto& header : ticket->headers) response.headers.push_back(std::move(header));
    harden(response);
    return response;
}

http::Response Dispatcher::answer(const http::Request& request, Ticket& ticket) {
    const RouteTable::Match& match = ticket.match;
    if (request.method == "OPTIONS" && !match.allowed.empty()) return answer_options(request, match);
    if (const std::optional<Error> error = misrouted(match)) {
        http::Response response = error_answer(*error, request);
        if (!match.allowed.empty()) {
            response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
        }
        if (!request.header("origin").empty()) Cors::expose(response, "*");
        return response;
    }
    const Route& route = *match.route;
    const std::string_view origin = request.header("origin");
    const bool foreign = !origin.empty() && !cors_.is_own(request);

    Result<Caller> caller = caller_of(request, ticket);
    if (!caller) {
        // Nothing of a tenant is in this answer yet: a script may see why its request failed.
        http::Response response = error_answer(caller.error(), request);
        if (foreign) Cors::expose(response, "*");
        return response;
    }
    CallContext context{request, std::move(*caller), ticket.match.params, ticket.client_address};
    if (context.client_address != request.remote_address) context.log["client"] = context.client_address;
    const std::vector<std::string>& allowed = context.caller.allowed_origins;
    const bool is_open = route.info.auth == Auth::kNone;
    if (foreign && !is_open && !domain::origin_allowed(allowed, origin)) {
        http::Response response =
            error_answer({ErrorCode::kOriginNotAllowed, "The tenant does not allow this origin", {}, {}}, request);
        // Nothing of a tenant is in this answer: a developer may see what is missing.
        Cors::expose(response, "*");
        return response;
    }
    http::Response response = answer_route(request, route, context);
    if (foreign) Cors::expose(response, is_open ? "*" : origin);
    return response;
}

http::Response Dispatcher::run_handler(const Route& route, CallContext& context) {
    const http::Request& request = context.request;
    Result<Result<http::Response>> ran = guarded(request, [&]() -> Result<http::Response> {
        if (!route.handle) return fail(ErrorCode::kUpgradeRequired, "This path is a WebSocket");
        return route.handle(context);
    });
    Result<http::Response> result = ran ? std::move(*ran) : std::unexpected(std::move(ran.error()));
    http::Response response = result ? std::move(*result) : to_response(result.error(), request.request_id);
    for (auto& header : context.response_headers) response.headers.push_back(std::move(header));
    if (!result) context.log["error"] = error_row(result.error().code).name;
    return response;
}

http::Response Dispatcher::answer_route(const http::Request& request, const Route& route, CallContext& context) const {
    http::Response response;
    if (hooks_.idempotency != nullptr && Idempotency::wanted(route, context)) {
        const auto run = [&] { return run_handler(route, context); };
        auto kept = guarded(request, [&] { return hooks_.idempotency->answer(route, context, run); });
        Result<http::Response> result = kept ? std::move(*kept) : std::unexpected(std::move(kept.error()));
        response = result ? std::move(*result) : to_response(result.error(), request.request_id);
        if (!result) context.log["error"] = error_row(result.error().code).name;
        if (has_header(response, "Idempotent-Replayed")) context.log["replayed"] = true;
    } else {
        response = run_handler(route, context);
    }
    if (!context.caller.scope.tenant.empty()) {
        context.log["tenant"] = context.caller.scope.tenant.value;
        context.log["environment"] = name_of(context.caller.scope.environment);
    }
    if (!context.caller.key.empty()) context.log["key"] = context.caller.key.value;
    response.log_fields = members_of(context.log);
    return response;
}

http::Response Dispatcher::answer_options(const http::Request& request, const RouteTable::Match& match) const {
    const std::string methods = fmt::format("{}", fmt::join(match.allowed, ", "));
    if (!is_preflight(request)) {
        http::Response response;
        response.status = 204;
        response.headers.emplace_back("Allow", methods);
        return response;
    }
    const std::string_view origin = request.header("origin");
    const RouteTable::Match wanted = routes_.find(request.header("access-control-request-method"), request.path);
    if (wanted.route != nullptr && wanted.route->info.auth == Auth::kNone) return Cors::preflight("*", methods);
    if (cors_.is_own(request) || cors_.allows_preflight(origin)) return Cors::preflight(origin, methods);
    return error_answer({ErrorCode::kOriginNotAllowed, "No tenant allows this origin", {}, {}}, request);
}

Result<Caller> Dispatcher::caller_of(const http::Request& request, Ticket& ticket) const {
    Result<Result<Caller>> asked = guarded(request, [&] { return admission_.caller_of(ticket, request); });
    return asked ? std::move(*asked) : std::unexpected(std::move(asked.error()));
}

std::unique_ptr<http::SocketPeer> Dispatcher::open_socket(http::Request request) {
    auto opened = guarded(request, [&]() -> std::unique_ptr<http::SocketPeer> {
        auto ticket = std::dynamic_pointer_cast<Ticket>(request.carried);
        if (!ticket) ticket = ticket_of(request);
        const Route* route = ticket->match.route;
        if (route == nullptr || !route->open) return nullptr;
        Result<Caller> caller = admission_.caller_of(*ticket, request);
        if (!caller) return nullptr;
        CallContext context{request, std::move(*caller), ticket->match.params, ticket->client_address};
        return route->open(context);
    });
    if (opened && *opened) return std::move(*opened);
    return std::make_unique<RefusingPeer>();
}

http::Response Dispatcher::refusal(const http::Request& head, unsigned status) {
    const auto code = [&] {
        switch (status) {
            case 408: return ErrorCode::kRequestTimeout;
            case 413: return ErrorCode::kPayloadTooLarge;
            case 426: return ErrorCode::kUpgradeRequired;
            case 500: return ErrorCode::kInternalError;
            case 503: return ErrorCode::kOverloaded;
            default: return ErrorCode::kBadRequest;
        }
    }();
    http::Response response = error_answer({code, {}, {}, {}}, head);
    response.status = status;
    const RouteTable::Match match = routes_.find(head.method, head.path);
    if (match.route != nullptr) response.route = match.route->info.path;
    if (!head.header("origin").empty()) Cors::expose(response, "*");
    harden(response);
    return response;
}

}  // namespace facegate::api
