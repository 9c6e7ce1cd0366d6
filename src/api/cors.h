#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace facegate::api {

/// What the rules need to know.
struct OriginPolicy {
    std::string own;                                     ///< the server's public origin, `https://id.example.com`
    std::function<bool(std::string_view origin)> known;  ///< does some tenant allow it; may block; empty: none does
};

/// Cross-origin rules (the Fetch standard's CORS protocol). Hygiene, not access control: the key is that. Thread-safe.
class Cors {
public:
    explicit Cors(OriginPolicy policy) : policy_(std::move(policy)) {}

    /// Sent by a page of the server itself: its public origin, or a loopback address it was reached at.
    [[nodiscard]] bool is_own(const http::Request& request) const;
    [[nodiscard]] bool allows_preflight(std::string_view origin) const;

    /// The answer to an allowed preflight. `methods`: comma-separated; `origin`: what is allowed, `*` for everybody.
    [[nodiscard]] static http::Response preflight(std::string_view origin, std::string_view methods);
    /// Lets scripts of that origin (`*`: of any) read the answer.
    static void expose(http::Response& response, std::string_view origin);

private:
    OriginPolicy policy_;
};

/// True for the two headers that make an OPTIONS request a preflight.
bool is_preflight(const http::Request& request);

}  // namespace facegate::api
