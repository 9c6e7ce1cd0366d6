#include "runtime/worker_pool.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"

namespace facegate::runtime {

struct WorkerPool::State {
    explicit State(std::size_t bound) : max_queued(bound) {}

    std::mutex mutex;
    std::condition_variable work_or_stop;
    std::deque<std::function<void()>> queue;
    const std::size_t max_queued;
    std::size_t idle = 0;     ///< threads waiting for work
    std::size_t running = 0;  ///< threads that will still look into the queue
    bool waking = false;      ///< a waiting thread was called and has not come yet
    bool stopping = false;

    std::mutex join_mutex;
    std::vector<std::thread> threads;

    /// Calls one thread at a time, which calls the next if there is more to do: a burst of tasks costs as many
    /// switches between threads as it needs threads, not one for each task.
    void wake_one();
    void work();
};

namespace {

void run_guarded(const std::function<void()>& task) {
    try {
        task();
    } catch (const std::exception& error) {
        spdlog::error(R"("event":"task_failed","error":{})", log::json_string(error.what()));
    } catch (...) {
        spdlog::error(R"("event":"task_failed")");
    }
}

}  // namespace

void WorkerPool::State::wake_one() {
    if (waking || idle == 0) return;
    waking = true;
    work_or_stop.notify_one();
}

void WorkerPool::State::work() {
    std::unique_lock lock(mutex);
    for (;;) {
        ++idle;
        while (!stopping && queue.empty()) {
            work_or_stop.wait(lock);
            waking = false;
        }
        --idle;
        if (queue.empty()) {
            --running;
            return;
        }
        std::function<void()> task = std::move(queue.front());
        queue.pop_front();
        if (!queue.empty()) wake_one();
        lock.unlock();
        run_guarded(task);
        // What the task holds is released before the lock is taken: its destructors may submit.
        task = nullptr;
        lock.lock();
    }
}

WorkerPool::WorkerPool(std::size_t threads, std::size_t max_queued) : state_(std::make_unique<State>(max_queued)) {
    const std::size_t count = threads == 0 ? 1 : threads;
    state_->running = count;
    state_->threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i) state_->threads.emplace_back([state = state_.get()] { state->work(); });
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::try_submit(std::function<void()> task) {
    {
        const std::lock_guard lock(state_->mutex);
        // A waiting thread takes one task at once, so that many may be in the queue on top of the bound.
        if (state_->stopping || state_->queue.size() >= state_->max_queued + state_->idle) return false;
        state_->queue.push_back(std::move(task));
        state_->wake_one();
    }
    return true;
}

void WorkerPool::submit_accepted(std::function<void()> task) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->running == 0) return;
        state_->queue.push_back(std::move(task));
        state_->wake_one();
    }
}

void WorkerPool::stop() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->work_or_stop.notify_all();
    const std::lock_guard lock(state_->join_mutex);
    for (std::thread& thread : state_->threads) {
        if (thread.joinable()) thread.join();
    }
}

}  // namespace facegate::runtime
