#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.h"

namespace facegate::api {

/// Places for open liveness streams. Nobody gets all of them, so that whoever holds streams open keeps no one else out:
/// one tenant, both environments together, at most three quarters; the demo, which asks nobody for a key, and one
/// network at most half. Thread-safe.
class StreamPlaces {
public:
    explicit StreamPlaces(std::size_t places) : places_(std::max<std::size_t>(1, places)) {}

    /// Holds one place until destroyed.
    class Lease {
    public:
        Lease(StreamPlaces& places, TenantId tenant, std::string network)
            : places_(&places), tenant_(std::move(tenant)), network_(std::move(network)) {}
        Lease(Lease&& other) noexcept
            : places_(std::exchange(other.places_, nullptr)),
              tenant_(std::move(other.tenant_)),
              network_(std::move(other.network_)) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(places_, other.places_);
            std::swap(tenant_, other.tenant_);
            std::swap(network_, other.network_);
            return *this;
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (places_ != nullptr) places_->release(tenant_, network_);
        }

    private:
        StreamPlaces* places_;
        TenantId tenant_;
        std::string network_;
    };

    /// Nothing if all places, or all that this tenant or network may have, are taken. `network`: where the stream comes
    /// from; empty for the machine itself, where a proxy speaks for everybody.
    [[nodiscard]] std::optional<Lease> acquire(const Scope& scope, const std::string& network) {
        const std::lock_guard lock(mutex_);
        const bool demo = scope.environment == Environment::kDemo;
        if (taken_ == places_ || count(of_tenant_, scope.tenant) >= share(demo ? 2 : 3)) return std::nullopt;
        if (!network.empty() && count(of_network_, network) >= share(2)) return std::nullopt;
        ++of_tenant_[scope.tenant];
        if (!network.empty()) ++of_network_[network];
        ++taken_;
        return std::optional<Lease>(std::in_place, *this, scope.tenant, network);
    }

private:
    [[nodiscard]] std::size_t share(std::size_t quarters) const {
        return std::max<std::size_t>(1, places_ * quarters / 4);
    }

    template <class Key>
    static std::size_t count(const std::map<Key, std::size_t>& held, const Key& who) {
        const auto found = held.find(who);
        return found == held.end() ? 0 : found->second;
    }
    template <class Key>
    static void give_back(std::map<Key, std::size_t>& held, const Key& who) {
        const auto found = held.find(who);
        if (--found->second == 0) held.erase(found);
    }

    void release(const TenantId& tenant, const std::string& network) {
        const std::lock_guard lock(mutex_);
        give_back(of_tenant_, tenant);
        if (!network.empty()) give_back(of_network_, network);
        --taken_;
    }

    const std::size_t places_;
    std::mutex mutex_;
    std::size_t taken_ = 0;
    std::map<TenantId, std::size_t> of_tenant_;
    std::map<std::string, std::size_t> of_network_;
};

}  // namespace facegate::api
