#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "api/services.h"
#include "app/head_publisher.h"
#include "base/ids.h"

namespace facegate::app {

/// One thing to be done at every `every`th turn.
struct JobStep {
    const char* name;
    unsigned every;
    std::function<void()> run;
};
/// Runs what is due at turn `count`, in order. What one step throws is logged and keeps no other from running.
void run_steps(std::span<const JobStep> steps, unsigned count);

/// Everything that happens without a request, on one thread: measuring health, following other processes' changes,
/// recording when keys were used, erasing what ran out. Each turn is also callable directly, for tests.
class Jobs {
public:
    Jobs(api::Services& services, HeadPublisher& heads) : services_(services), heads_(heads), steps_(steps()) {}
    ~Jobs() { stop(); }
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    void start();
    void stop();

    /// Notes that a key was used; written at the next turn. Thread-safe.
    void key_used(const KeyId& key);

    /// Measures the database and the face provider.
    void measure_health();
    /// Removes users whose time is over and erases what is left of old liveness sessions and what else ran out.
    void erase_expired();
    /// Destroys templates that nobody used for longer than their tenant keeps them, of at most 100 users.
    void expire_templates();
    /// Takes over signing keys that were rotated, here or by another process.
    void follow_signing_keys();
    void record_key_use();

private:
    [[nodiscard]] std::vector<JobStep> steps();
    void run();

    api::Services& services_;
    HeadPublisher& heads_;
    std::vector<JobStep> steps_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::set<KeyId> used_keys_;
    std::thread thread_;
};

}  // namespace facegate::app
