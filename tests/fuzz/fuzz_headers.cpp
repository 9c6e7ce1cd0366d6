// rooms: http crypto sql
// sources: api/admission.cpp api/rate_limit.cpp api/trusted_proxies.cpp api/visit_limit.cpp
// sources: domain/secret_token.cpp domain/keys/api_key.cpp domain/tenants/tenant.cpp domain/vault/vault.cpp
// What stands in the headers of a request, and in the settings that say what to make of them.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/admission.h"
#include "api/rate_limit.h"
#include "api/trusted_proxies.h"
#include "api/visit_limit.h"
#include "domain/keys/api_key.h"
#include "domain/tenants/tenant.h"

namespace {

using namespace facegate;

/// The input up to the next line break, which is cut off it.
std::string_view take_line(std::string_view& input) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return line;
}

/// An address that comes out is one that goes in again as the same.
void check_address(std::string_view text) {
    const auto address = api::parse_address(text);
    if (!address) return;
    if (api::parse_address(api::address_text(*address)) != address) std::abort();
}

void check_forwarded(std::string_view trusted, std::string_view socket, std::string_view forwarded) {
    const auto proxies = api::TrustedProxies::parse(trusted);
    if (!proxies) return;
    http::Request request;
    request.remote_address = socket;
    request.headers = {{"x-forwarded-for", std::string(forwarded)}, {"x-forwarded-proto", std::string(forwarded)}};
    const std::string client = proxies->client_address(request);
    static_cast<void>(proxies->is_secure(request));
    // Whatever a client writes: what comes out is the socket's address or some address, never other text.
    if (client != request.remote_address && !api::parse_address(client)) std::abort();
    if (trusted.empty() && api::parse_address(client) != api::parse_address(socket)) std::abort();
    api::network_of(client);
}

void check_key(std::string_view first, std::string_view second) {
    http::Request request;
    request.headers = {{"authorization", std::string(first)}, {"x-api-key", std::string(second)}};
    const auto key = api::presented_key(request);
    if (key && *key != second) std::abort();
    request.headers.pop_back();
    if (const auto alone = api::presented_key(request)) domain::parse_key(*alone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string_view trusted = take_line(input);
    const std::string_view socket = take_line(input);
    const std::string_view forwarded = take_line(input);
    const std::string_view key = take_line(input);
    const std::string_view origin = take_line(input);
    check_address(socket);
    check_forwarded(trusted, socket, forwarded);
    check_forwarded("", socket, forwarded);
    check_key(key, origin);
    domain::is_origin(origin);
    domain::split_origins(input);
    api::parse_rate_limit(key);
    return 0;
}
