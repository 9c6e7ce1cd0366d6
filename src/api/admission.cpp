#include "api/admission.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "api/visit_limit.h"

namespace facegate::api {

namespace {

/// The token of `Bearer <token>`; empty if the header is something else.
std::string_view bearer_token(std::string_view header) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string_view scheme = header.substr(0, kScheme.size());
    const bool is_bearer =
        std::equal(scheme.begin(), scheme.end(), kScheme.begin(), kScheme.end(),
                   [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
    if (!is_bearer) return {};
    header.remove_prefix(kScheme.size());
    header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
    return header.find(' ') == std::string_view::npos ? header : std::string_view{};
}

Error too_many(const RateLimiter::Verdict& verdict) {
    Error error{ErrorCode::kRateLimited, {}, {}, {}};
    error.details["retry_after_seconds"] = std::ceil(static_cast<double>(verdict.retry_in.count()) / 1000);
    return error;
}

bool takes_key(const RouteInfo& info) {
    return info.auth == Auth::kApiKey || info.auth == Auth::kSecretKey;
}

}  // namespace

Result<std::string_view> presented_key(const http::Request& request) {
    std::string_view key;
    for (const auto& [name, value] : request.headers) {
        if (name != "authorization" && name != "x-api-key") continue;
        const std::string_view sent = name == "authorization" ? bearer_token(value) : std::string_view(value);
        if (sent.empty()) return fail(ErrorCode::kUnauthorized, "The API key header is malformed");
        if (!key.empty() && key != sent)
            return fail(ErrorCode::kUnauthorized, "The request carries two different API keys");
        key = sent;
    }
    if (key.empty()) return fail(ErrorCode::kUnauthorized, "An API key is required");
    return key;
}

std::optional<Error> Admission::enter(Ticket& ticket, const http::Request& head) const {
    const RouteInfo& info = ticket.match.route->info;
    if (takes_key(info)) return enter_with_key(ticket, head);
    if (info.auth == Auth::kDemo && hooks_.demo_caller && hooks_.limits != nullptr) {
        return count(ticket, hooks_.limits->addresses, network_of(ticket.client_address));
    }
    return std::nullopt;
}

std::optional<Error> Admission::enter_with_key(Ticket& ticket, const http::Request& head) const {
    const Result<std::string_view> key = presented_key(head);
    const KnownKey known = key && hooks_.known_key ? hooks_.known_key(*key) : KnownKey{};
    if (known.caller) {
        ticket.caller = known.caller;
        return count_caller(ticket, *known.caller);
    }
    // Whoever has a good key keeps working beside somebody at the same address who guesses.
    if (hooks_.limits != nullptr && !known.was_valid) {
        RateLimiter& failures = hooks_.limits->failures;
        const RateLimiter::Verdict verdict = failures.look(network_of(ticket.client_address), hooks_.clock->now());
        if (!verdict.allowed) {
            failures.add_headers(ticket.headers, verdict);
            return too_many(verdict);
        }
    }
    if (key) return std::nullopt;
    count_failure(ticket);
    return key.error();
}

Result<Caller> Admission::caller_of(Ticket& ticket, const http::Request& request) const {
    switch (ticket.match.route->info.auth) {
        case Auth::kNone: return Caller{};
        case Auth::kDemo:
            if (!hooks_.demo_caller) return fail(ErrorCode::kNotFound, "There is no such path");
            return hooks_.demo_caller();
        case Auth::kApiKey:
        case Auth::kSecretKey: break;
    }
    if (!ticket.caller) {
        const Result<std::string_view> key = presented_key(request);
        if (!key) return std::unexpected(key.error());
        Result<Caller> found = hooks_.authenticate(*key);
        if (!found) {
            count_failure(ticket);
            return found;
        }
        ticket.caller = std::make_shared<const Caller>(std::move(*found));
    }
    if (const std::optional<Error> refused = count_caller(ticket, *ticket.caller)) return std::unexpected(*refused);
    const RouteInfo& info = ticket.match.route->info;
    const bool opened = info.self_enrollment && ticket.caller->publishable_enroll;
    if (ticket.caller->publishable && info.auth == Auth::kSecretKey && !opened) {
        return fail(ErrorCode::kSecretKeyRequired, "This needs a secret key");
    }
    return *ticket.caller;
}

std::optional<Error> Admission::count_caller(Ticket& ticket, const Caller& caller) const {
    if (hooks_.limits == nullptr || ticket.counted) return std::nullopt;
    if (caller.publishable) return count(ticket, hooks_.limits->addresses, network_of(ticket.client_address));
    return count(ticket, hooks_.limits->keys, caller.key.value);
}

std::optional<Error> Admission::count(Ticket& ticket, RateLimiter& limiter, std::string_view visitor) const {
    const RateLimiter::Verdict verdict = limiter.take(visitor, hooks_.clock->now());
    ticket.counted = true;
    limiter.add_headers(ticket.headers, verdict);
    if (verdict.allowed) return std::nullopt;
    return too_many(verdict);
}

void Admission::count_failure(const Ticket& ticket) const {
    if (hooks_.limits == nullptr) return;
    static_cast<void>(hooks_.limits->failures.take(network_of(ticket.client_address), hooks_.clock->now()));
}

}  // namespace facegate::api
