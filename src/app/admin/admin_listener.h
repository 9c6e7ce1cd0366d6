#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "app/admin/administration.h"
#include "app/config.h"
#include "base/clock.h"
#include "http/message.h"

namespace facegate::app {

/// Counts failed authentications of each address: after kMost within kWindow, more are refused until the window has
/// passed. Remembers a bounded number of addresses; when it is full, the one that began longest ago is forgotten.
/// Thread-safe.
class FailureLimit {
public:
    static constexpr int kMost = 10;
    static constexpr std::chrono::minutes kWindow{1};
    static constexpr std::size_t kMostAddresses = 1024;

    [[nodiscard]] bool refuses(const std::string& address, TimeMs now) const;
    void failed(const std::string& address, TimeMs now);

private:
    struct Count {
        TimeMs since;
        int failures = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Count> counts_;
};

/// The administration over HTTP, on an address of its own: routes, admin tokens, a few threads, nothing of the public
/// listener. Listens from construction on, answers after start(). What it is given must outlive it.
class AdminListener {
public:
    /// Throws std::runtime_error if it cannot listen.
    AdminListener(const Config& config, sql::Database& database, const domain::Vault& vault, Random& random,
                  Clock& clock);
    ~AdminListener();
    AdminListener(const AdminListener&) = delete;
    AdminListener& operator=(const AdminListener&) = delete;

    void start();
    void stop(Milliseconds grace);
    [[nodiscard]] std::uint16_t port() const;
    /// What answers, without sockets, for tests.
    [[nodiscard]] http::Service& service();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace facegate::app
