#include "api/cors.h"

#include <algorithm>
#include <array>

namespace facegate::api {

namespace {

constexpr std::string_view kRequestHeaders =
    "authorization, content-type, x-api-key, x-device-fingerprint, x-device-id, x-request-id, idempotency-key, "
    "if-none-match, dpop";
constexpr std::string_view kExposedHeaders = "x-request-id, RateLimit, RateLimit-Policy, Retry-After";
constexpr std::string_view kMaxAgeSeconds = "600";

void allow_origin(http::Response& response, std::string_view origin) {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    if (origin != "*") response.headers.emplace_back("Vary", "Origin");
}

/// `localhost`, `127.0.0.1` or `[::1]`, with or without a port.
bool is_loopback(std::string_view authority) {
    constexpr std::array<std::string_view, 3> kNames = {"localhost", "127.0.0.1", "[::1]"};
    return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
        return authority == name || (authority.starts_with(name) && authority.substr(name.size()).starts_with(':'));
    });
}

}  // namespace

bool is_preflight(const http::Request& request) {
    return request.method == "OPTIONS" && !request.header("origin").empty() &&
           !request.header("access-control-request-method").empty();
}

bool Cors::is_own(const http::Request& request) const {
    const std::string_view origin = request.header("origin");
    if (origin == policy_.own) return true;
    // Whoever opens the page as 127.0.0.1 instead of localhost still talks to this server. Other names in Host prove
    // nothing (DNS rebinding).
    const std::string_view host = request.header("host");
    if (!is_loopback(host)) return false;
    const std::string_view scheme = request.secure ? "https://" : "http://";
    return origin.starts_with(scheme) && origin.substr(scheme.size()) == host;
}

bool Cors::allows_preflight(std::string_view origin) const {
    return policy_.known && policy_.known(origin);
}

http::Response Cors::preflight(std::string_view origin, std::string_view methods) {
    http::Response response;
    response.status = 204;
    allow_origin(response, origin);
    response.headers.emplace_back("Access-Control-Allow-Methods", methods);
    response.headers.emplace_back("Access-Control-Allow-Headers", kRequestHeaders);
    response.headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
    return response;
}

void Cors::expose(http::Response& response, std::string_view origin) {
    allow_origin(response, origin);
    response.headers.emplace_back("Access-Control-Expose-Headers", kExposedHeaders);
}

}  // namespace facegate::api
