#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/endpoint.h"
#include "api/rate_limit.h"
#include "api/route_table.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/message.h"

namespace facegate::api {

/// What is remembered of a presented key.
struct KnownKey {
    std::shared_ptr<const Caller> caller;  ///< null: the database has to be asked
    bool was_valid = false;                ///< not long ago
};

/// What a request is let in with. Made on its head, carried to its answer.
struct Ticket final : http::Carried {
    RouteTable::Match match;
    std::string client_address;
    std::shared_ptr<const Caller> caller;                      ///< null: not known yet, or nobody
    bool counted = false;                                      ///< against its rate limit
    std::vector<std::pair<std::string, std::string>> headers;  ///< of the rate limit, for the answer
};

/// Who may come in, and how often. Thread-safe.
class Admission {
public:
    struct Hooks {
        /// Whom a presented key stands for: kUnauthorized (unknown, malformed, expired, revoked) or kTenantSuspended
        /// if nobody. May block.
        std::function<Result<Caller>(std::string_view key)> authenticate;
        /// The same as far as it is remembered; must not block. Empty: nothing is.
        std::function<KnownKey(std::string_view key)> known_key;
        /// The demo tenant; empty where the demo is off.
        std::function<Result<Caller>()> demo_caller;
        /// Null: no limits. Both or none.
        RateLimits* limits = nullptr;
        Clock* clock = nullptr;
    };
    explicit Admission(Hooks hooks) : hooks_(std::move(hooks)) {}

    /// Decides on the head alone, without blocking: kUnauthorized without a key, kRateLimited. Whose key is not
    /// remembered is let through to `caller_of`, unless too many keys from there were none.
    [[nodiscard]] std::optional<Error> enter(Ticket& ticket, const http::Request& head) const;

    /// Who is asking; counts the request where `enter` could not. May block.
    [[nodiscard]] Result<Caller> caller_of(Ticket& ticket, const http::Request& request) const;

private:
    [[nodiscard]] std::optional<Error> enter_with_key(Ticket& ticket, const http::Request& head) const;
    [[nodiscard]] std::optional<Error> count(Ticket& ticket, RateLimiter& limiter, std::string_view visitor) const;
    [[nodiscard]] std::optional<Error> count_caller(Ticket& ticket, const Caller& caller) const;
    void count_failure(const Ticket& ticket) const;

    Hooks hooks_;
};

/// The key a request presents: `Authorization: Bearer …` or `x-api-key`. kUnauthorized if there is none, the header is
/// malformed, or both are sent and differ.
Result<std::string_view> presented_key(const http::Request& request);

}  // namespace facegate::api
