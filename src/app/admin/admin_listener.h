#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "app/admin/administration.h"
#include "app/config.h"
#include "base/clock.h"
#include "http/message.h"

namespace facegate::app {

/// So many wrong tokens of one network (api::network_of) are told apart within the window; for more it is 429. Valid
/// tokens are never counted and never refused.
inline constexpr std::size_t kWrongTokens = 10;
inline constexpr std::chrono::minutes kWrongTokenWindow{1};

/// The administration over HTTP, on an address of its own: routes, admin tokens, a few threads, nothing of the public
/// listener. Listens from construction on, answers after start(). What it is given must outlive it; `config` is
/// resolved().
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
