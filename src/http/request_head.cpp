#include "http/request_head.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <iterator>

#include "base/bytes.h"

namespace facegate::http {

namespace {

namespace beast = boost::beast;
using Field = beast::http::field;

std::string text(beast::string_view view) {
    return {view.data(), view.size()};
}

std::string lower(beast::string_view view) {
    std::string out = text(view);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// `http://host/path` → `/path` (RFC 9112, 3.2.2); other targets as they are.
std::string origin_form(std::string target) {
    const std::string start = lower(target.substr(0, 8));
    const std::size_t scheme = start == "https://" ? 8 : (start.starts_with("http://") ? 7 : 0);
    if (scheme == 0) return target;
    const std::size_t path = target.find_first_of("/?", scheme);
    if (path == std::string::npos) return "/";
    return target[path] == '?' ? "/" + target.substr(path) : target.substr(path);
}

}  // namespace

unsigned describe_head(const RequestParser& parser, Request& out) {
    const auto& head = parser.get();
    for (const auto& field : head) out.headers.emplace_back(lower(field.name_string()), text(field.value()));
    out.method = text(head.method_string());
    out.target = origin_form(text(head.target()));
    const std::size_t query = std::min(out.target.find('?'), out.target.size());
    out.path = out.target.substr(0, query);
    if (query < out.target.size()) out.query = out.target.substr(query + 1);

    const auto hosts = head.equal_range(Field::host);
    const auto host_count = std::distance(hosts.first, hosts.second);
    if (host_count > 1 || (host_count == 0 && head.version() >= 11)) return 400;
    if (!out.path.starts_with('/') && out.path != "*") return 400;
    if (head.count(Field::transfer_encoding) > 0) {
        if (head.version() < 11 || head.count(Field::content_length) > 0) return 400;
        if (!parser.chunked()) return 501;
    }
    return 0;
}

bool expects_continue(const RequestParser& parser) {
    const auto& head = parser.get();
    return head.version() >= 11 && beast::iequals(head[Field::expect], "100-continue");
}

std::optional<std::string> websocket_key(const RequestParser& parser) {
    const auto& head = parser.get();
    if (!beast::websocket::is_upgrade(head) || head[Field::sec_websocket_version] != "13") return std::nullopt;
    std::string key = text(head[Field::sec_websocket_key]);
    const auto nonce = from_base64(key);
    if (!nonce || nonce->size() != 16 || !parser.is_done()) return std::nullopt;
    return key;
}

}  // namespace facegate::http
