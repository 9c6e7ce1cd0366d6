#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace facegate::http {

/// Whose connections an address counts among: its own, or of IPv6 its /64 network, which one machine can have all of.
/// Empty for loopback and for no address (the peer is gone already). Other text stands for itself.
std::string host_of(const std::string& address);

/// How many connections each remote host has. One host may have an eighth of all, at least 16; loopback, where a proxy
/// on this machine speaks for everybody, any number. Not thread-safe.
class HostLimit {
public:
    explicit HostLimit(std::size_t max_connections) : per_host_(std::max<std::size_t>(max_connections / 8, 16)) {}

    /// False: that host has as many as it may; it is not counted then.
    [[nodiscard]] bool enter(const std::string& address);
    /// For every enter() that was true, once.
    void leave(const std::string& address);
    /// Hosts with connections; loopback is not counted.
    [[nodiscard]] std::size_t hosts() const { return counts_.size(); }

private:
    const std::size_t per_host_;
    std::unordered_map<std::string, std::size_t> counts_;  ///< by host; never 0
};

}  // namespace facegate::http
