#include "api/trusted_proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace facegate::api {

namespace {

constexpr std::size_t kMaxAddressText = 64;
constexpr unsigned kMappedBits = 96;
constexpr AddressBytes kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const AddressBytes& address) {
    return std::equal(address.begin(), address.begin() + 12, kMappedPrefix.begin());
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Takes a port away, and the brackets of an IPv6 address.
std::optional<std::string_view> without_port(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && (!rest.starts_with(':') || !is_number(rest.substr(1)))) return std::nullopt;
        return text.substr(1, end - 1);
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) return text;
    return is_number(text.substr(colon + 1)) ? std::optional(text.substr(0, colon)) : std::nullopt;
}

/// The last element of the list, which is cut off it.
std::string_view take_last(std::string_view& list) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    return trimmed(last);
}

/// All of the header's lines as one list (RFC 9110, 5.3).
std::string joined(const http::Request& request, std::string_view name) {
    std::string all;
    for (const auto& [key, value] : request.headers) {
        if (key != name) continue;
        if (!all.empty()) all += ',';
        all += value;
    }
    return all;
}

}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
    const std::optional<std::string_view> bare = without_port(text);
    if (!bare || bare->empty() || bare->size() > kMaxAddressText) return std::nullopt;
    const std::string host(bare->substr(0, bare->find('%')));  // without the interface
    AddressBytes address{};
    if (::inet_pton(AF_INET6, host.c_str(), address.data()) == 1) return address;
    address = kMappedPrefix;
    if (::inet_pton(AF_INET, host.c_str(), address.data() + 12) == 1) return address;
    return std::nullopt;
}

std::string address_text(const AddressBytes& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool v4 = is_mapped(address);
    const void* bytes = v4 ? address.data() + 12 : address.data();
    ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text.data(), static_cast<socklen_t>(text.size()));
    return text.data();
}

std::optional<TrustedProxies> TrustedProxies::parse(std::string_view list) {
    TrustedProxies proxies;
    while (!list.empty()) {
        const std::string_view entry = take_last(list);
        const std::size_t slash = entry.find('/');
        const std::string_view host = entry.substr(0, slash);
        const std::optional<AddressBytes> address = parse_address(host);
        // A port says nothing about a network; most likely it is a mistake.
        if (!address || without_port(host) != host) return std::nullopt;
        Network network{*address, 128};
        if (slash != std::string_view::npos) {
            const std::string_view bits = entry.substr(slash + 1);
            const bool v4 = host.find(':') == std::string_view::npos;
            const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
            if (error != std::errc{} || end != bits.data() + bits.size()) return std::nullopt;
            if (network.bits > (v4 ? 32U : 128U)) return std::nullopt;
            if (v4) network.bits += kMappedBits;
        }
        proxies.networks_.push_back(network);
    }
    return proxies;
}

bool TrustedProxies::trusts(const AddressBytes& address) const {
    return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
        for (unsigned bit = 0; bit < network.bits; bit += 8) {
            const unsigned wanted = std::min(network.bits - bit, 8U);
            const auto mask = static_cast<std::uint8_t>(0xff00U >> wanted);
            if (((address.at(bit / 8) ^ network.address.at(bit / 8)) & mask) != 0) return false;
        }
        return true;
    });
}

std::string TrustedProxies::client_address(const http::Request& request) const {
    std::optional<AddressBytes> seen = parse_address(request.remote_address);
    if (!seen) return request.remote_address;
    if (networks_.empty() || !trusts(*seen)) return address_text(*seen);
    const std::string forwarded = joined(request, "x-forwarded-for");
    std::string_view left = forwarded;
    while (!left.empty()) {
        const std::optional<AddressBytes> address = parse_address(take_last(left));
        if (!address) break;
        seen = address;
        if (!trusts(*address)) break;
    }
    return address_text(*seen);
}

bool TrustedProxies::is_secure(const http::Request& request) const {
    if (request.secure || networks_.empty()) return request.secure;
    const std::optional<AddressBytes> peer = parse_address(request.remote_address);
    if (!peer || !trusts(*peer)) return false;
    const std::string forwarded = joined(request, "x-forwarded-proto");
    std::string_view left = forwarded;
    return take_last(left) == "https";
}

}  // namespace facegate::api
