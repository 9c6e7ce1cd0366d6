#include "api/rate_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace facegate::api {

namespace {

constexpr double kMaxRate = 1e6;
constexpr double kSweepEveryMs = 1000;

std::optional<double> rate_number(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > kMaxRate) return {};
    return number;
}

Milliseconds rounded_up(double ms) {
    return Milliseconds(static_cast<std::int64_t>(std::ceil(std::max(ms, 0.0))));
}

std::int64_t seconds(Milliseconds time) {
    return (time.count() + 999) / 1000;
}

}  // namespace

std::optional<std::optional<RateLimit>> parse_rate_limit(std::string_view text) {
    if (text == "off") return std::optional<RateLimit>();
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto rate = rate_number(text.substr(0, colon));
    const auto burst = rate_number(text.substr(colon + 1));
    if (!rate || !burst) return std::nullopt;
    return RateLimit{*rate, *burst};
}

RateLimiter::RateLimiter(std::string name, std::optional<RateLimit> limit, std::size_t max_visitors)
    : name_(std::move(name)), limit_(limit), max_in_shard_(std::max<std::size_t>(max_visitors / kShards, 1)) {
    if (!limit_) return;
    interval_ms_ = 1000 / limit_->per_second;
    span_ms_ = interval_ms_ * limit_->burst;
    policy_header_ =
        fmt::format(R"("{}";q={};w={})", name_, std::llround(limit_->burst), seconds(rounded_up(span_ms_)));
}

RateLimiter::Verdict RateLimiter::take(std::string_view visitor, TimeMs now) {
    return decide(visitor, now, true);
}

RateLimiter::Verdict RateLimiter::look(std::string_view visitor, TimeMs now) {
    return decide(visitor, now, false);
}

RateLimiter::Verdict RateLimiter::decide(std::string_view visitor, TimeMs now, bool counts) {
    if (!limit_) return {};
    const auto now_ms = static_cast<double>(to_unix_ms(now));
    Shard& shard = shards_.at(Hash{}(visitor) % kShards);
    const std::lock_guard lock(shard.mutex);
    double unknown = now_ms;
    double& full_at = counts ? bucket_of(shard, visitor, now_ms) : remembered(shard, visitor, unknown);
    // A clock set back must not lock anybody out for longer than an empty bucket does.
    full_at = std::clamp(full_at, now_ms, now_ms + span_ms_);
    Verdict verdict;
    const double after = full_at + interval_ms_;
    // A thousandth of a request is rounding.
    verdict.allowed = after - now_ms <= span_ms_ + interval_ms_ / 1000;
    if (!verdict.allowed) verdict.retry_in = std::max(rounded_up(after - now_ms - span_ms_), Milliseconds(1));
    if (verdict.allowed && counts) full_at = after;
    verdict.remaining = static_cast<std::int64_t>((span_ms_ - (full_at - now_ms)) / interval_ms_ + 1e-3);
    verdict.full_in = rounded_up(full_at - now_ms);
    return verdict;
}

double& RateLimiter::bucket_of(Shard& shard, std::string_view visitor, double now) const {
    if (const auto known = shard.full_at.find(visitor); known != shard.full_at.end()) return known->second;
    if (shard.full_at.size() >= max_in_shard_ && now >= shard.next_sweep) {
        std::erase_if(shard.full_at, [&](const auto& entry) { return entry.second <= now; });
        shard.next_sweep = now + kSweepEveryMs;
    }
    if (shard.full_at.size() >= max_in_shard_) return shard.shared_full_at;
    return shard.full_at.emplace(std::string(visitor), now).first->second;
}

double& RateLimiter::remembered(Shard& shard, std::string_view visitor, double& unknown) const {
    if (const auto known = shard.full_at.find(visitor); known != shard.full_at.end()) return known->second;
    return shard.full_at.size() >= max_in_shard_ ? shard.shared_full_at : unknown;
}

std::size_t RateLimiter::visitors() {
    std::size_t count = 0;
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.full_at.size();
    }
    return count;
}

void RateLimiter::add_headers(std::vector<std::pair<std::string, std::string>>& headers, const Verdict& verdict) const {
    if (!limit_) return;
    headers.emplace_back("RateLimit-Policy", policy_header_);
    headers.emplace_back("RateLimit",
                         fmt::format(R"("{}";r={};t={})", name_, verdict.remaining, seconds(verdict.full_in)));
}

}  // namespace facegate::api
