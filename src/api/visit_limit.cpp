#include "api/visit_limit.h"

#include "api/trusted_proxies.h"
#include "base/bytes.h"

namespace facegate::api {

std::string network_of(const std::string& address) {
    constexpr std::size_t kNetworkBytes = 8;
    const std::optional<AddressBytes> parsed = parse_address(address);
    if (!parsed) return address;
    std::string text = address_text(*parsed);
    if (text.find(':') == std::string::npos) return text;
    return to_hex(ByteView(*parsed).first(kNetworkBytes)) + "/64";
}

}  // namespace facegate::api
