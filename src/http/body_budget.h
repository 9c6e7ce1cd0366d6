#pragma once

#include <atomic>
#include <cstddef>

namespace facegate::http {

/// Bytes of request bodies held at one time, over all connections. Thread-safe.
class BodyBudget {
public:
    explicit BodyBudget(std::size_t limit) : left_(limit) {}

    /// What one request holds of it; given back when destroyed. Not thread-safe itself.
    class Share {
    public:
        explicit Share(BodyBudget& budget) : budget_(budget) {}
        ~Share() { budget_.left_ += held_; }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        /// False: that many are not left, and nothing was taken.
        [[nodiscard]] bool take(std::size_t bytes) {
            std::size_t left = budget_.left_.load();
            do {
                if (left < bytes) return false;
            } while (!budget_.left_.compare_exchange_weak(left, left - bytes));
            held_ += bytes;
            return true;
        }

    private:
        BodyBudget& budget_;
        std::size_t held_ = 0;
    };

private:
    std::atomic<std::size_t> left_;
};

}  // namespace facegate::http
