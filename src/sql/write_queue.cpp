#include "sql/write_queue.h"

#include <optional>
#include <string>

namespace facegate::sql {
namespace {

constexpr std::size_t kMaxGroup = 256;

}  // namespace

WriteQueue::WriteQueue(Connection& connection, std::chrono::milliseconds idle_before_truncation)
    : connection_(connection), idle_before_truncation_(idle_before_truncation), thread_([this] { work(); }) {}

WriteQueue::~WriteQueue() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_one();
    }
    thread_.join();
}

void WriteQueue::run(const Body& body) {
    Job job{body};
    auto done = job.done.get_future();
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) throw DatabaseFailure("the database is closing");
        waiting_.push_back(&job);
        // Under the lock: once it is free, the job may be done and this queue closed.
        changed_.notify_one();
    }
    done.get();
}

WriteStats WriteQueue::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

void WriteQueue::work() {
    const auto called = [this] { return stopping_ || !waiting_.empty(); };
    bool log_is_empty = false;
    while (true) {
        bool idle = false;
        {
            std::unique_lock lock(mutex_);
            if (log_is_empty) {
                changed_.wait(lock, called);
            } else {
                changed_.wait_for(lock, idle_before_truncation_, called);
            }
            idle = waiting_.empty();
            if (idle && stopping_) return;
        }
        if (idle) {
            log_is_empty = connection_.truncate_log();
        } else {
            commit_group();
            log_is_empty = false;
        }
    }
}

void WriteQueue::take_waiting(std::vector<Job*>& group) {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && group.size() < kMaxGroup) {
        group.push_back(waiting_.front());
        waiting_.pop_front();
    }
}

void WriteQueue::commit_group() {
    std::vector<Job*> group;
    take_waiting(group);
    std::optional<std::string> lost;
    try {
        connection_.control("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < group.size(); ++i) {
            run_one(*group[i]);
            // Who came meanwhile shares this fsync.
            if (i + 1 == group.size()) take_waiting(group);
        }
        connection_.control("COMMIT");
        if (connection_.take_watched_change()) ++watched_version_;
    } catch (const std::exception& failure) {
        connection_.abandon();
        lost = failure.what();
    }
    {
        const std::lock_guard lock(mutex_);
        stats_.transactions += group.size();
        if (!lost) ++stats_.commits;
    }
    for (Job* job : group) {
        // A lost group takes everybody along: also a refusal may rest on rows of the group that are now gone.
        if (lost) {
            job->done.set_exception(std::make_exception_ptr(DatabaseFailure(*lost)));
        } else if (job->failure) {
            job->done.set_exception(job->failure);
        } else {
            job->done.set_value();
        }
    }
}

void WriteQueue::run_one(Job& job) {
    connection_.control("SAVEPOINT one");
    bool keep = false;
    try {
        keep = job.body(connection_);
        if (keep && connection_.has_deferred_violations()) {
            // Found out at COMMIT it would cost the whole group.
            throw DatabaseFailure("database: a deferred foreign key is violated");
        }
    } catch (...) {
        keep = false;
        job.failure = std::current_exception();
    }
    if (!keep) connection_.control("ROLLBACK TO one");
    connection_.control("RELEASE one");
}

}  // namespace facegate::sql
