#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "sql/database.h"

namespace facegate::domain {

/// How long a sign-in that needs a claim may wait for it.
inline constexpr std::chrono::minutes kContinueWithin{3};

/// A sign-in whose face was live but not telling enough for a search: it goes on with a claim, without a new liveness
/// check. The face waits among the probes of its liveness session.
struct Continuation {
    LivenessSessionId liveness_session;
    DeviceId device;
    std::optional<std::string> fingerprint;
    double liveness = 0;  ///< confidence of the liveness check, 0-100
};

/// Stores it for kContinueWithin and gives its token: `vc_` and 256 random bits, of which only the SHA-256 is kept.
std::string create_continuation(sql::TenantTx& tx, Random& random, const Continuation& continuation, TimeMs now);
/// Reads it without taking it. kContinuationInvalid if it is unknown, used, or too old.
Result<Continuation> find_continuation(sql::TenantTx& tx, std::string_view token, TimeMs now);
/// Takes it, once: of concurrent calls one wins. kContinuationInvalid.
Result<void> take_continuation(sql::TenantTx& tx, std::string_view token, TimeMs now);

std::int64_t purge_continuations(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
