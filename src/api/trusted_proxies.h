#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace facegate::api {

/// An IP address as 16 bytes; IPv4 as its mapped form (RFC 4291, 2.5.5.2), so that both notations are one address.
using AddressBytes = std::array<std::uint8_t, 16>;

/// `203.0.113.7`, `2001:db8::1`, `fe80::1%eth0`, `::ffff:203.0.113.7`; with a port also `203.0.113.7:80` and
/// `[2001:db8::1]:443`, as some proxies write it. Nothing for any other text.
std::optional<AddressBytes> parse_address(std::string_view text);
/// The shortest usual form; mapped ones as IPv4.
std::string address_text(const AddressBytes& address);

/// The networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Immutable; thread-safe.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// Comma-separated addresses and networks: `10.0.0.0/8, ::1`. Nothing if one of them is none.
    static std::optional<TrustedProxies> parse(std::string_view list);

    /// Where a request came from: the socket's address; from a trusted proxy, the right-most forwarded address that is
    /// not itself trusted. What stands left of it, or left of something that is no address, is the sender's invention.
    [[nodiscard]] std::string client_address(const http::Request& request) const;
    /// Whether the client's side of it was TLS: our own, or what a trusted proxy says.
    [[nodiscard]] bool is_secure(const http::Request& request) const;

private:
    struct Network {
        AddressBytes address{};
        unsigned bits = 128;
    };
    [[nodiscard]] bool trusts(const AddressBytes& address) const;

    std::vector<Network> networks_;
};

}  // namespace facegate::api
