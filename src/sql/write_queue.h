#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "sql/connection.h"

namespace facegate::sql {

/// The one writer: a thread that runs waiting transactions in groups, each under a savepoint of its own, and commits a
/// group with one fsync. Private to the room. Thread-safe. When nothing has been written for a while it empties the
/// write-ahead log, so that deleted rows do not live on in there.
class WriteQueue {
public:
    /// Runs one transaction; true to keep its changes.
    using Body = std::function<bool(Connection&)>;

    WriteQueue(Connection& connection, std::chrono::milliseconds idle_before_truncation);
    ~WriteQueue();  ///< commits what waits
    WriteQueue(const WriteQueue&) = delete;
    WriteQueue& operator=(const WriteQueue&) = delete;

    /// Runs `body` on the writer's thread; returns after the commit. Throws what `body` threw, or DatabaseFailure if
    /// the group was lost: then nothing of it is in the database.
    void run(const Body& body);

    [[nodiscard]] WriteStats stats() const;
    /// Rises with each commit that changed a row the connection watches, before the writers hear of it.
    [[nodiscard]] std::uint64_t watched_version() const { return watched_version_.load(); }

private:
    struct Job {
        const Body& body;
        std::exception_ptr failure{};
        std::promise<void> done{};
    };

    void work();
    void commit_group();
    void run_one(Job& job);
    /// Moves waiting jobs to `group`, up to its bound.
    void take_waiting(std::vector<Job*>& group);

    Connection& connection_;
    const std::chrono::milliseconds idle_before_truncation_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job*> waiting_;  // the jobs live on their callers' stacks
    WriteStats stats_;
    std::atomic<std::uint64_t> watched_version_ = 0;
    bool stopping_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace facegate::sql
