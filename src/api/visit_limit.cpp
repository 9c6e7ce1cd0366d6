#include "api/visit_limit.h"

#include <arpa/inet.h>

#include "base/bytes.h"

namespace facegate::api {

std::string network_of(const std::string& address) {
    constexpr std::size_t kNetworkBytes = 8;
    in6_addr parsed{};
    // A link-local address comes with its interface: `fe80::1%eth0`.
    if (::inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &parsed) != 1) return address;
    return to_hex(ByteView(parsed.s6_addr).first(kNetworkBytes)) + "/64";
}

}  // namespace facegate::api
