#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/message.h"

namespace facegate::api {

/// So many requests a second on average, and `burst` at once after a pause.
struct RateLimit {
    double per_second = 0;
    double burst = 0;
};

/// `RATE:BURST` (whole numbers, 1 to 1,000,000), or `off`: the outer optional is empty for any other text, the inner
/// one for `off`.
std::optional<std::optional<RateLimit>> parse_rate_limit(std::string_view text);

/// Token buckets, one a visitor (a key's id, a network), kept as the time at which each is full again (GCRA, ITU-T
/// I.371). Remembers a bounded number of visitors; only full buckets are forgotten, so nobody is reset by being
/// forgotten, and visitors there is no room for share one bucket. Thread-safe, sharded.
class RateLimiter {
public:
    /// `name` is the policy's in the headers. Without a limit everything is allowed and nothing is counted.
    RateLimiter(std::string name, std::optional<RateLimit> limit, std::size_t max_visitors = 65'536);

    struct Verdict {
        bool allowed = true;
        std::int64_t remaining = 0;  ///< whole requests left right now
        Milliseconds full_in{0};     ///< until all of `burst` is there again
        Milliseconds retry_in{0};    ///< until one more is allowed; 0 if it is now
    };
    /// Counts a request, unless it is refused.
    Verdict take(std::string_view visitor, TimeMs now);
    /// What `take` would say, without counting.
    Verdict look(std::string_view visitor, TimeMs now);

    [[nodiscard]] bool is_on() const { return limit_.has_value(); }
    /// Remembered visitors, for tests.
    [[nodiscard]] std::size_t visitors();

    /// Adds `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 has them:
    /// `"name";q=BURST;w=SECONDS` (an empty bucket fills within the window) and `"name";r=REMAINING;t=SECONDS`.
    void add_headers(std::vector<std::pair<std::string, std::string>>& headers, const Verdict& verdict) const;

private:
    static constexpr std::size_t kShards = 16;

    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<std::string, double, Hash, std::equal_to<>> full_at;  ///< milliseconds since 1970
        double shared_full_at = 0;                                               ///< of those there was no room for
        double next_sweep = 0;
    };

    Verdict decide(std::string_view visitor, TimeMs now, bool counts);
    double& bucket_of(Shard& shard, std::string_view visitor, double now) const;
    double& remembered(Shard& shard, std::string_view visitor, double& unknown) const;

    std::string name_;
    std::optional<RateLimit> limit_;
    double interval_ms_ = 0;  ///< that one request costs
    double span_ms_ = 0;      ///< from empty to full
    std::size_t max_in_shard_ = 1;
    std::string policy_header_;
    std::array<Shard, kShards> shards_;
};

/// The server's limits: who has a secret key is counted by it; who has a publishable one, or none, by his network; and
/// so is who presents keys that are none.
struct RateLimits {
    RateLimiter keys;
    RateLimiter addresses;
    RateLimiter failures;
};

}  // namespace facegate::api
