#include "http/host_limit.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace facegate::http {

namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kNetworkBytes = 8;

}  // namespace

std::string host_of(const std::string& address) {
    boost::system::error_code error;
    ip::address parsed = ip::make_address(address, error);
    if (error) return address;
    if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) parsed = ip::make_address_v4(ip::v4_mapped, parsed.to_v6());
    if (parsed.is_loopback()) return {};
    if (parsed.is_v4()) return parsed.to_string();
    ip::address_v6::bytes_type bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + kNetworkBytes, bytes.end(), static_cast<unsigned char>(0));
    return ip::address_v6(bytes).to_string() + "/64";
}

bool HostLimit::enter(const std::string& address) {
    const std::string host = host_of(address);
    if (host.empty()) return true;
    const auto place = counts_.try_emplace(host, 0).first;
    if (place->second >= per_host_) return false;
    ++place->second;
    return true;
}

void HostLimit::leave(const std::string& address) {
    const auto found = counts_.find(host_of(address));
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace facegate::http
