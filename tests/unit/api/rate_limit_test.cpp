#include "api/rate_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace facegate::api {
namespace {

constexpr RateLimit kTenASecond{10, 40};

class RateLimiterTest : public testing::Test {
protected:
    void advance(std::int64_t ms) { now_ += Milliseconds(ms); }
    /// How many of `asked` requests at once are let through.
    int allowed(RateLimiter& limiter, std::string_view visitor, int asked) const {
        int count = 0;
        for (int i = 0; i < asked; ++i) count += limiter.take(visitor, now_).allowed ? 1 : 0;
        return count;
    }

    TimeMs now_ = from_unix_ms(1'780'000'000'000);
};

TEST(RateLimitSetting, IsARateAndABurstOrOff) {
    const auto limit = parse_rate_limit("200:400");
    ASSERT_TRUE(limit && *limit);
    EXPECT_EQ((*limit)->per_second, 200);
    EXPECT_EQ((*limit)->burst, 400);
    const auto off = parse_rate_limit("off");
    ASSERT_TRUE(off);
    EXPECT_FALSE(*off);
    for (const char* bad : {"", "200", ":", "200:", ":400", "0:1", "1:0", "-1:5", "1.5:3", "1:2:3", " 1:2", "1:2 ",
                            "OFF", "1000001:1", "99999999999:1"}) {
        EXPECT_FALSE(parse_rate_limit(bad)) << bad;
    }
}

TEST_F(RateLimiterTest, LetsABurstThroughThenTheRate) {
    RateLimiter limiter("address", kTenASecond);
    EXPECT_EQ(allowed(limiter, "a", 100), 40);
    advance(99);
    EXPECT_EQ(allowed(limiter, "a", 10), 0);
    advance(1);
    EXPECT_EQ(allowed(limiter, "a", 10), 1);
    advance(1000);
    EXPECT_EQ(allowed(limiter, "a", 100), 10);
    advance(3'600'000);
    EXPECT_EQ(allowed(limiter, "a", 100), 40) << "no more than the burst is ever saved";
}

TEST_F(RateLimiterTest, SaysWhatIsLeftAndWhenToComeBack) {
    RateLimiter limiter("key", RateLimit{10, 40});
    const RateLimiter::Verdict first = limiter.take("a", now_);
    EXPECT_TRUE(first.allowed);
    EXPECT_EQ(first.remaining, 39);
    EXPECT_EQ(first.full_in, Milliseconds(100));
    EXPECT_EQ(limiter.look("a", now_).remaining, 39);
    EXPECT_EQ(limiter.look("b", now_).remaining, 40);
    allowed(limiter, "a", 39);
    const RateLimiter::Verdict refused = limiter.take("a", now_);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_EQ(refused.retry_in, Milliseconds(100));
    advance(refused.retry_in.count());
    EXPECT_TRUE(limiter.look("a", now_).allowed);

    std::vector<std::pair<std::string, std::string>> headers;
    limiter.add_headers(headers, refused);
    using Header = std::pair<std::string, std::string>;
    EXPECT_EQ(headers,
              (std::vector<Header>{{"RateLimit-Policy", R"("key";q=40;w=4)"}, {"RateLimit", R"("key";r=0;t=4)"}}));
}

TEST_F(RateLimiterTest, LookingCostsNothing) {
    RateLimiter limiter("key", kTenASecond);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.look("a", now_).allowed);
    EXPECT_EQ(limiter.visitors(), 0U);
    EXPECT_EQ(allowed(limiter, "a", 100), 40);
    EXPECT_FALSE(limiter.look("a", now_).allowed);
}

TEST_F(RateLimiterTest, VisitorsDoNotTouchOneAnother) {
    RateLimiter limiter("key", kTenASecond);
    EXPECT_EQ(allowed(limiter, "a", 100), 40);
    EXPECT_EQ(allowed(limiter, "b", 100), 40);
}

TEST_F(RateLimiterTest, OffAllowsEverythingAndSaysNothing) {
    RateLimiter limiter("key", std::nullopt);
    EXPECT_EQ(allowed(limiter, "a", 10'000), 10'000);
    EXPECT_EQ(limiter.visitors(), 0U);
    std::vector<std::pair<std::string, std::string>> headers;
    limiter.add_headers(headers, limiter.look("a", now_));
    EXPECT_TRUE(headers.empty());
}

TEST_F(RateLimiterTest, AFloodOfStrangersResetsNobodyAndTakesBoundedMemory) {
    constexpr std::size_t kMax = 1600;
    RateLimiter limiter("address", kTenASecond, kMax);
    EXPECT_EQ(allowed(limiter, "attacker", 100), 40);
    int strangers = 0;
    for (int i = 0; i < 50'000; ++i) {
        strangers += limiter.take("stranger " + std::to_string(i), now_).allowed ? 1 : 0;
        ASSERT_LE(limiter.visitors(), kMax);
    }
    EXPECT_EQ(allowed(limiter, "attacker", 1), 0) << "still known, and still empty";
    int looked = 0;
    for (int i = 0; i < 100; ++i) looked += limiter.look("late " + std::to_string(i), now_).allowed ? 1 : 0;
    EXPECT_EQ(looked, 0) << "who only looks hears of the shared bucket too";
    // Those there was no room for share a bucket a shard.
    EXPECT_LE(strangers, static_cast<int>(kMax) + 16 * 40);
    // When the buckets are full again they are forgotten, and there is room.
    advance(10'000);
    EXPECT_EQ(allowed(limiter, "newcomer", 100), 40);
    EXPECT_LT(limiter.visitors(), kMax);
}

TEST_F(RateLimiterTest, AClockSetBackLocksNobodyOutForLong) {
    RateLimiter limiter("key", kTenASecond);
    EXPECT_EQ(allowed(limiter, "a", 100), 40);
    advance(-3'600'000);
    EXPECT_EQ(allowed(limiter, "a", 1), 0);
    advance(4000);
    EXPECT_EQ(allowed(limiter, "a", 100), 40);
}

TEST_F(RateLimiterTest, ManyThreadsGetExactlyTheBurst) {
    RateLimiter limiter("key", RateLimit{1, 1000});
    std::atomic<int> count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) threads.emplace_back([&] { count += allowed(limiter, "a", 500); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(count, 1000);
}

}  // namespace
}  // namespace facegate::api
