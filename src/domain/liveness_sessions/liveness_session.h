#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

inline constexpr std::chrono::minutes kStartWithin{3};  ///< from creation to the first byte of the stream
inline constexpr std::chrono::minutes kEndWithin{3};    ///< from start to end
inline constexpr std::chrono::minutes kUseWithin{5};    ///< from end to consumption

enum class LivenessStatus { kCreated, kInProgress, kSucceeded, kFailed, kExpired };

/// `CREATED`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `EXPIRED`.
std::string_view name_of(LivenessStatus status);

/// A liveness check as it may be shown.
struct LivenessSession {
    LivenessSessionId id;
    LivenessChallenge challenge = LivenessChallenge::kMovementAndLight;  ///< chosen at creation, for good
    LivenessStatus status = LivenessStatus::kCreated;                    ///< at the time of asking
    bool live = false;
    double confidence = 0;  ///< 0-100; 0 before the end
    bool consumed = false;
    TimeMs created_at;
    TimeMs expires_at;  ///< of the phase it is in: when it must have started, ended, or been used
};

/// Creates a session that must start within 3 minutes. Whether the tenant allows the challenge is the caller's to
/// check.
LivenessSession create_liveness_session(sql::TenantTx& tx, Random& random, LivenessChallenge challenge, TimeMs now);
/// kNotFound.
Result<LivenessSession> find_liveness_session(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now);
/// Whose session it is: the stream knows only the id. Nothing if there is none.
std::optional<Scope> scope_of_liveness_session(sql::SystemTx& tx, const LivenessSessionId& id);

/// Starts the session, once: of concurrent calls one wins. kNotFound; kLivenessSessionExpired after 3 minutes;
/// kLivenessSessionConsumed if it was started before. The answer's `expires_at` is when it must have ended.
Result<LivenessSession> mark_started(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now);

/// One face as a vector of every model pack in use, by the pack's id.
using Probes = std::map<std::string, std::vector<float>>;

/// How a session ended.
struct LivenessOutcome {
    bool live = false;           ///< the verdict's word; the tenant's bar may be higher
    double confidence = 0;       ///< 0-100
    std::string signals = "{}";  ///< JSON text of each signal's value and weight, for the audit
    Probes probes;               ///< the face seen; empty where none was usable
};
/// Ends a running session with its verdict: SUCCEEDED if that is live and reaches the confidence that the tenant's
/// liveness policy asks for at this moment, else FAILED. The answer's `live` is that decision. kNotFound;
/// kLivenessSessionExpired past the end of its time; kLivenessSessionNotReady if it never started;
/// kLivenessSessionConsumed if it has ended already.
Result<LivenessSession> finish_liveness_session(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id,
                                                const LivenessOutcome& outcome, TimeMs now);
/// Ends a running session without a verdict (stream broken, cancelled, timed out): FAILED with confidence 0. A session
/// that is not running stays as it is.
void fail_liveness_session(sql::TenantTx& tx, const LivenessSessionId& id, std::string_view reason, TimeMs now);

/// What a finished session holds for its one user.
struct FinishedLiveness {
    LivenessOutcome outcome;  ///< `live` as decided when it was stored
    LivenessChallenge challenge = LivenessChallenge::kMovementAndLight;
    TimeMs ended_at;
};
/// Reads the result without taking it, so that the work between reading and consuming needs no transaction. kNotFound;
/// kLivenessSessionNotReady while it is not finished; kLivenessSessionExpired; kLivenessSessionConsumed. Throws
/// VaultFailure.
Result<FinishedLiveness> read_finished_liveness(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id,
                                                TimeMs now);
/// Takes the result, once, and erases the probes, or keeps them until `probes_until`: of N concurrent calls exactly one
/// wins. Errors as above. A FAILED session is consumed too.
Result<void> consume_liveness_session(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now,
                                      std::optional<TimeMs> probes_until = std::nullopt);
/// The checks of consuming without consuming.
Result<void> check_consumable(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now);

/// The probes of a finished session that are still kept; empty if there are none. Throws VaultFailure.
Probes load_probes(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id);
void erase_probes(sql::TenantTx& tx, const LivenessSessionId& id);

/// Erases probes and signals nobody can use any more, and rows older than 30 days; returns how many rows changed.
std::int64_t purge_liveness_sessions(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
