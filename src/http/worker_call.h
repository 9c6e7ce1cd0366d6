#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "http/transport.h"
#include "runtime/worker_pool.h"

namespace facegate::http {

/// One function run on the worker pool and awaited on a strand. `keep` lives until the pool is done with the call, even
/// if nobody waits any more; if that is the last reference, it is released by a worker thread.
template <class T>
class WorkerCall : public std::enable_shared_from_this<WorkerCall<T>> {
public:
    WorkerCall(const Executor& strand, std::shared_ptr<void> keep, std::function<T()> work)
        : finished_(strand), keep_(std::move(keep)), work_(std::move(work)) {
        finished_.expires_at(SteadyTime::max());
    }

    /// False: the queue is full, nothing will run.
    bool try_start(runtime::WorkerPool& pool) {
        return pool.try_submit([run = make_run()] { run->call->run(); });
    }
    /// For work whose beginning was accepted already.
    void start(runtime::WorkerPool& pool) {
        pool.submit_accepted([run = make_run()] { run->call->run(); });
    }

    /// The result; nothing if it threw, was dropped by a stopped pool, or was not there in time. In the last case a
    /// call that has not begun yet never will, and what a later one returns is given to `late` on the worker pool.
    Task<std::optional<T>> wait(SteadyTime until, std::function<void(T)> late = {}) {
        if (until != SteadyTime::max()) finished_.expires_at(until);
        late_ = std::move(late);
        boost::system::error_code error;
        auto token = boost::asio::redirect_error(UseTask(), error);
        if (!done_) co_await finished_.async_wait(token);
        if (!done_ && state_.exchange(State::kAbandoned) != State::kFinished) co_return std::nullopt;
        co_return std::move(result_);
    }

private:
    enum class State { kOpen, kAbandoned, kFinished };

    /// Held by the pool's task alone: however the task ends, the waiting strand hears of it.
    struct Run {
        std::shared_ptr<void> keep;  // destroyed last: nothing of the connection is touched after it
        std::shared_ptr<WorkerCall> call;
        ~Run() {
            const Executor strand = call->finished_.get_executor();
            auto notify = [done = std::move(call)] { done->on_done(); };
            boost::asio::post(strand, std::move(notify));
        }
    };

    std::shared_ptr<Run> make_run() {
        auto run = std::make_shared<Run>();
        run->keep = std::move(keep_);
        run->call = this->shared_from_this();
        return run;
    }

    void run() {
        if (state_.load() == State::kAbandoned) {
            work_ = nullptr;
            return;
        }
        try {
            result_.emplace(work_());
        } catch (const std::exception& error) {
            spdlog::error(R"("event":"handler_failed","error":{})", log::json_string(error.what()));
        } catch (...) {
            spdlog::error(R"("event":"handler_failed")");
        }
        work_ = nullptr;
        State expected = State::kOpen;
        if (!state_.compare_exchange_strong(expected, State::kFinished) && late_ && result_) late_(std::move(*result_));
    }

    void on_done() {
        done_ = true;
        finished_.cancel();
    }

    Timer finished_;  ///< cancelled when done
    std::shared_ptr<void> keep_;
    std::function<T()> work_;
    std::function<void(T)> late_;  ///< written before kAbandoned, read after it
    std::optional<T> result_;      ///< the worker's until kFinished, the strand's after it
    std::atomic<State> state_ = State::kOpen;
    bool done_ = false;  ///< the strand's
};

}  // namespace facegate::http
