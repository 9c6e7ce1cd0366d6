#include "runtime/limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace facegate::runtime {
namespace {

TEST(Limiter, RefusesAtOnceWhenPlacesAndQueueAreTaken) {
    Limiter limiter(2, 0);
    auto first = limiter.acquire();
    auto second = limiter.acquire();
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(limiter.acquire().has_value());
    first.reset();
    EXPECT_TRUE(limiter.acquire().has_value());
}

TEST(Limiter, AWaiterGoesOnWhenAPlaceIsGivenBack) {
    Limiter limiter(1, 1);
    auto held = limiter.acquire();
    std::atomic<bool> through = false;
    std::thread waiter([&] { through = limiter.acquire().has_value(); });
    held.reset();
    waiter.join();
    EXPECT_TRUE(through);
}

TEST(Limiter, NeverLetsMoreThroughThanItHasPlaces) {
    Limiter limiter(3, 100);
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    std::atomic<int> served = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                const auto lease = limiter.acquire();
                if (!lease) continue;
                const int now = ++inside;
                int seen = most.load();
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                ++served;
                --inside;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_LE(most.load(), 3);
    EXPECT_EQ(served.load(), 16 * 200);
}

}  // namespace
}  // namespace facegate::runtime
