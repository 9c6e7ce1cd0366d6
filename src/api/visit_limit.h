#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace facegate::api {

/// Whom an address stands for: itself, or of IPv6 its /64, which one household or machine has all of. What is no
/// address stands for itself.
std::string network_of(const std::string& address);

/// At most so many visits of one visitor within a window of time. Remembers a bounded number of visitors; when it is
/// full and nobody's window has passed, strangers are refused. Thread-safe.
class VisitLimit {
public:
    VisitLimit(std::size_t visits, Milliseconds window, std::size_t max_visitors = 10'000)
        : visits_(visits), window_(window), max_visitors_(max_visitors) {}

    /// Counts a visit: zero. If it would be one too many, nothing is counted and the time is returned after which the
    /// next one may come.
    Milliseconds try_visit(const std::string& visitor, TimeMs now) { return look(visitor, now, true); }
    /// What try_visit() would answer, without counting.
    Milliseconds wait_of(const std::string& visitor, TimeMs now) { return look(visitor, now, false); }

private:
    Milliseconds look(const std::string& visitor, TimeMs now, bool count) {
        const std::lock_guard lock(mutex_);
        if (!count && !seen_.contains(visitor)) return Milliseconds(0);
        if (seen_.size() >= max_visitors_ && !seen_.contains(visitor)) {
            std::erase_if(seen_, [&](const auto& entry) { return entry.second.back() + window_ <= now; });
            if (seen_.size() >= max_visitors_) return window_;
        }
        std::deque<TimeMs>& times = seen_[visitor];
        while (!times.empty() && times.front() + window_ <= now) times.pop_front();
        if (times.size() >= visits_) return times.front() + window_ - now;
        if (count) times.push_back(now);
        return Milliseconds(0);
    }

    std::size_t visits_;
    Milliseconds window_;
    std::size_t max_visitors_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::deque<TimeMs>> seen_;
};

}  // namespace facegate::api
