#include "runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace facegate::runtime {
namespace {

/// Keeps every thread of a pool busy until it is opened.
class Blocker {
public:
    Blocker(WorkerPool& pool, int threads) : gate_(std::make_shared<Gate>(threads)) {
        for (int i = 0; i < threads; ++i) {
            // A thread that has not reached its first wait does not count as free yet.
            while (!pool.try_submit([gate = gate_] {
                gate->running.count_down();
                gate->open.wait();
            })) {
                std::this_thread::yield();
            }
        }
        gate_->running.wait();
    }
    ~Blocker() {
        if (!gate_->open.try_wait()) open();
    }
    void open() { gate_->open.count_down(); }

private:
    struct Gate {
        explicit Gate(int threads) : running(threads) {}
        std::latch running;
        std::latch open{1};
    };
    std::shared_ptr<Gate> gate_;
};

TEST(WorkerPool, RunsTasksOnItsThreads) {
    WorkerPool pool(2, 8);
    std::promise<std::thread::id> promise;
    ASSERT_TRUE(pool.try_submit([&] { promise.set_value(std::this_thread::get_id()); }));
    EXPECT_NE(promise.get_future().get(), std::this_thread::get_id());
}

TEST(WorkerPool, RefusesExactlyBeyondTheBound) {
    std::atomic<int> ran = 0;
    WorkerPool pool(2, 3);
    Blocker blocker(pool, 2);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.try_submit([&] { ++ran; }));
    EXPECT_FALSE(pool.try_submit([&] { ran += 100; }));
    blocker.open();
    pool.stop();
    EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, AcceptedWorkGoesPastTheBound) {
    std::atomic<int> ran = 0;
    WorkerPool pool(1, 1);
    Blocker blocker(pool, 1);
    EXPECT_TRUE(pool.try_submit([&] { ++ran; }));
    for (int i = 0; i < 10; ++i) pool.submit_accepted([&] { ++ran; });
    EXPECT_FALSE(pool.try_submit([&] { ran += 100; }));
    blocker.open();
    pool.stop();
    EXPECT_EQ(ran, 11);
}

TEST(WorkerPool, AQueueOfNoneStillFeedsAFreeThread) {
    WorkerPool pool(1, 0);
    std::promise<void> done;
    // The thread may not have reached its wait yet; from then on it must be accepted.
    while (!pool.try_submit([&] { done.set_value(); })) std::this_thread::yield();
    done.get_future().wait();
}

TEST(WorkerPool, StopDrainsAndThenRefuses) {
    std::atomic<int> ran = 0;
    WorkerPool pool(1, 100);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool.try_submit([&] { ++ran; }));
    pool.stop();
    EXPECT_EQ(ran, 100);
    EXPECT_FALSE(pool.try_submit([&] { ++ran; }));
    pool.submit_accepted([&] { ++ran; });
    pool.stop();
    EXPECT_EQ(ran, 100);
}

TEST(WorkerPool, AcceptedWorkSubmittedByARunningTaskWhileStoppingStillRuns) {
    WorkerPool pool(1, 1U << 30U);
    std::latch started(1);
    std::latch go_on(1);
    std::atomic<bool> followed = false;
    ASSERT_TRUE(pool.try_submit([&] {
        started.count_down();
        go_on.wait();
        pool.submit_accepted([&] { followed = true; });
    }));
    started.wait();
    std::thread stopper([&] { pool.stop(); });
    // Once nothing is accepted any more, the pool is stopping.
    while (pool.try_submit([] {})) std::this_thread::yield();
    go_on.count_down();
    stopper.join();
    EXPECT_TRUE(followed);
}

TEST(WorkerPool, SurvivesAThrowingTask) {
    WorkerPool pool(1, 4);
    std::promise<void> done;
    ASSERT_TRUE(pool.try_submit([] { throw std::runtime_error("boom"); }));
    ASSERT_TRUE(pool.try_submit([&] { done.set_value(); }));
    done.get_future().wait();
}

TEST(WorkerPool, ReleasesWhatARefusedTaskHolds) {
    const auto token = std::make_shared<int>(1);
    WorkerPool pool(1, 0);
    Blocker blocker(pool, 1);
    EXPECT_FALSE(pool.try_submit([token] {}));
    EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, ManySubmittersLoseNothing) {
    std::atomic<int> ran = 0;
    std::atomic<int> taken = 0;
    {
        WorkerPool pool(2, 16);
        std::vector<std::jthread> submitters;
        for (int t = 0; t < 4; ++t) {
            submitters.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) {
                    if (pool.try_submit([&] { ++ran; })) ++taken;
                }
            });
        }
    }
    EXPECT_EQ(ran, taken);
    EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace facegate::runtime
