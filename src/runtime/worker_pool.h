#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace facegate::runtime {

/// A fixed number of threads and a bounded queue. Thread-safe. A task should not throw: what it throws is logged and
/// dropped.
class WorkerPool {
public:
    /// `max_queued` counts the tasks that wait while every thread is busy; 0: only what a free thread takes at once.
    WorkerPool(std::size_t threads, std::size_t max_queued);
    ~WorkerPool();  ///< finishes what is queued
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False, and `task` untouched, when the queue is full or the pool is stopping.
    [[nodiscard]] bool try_submit(std::function<void()> task);
    /// Like try_submit, but past the bound: for work that was already accepted (the next message of an open socket).
    /// While stopping it still runs; once the last thread has ended, `task` is destroyed without having run.
    void submit_accepted(std::function<void()> task);
    /// Takes nothing new; returns when everything queued has run. Not to be called by a task.
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace facegate::runtime
