#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/clock.h"
#include "base/random.h"

namespace facegate::api {
class RouteTable;
struct Services;
}  // namespace facegate::api
namespace facegate::http {
class Service;
}
namespace facegate::sql {
class Database;
}
namespace facegate::domain {
class Vault;
}

namespace facegate::app {

class Jobs;

/// The whole server: the one place that builds the object graph. Listens from construction on (health says `starting`),
/// serves after start(). Not thread-safe itself; one a process, or several with different directories in tests.
class Application {
public:
    /// `config` as resolved(). Throws std::runtime_error with a message for the operator.
    Application(const Config& config, Clock& clock, Random& random);
    ~Application();
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    /// Binds and listens, loads the model pack and the faces, then serves.
    void start();
    /// Drains: no new work, running requests and streams finish within the configured time.
    void stop();

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] sql::Database& database();
    [[nodiscard]] const domain::Vault& vault() const;
    /// The dispatcher without sockets, for tests.
    [[nodiscard]] http::Service& service();
    [[nodiscard]] const api::RouteTable& routes() const;
    /// What the handlers work with, and what runs beside them, for tests.
    [[nodiscard]] api::Services& services();
    [[nodiscard]] Jobs& jobs();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace facegate::app
