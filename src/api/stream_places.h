#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/ids.h"

namespace facegate::api {

/// Places for open liveness streams. Nobody gets all of them, so that whoever holds streams open keeps no one else out:
/// one tenant's environment at most three quarters, the demo, which asks nobody for a key, at most half. Thread-safe.
class StreamPlaces {
public:
    explicit StreamPlaces(std::size_t places) : places_(std::max<std::size_t>(1, places)) {}

    /// Holds one place until destroyed.
    class Lease {
    public:
        Lease(StreamPlaces& places, Scope scope) : places_(&places), scope_(std::move(scope)) {}
        Lease(Lease&& other) noexcept
            : places_(std::exchange(other.places_, nullptr)), scope_(std::move(other.scope_)) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(places_, other.places_);
            std::swap(scope_, other.scope_);
            return *this;
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (places_ != nullptr) places_->release(scope_);
        }

    private:
        StreamPlaces* places_;
        Scope scope_;
    };

    /// Nothing if all places, or all that this scope may have, are taken.
    [[nodiscard]] std::optional<Lease> acquire(const Scope& scope) {
        const std::lock_guard lock(mutex_);
        const auto held = held_.find(scope);
        if (taken_ == places_ || (held != held_.end() && held->second >= share_of(scope))) return std::nullopt;
        ++held_[scope];
        ++taken_;
        return std::optional<Lease>(std::in_place, *this, scope);
    }

private:
    [[nodiscard]] std::size_t share_of(const Scope& scope) const {
        const std::size_t quarters = scope.environment == Environment::kDemo ? 2 : 3;
        return std::max<std::size_t>(1, places_ * quarters / 4);
    }

    void release(const Scope& scope) {
        const std::lock_guard lock(mutex_);
        const auto held = held_.find(scope);
        if (--held->second == 0) held_.erase(held);
        --taken_;
    }

    const std::size_t places_;
    std::mutex mutex_;
    std::size_t taken_ = 0;
    std::map<Scope, std::size_t> held_;
};

}  // namespace facegate::api
