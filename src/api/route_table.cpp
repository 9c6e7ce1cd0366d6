#include "api/route_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "http/uri.h"

namespace facegate::api {

namespace {

using Params = std::map<std::string, std::string>;

constexpr std::size_t kMaxSegments = 32;

bool is_param(std::string_view segment) {
    return segment.starts_with(':');
}
bool is_rest(std::string_view segment) {
    return segment.starts_with('*');
}

/// "/a/b" -> {"a", "b"}, still encoded. Nothing if it does not begin with a slash or has too many parts.
std::optional<std::vector<std::string>> split(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::size_t end = std::min(path.find('/'), path.size());
        if (segments.size() == kMaxSegments) return std::nullopt;
        segments.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

/// Ids and file names are printable ASCII; anything else names nothing.
bool is_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

std::optional<std::vector<std::string>> decoded_segments(std::string_view path) {
    std::optional<std::vector<std::string>> segments = split(path);
    if (!segments) return std::nullopt;
    for (std::string& segment : *segments) {
        std::optional<std::string> decoded = http::percent_decode(segment);
        if (!decoded) return std::nullopt;
        segment = std::move(*decoded);
    }
    return segments;
}

std::optional<Params> match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    const bool rest = !pattern.empty() && is_rest(pattern.back());
    if (rest ? path.size() < pattern.size() : path.size() != pattern.size()) return std::nullopt;
    Params params;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_rest(pattern[i])) {
            std::string tail = path[i];
            for (std::size_t k = i + 1; k < path.size(); ++k) tail += "/" + path[k];
            if (!is_plain(tail)) return std::nullopt;
            params[pattern[i].substr(1)] = std::move(tail);
        } else if (is_param(pattern[i])) {
            if (!is_plain(path[i])) return std::nullopt;
            params[pattern[i].substr(1)] = path[i];
        } else if (pattern[i] != path[i]) {
            return std::nullopt;
        }
    }
    return params;
}

}  // namespace

void RouteTable::add_raw(RouteInfo info, RawHandler handler, const ObjectSchema* answer) {
    Route route;
    route.info = std::move(info);
    route.response = answer;
    route.handle = std::move(handler);
    insert(std::move(route));
}

void RouteTable::add_socket(RouteInfo info, SocketHandler handler) {
    Route route;
    route.info = std::move(info);
    route.info.method = "GET";
    route.open = std::move(handler);
    insert(std::move(route));
}

void RouteTable::insert(Route route) {
    std::optional<std::vector<std::string>> segments = split(route.info.path);
    if (!segments) throw std::logic_error(fmt::format("route with a bad path: {}", route.info.path));
    for (const Route& other : routes_) {
        if (other.info.method == route.info.method && other.info.path == route.info.path) {
            throw std::logic_error(fmt::format("route declared twice: {} {}", route.info.method, route.info.path));
        }
    }
    route.segments = std::move(*segments);
    routes_.push_back(std::move(route));
}

RouteTable::Match RouteTable::find(std::string_view method, std::string_view path) const {
    Match best;
    const std::optional<std::vector<std::string>> segments = decoded_segments(path);
    if (!segments) return best;
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const Route& route : routes_) {
        std::optional<Params> params = match(route.segments, *segments);
        if (!params) continue;
        best.allowed.push_back(route.info.method);
        if (route.info.method != wanted) continue;
        const bool takes_rest = is_rest(route.segments.back());
        const bool better = best.route == nullptr || is_rest(best.route->segments.back()) > takes_rest ||
                            (is_rest(best.route->segments.back()) == takes_rest && params->size() < best.params.size());
        if (!better) continue;
        best.route = &route;
        best.params = std::move(*params);
    }
    if (best.allowed.empty()) return best;
    std::sort(best.allowed.begin(), best.allowed.end());
    best.allowed.erase(std::unique(best.allowed.begin(), best.allowed.end()), best.allowed.end());
    if (std::binary_search(best.allowed.begin(), best.allowed.end(), "GET")) best.allowed.emplace_back("HEAD");
    best.allowed.emplace_back("OPTIONS");
    return best;
}

}  // namespace facegate::api
