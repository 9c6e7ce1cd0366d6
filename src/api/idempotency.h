#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "api/endpoint.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::api {

/// Makes a POST with an `Idempotency-Key` happen once: the first answer is kept, and given again to whoever repeats the
/// request with the same key, path and API key. Thread-safe.
class Idempotency {
public:
    static constexpr std::chrono::hours kKept{24};
    static constexpr std::chrono::minutes kCredentialKept{10};
    static constexpr std::size_t kMaxAnswerBytes = 256 * 1024;  ///< longer ones are not kept

    Idempotency(sql::Database& database, const domain::Vault& vault, Random& random, Clock& clock)
        : database_(database), vault_(vault), random_(random), clock_(clock) {}

    /// Whether the request asks for it: a POST of a known caller with the header.
    [[nodiscard]] static bool wanted(const Route& route, const CallContext& call);

    /// Runs `handle`, or gives the kept answer. kBadRequest for a malformed key, kIdempotencyKeyReused,
    /// kIdempotencyInProgress. Answers 429 and 5xx are not kept. After a crash in between, the key is free again when
    /// the route's deadline has passed.
    Result<http::Response> answer(const Route& route, const CallContext& call,
                                  const std::function<http::Response()>& handle);

private:
    void keep(const Route& route, const CallContext& call, const Bytes& key, const std::string& reservation,
              const http::Response& response);

    sql::Database& database_;
    const domain::Vault& vault_;
    Random& random_;
    Clock& clock_;
};

}  // namespace facegate::api
