#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace facegate::runtime {

/// Lets at most `running` callers through at a time and at most `waiting` more queue up (each blocks its thread), first
/// come, first served; anyone beyond is refused at once, so a burst can neither grow a queue nor take every worker.
/// Thread-safe.
class Limiter {
public:
    /// Holds one place until destroyed.
    class Lease {
    public:
        explicit Lease(Limiter& limiter) : limiter_(&limiter) {}
        Lease(Lease&& other) noexcept : limiter_(other.limiter_) { other.limiter_ = nullptr; }
        Lease& operator=(Lease&& other) noexcept {
            std::swap(limiter_, other.limiter_);
            return *this;
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (limiter_ != nullptr) limiter_->release();
        }

    private:
        Limiter* limiter_;
    };

    Limiter(std::size_t running, std::size_t waiting) : free_(running), may_wait_(waiting) {}

    /// Nothing if all places are taken and the queue is full.
    [[nodiscard]] std::optional<Lease> acquire() {
        std::unique_lock lock(mutex_);
        if (free_ == 0 || next_ != last_) {
            if (waiting_ >= may_wait_) return std::nullopt;
            ++waiting_;
            wait_turn(lock);
            --waiting_;
        } else {
            --free_;
        }
        return std::optional<Lease>(std::in_place, *this);
    }

    /// Waits as long as it takes: for work that was accepted before and is bounded elsewhere.
    [[nodiscard]] Lease wait() {
        std::unique_lock lock(mutex_);
        wait_turn(lock);
        return Lease(*this);
    }

    /// How many may queue up.
    [[nodiscard]] std::size_t may_wait() const { return may_wait_; }

private:
    void wait_turn(std::unique_lock<std::mutex>& lock) {
        const std::uint64_t ticket = last_++;
        freed_.wait(lock, [&] { return free_ > 0 && next_ == ticket; });
        --free_;
        ++next_;
        if (free_ > 0 && next_ != last_) freed_.notify_all();
    }

    void release() {
        {
            const std::lock_guard lock(mutex_);
            ++free_;
        }
        freed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t free_;
    std::size_t may_wait_;
    std::size_t waiting_ = 0;
    std::uint64_t next_ = 0;  // ticket to be served
    std::uint64_t last_ = 0;  // ticket to be drawn
};

}  // namespace facegate::runtime
