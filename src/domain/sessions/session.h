#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "sql/database.h"

namespace facegate::domain {

inline constexpr std::chrono::hours kSessionLife{30 * 24};

/// One sign-in of a user from a device.
struct Session {
    SessionId id;
    UserId user;
    DeviceId device;
    std::optional<std::string> fingerprint;
    double confidence = 0;  ///< 0-100
    double liveness = 0;    ///< 0-100
    /// How liveness was proved: tokens that go on from this sign-in have to say it again.
    LivenessChallenge challenge = LivenessChallenge::kMovementAndLight;
    double risk = 0;  ///< 0-1, at the verification
    std::vector<std::string> risk_factors;
    bool step_up_required = false;
    std::optional<std::string> key_thumbprint;  ///< RFC 7638: the key that the tokens are bound to
    TimeMs created_at;
    TimeMs verified_at;  ///< when the face was last compared
    TimeMs expires_at;
    std::optional<TimeMs> revoked_at;
};

/// A fresh `sess_…`: tokens carry it, so it is drawn before they are signed.
SessionId new_session_id(Random& random);
/// Stores the session, created and verified now and ending in 30 days. `refresh_hash`: nothing where no refresh token
/// was issued.
void create_session(sql::TenantTx& tx, const Session& session, const std::optional<crypto::Digest>& refresh_hash,
                    TimeMs now);
std::optional<Session> find_session(sql::TenantTx& tx, const SessionId& id);
/// Neither revoked nor over.
bool is_active(const Session& session, TimeMs now);
/// Ends the session at once; one that has ended already stays as it is. kNotFound.
Result<void> revoke_session(sql::TenantTx& tx, const SessionId& id, TimeMs now);
/// A new comparison of the face: takes confidence, liveness and challenge of `verified`, asks for no step-up any more,
/// and begins the 30 days anew.
void record_step_up(sql::TenantTx& tx, const Session& verified, TimeMs now);
/// Somebody else vouches for the person: asks for no step-up any more; the face was not seen again.
void record_approval(sql::TenantTx& tx, const SessionId& id);
/// Binds the session's tokens to a key. One that is bound already stays so.
void bind_session(sql::TenantTx& tx, const SessionId& id, const std::string& key_thumbprint);
/// Revokes what is still active; returns how many.
std::int64_t end_sessions_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now);

}  // namespace facegate::domain
