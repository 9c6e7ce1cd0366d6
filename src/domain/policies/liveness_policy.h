#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "domain/decision/decision.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "sql/database.h"

namespace facegate::domain {

/// Which challenges a tenant's clients may choose from.
enum class ChallengeChoice {
    kMovementAndLight,  ///< none but movement and light
    kMovementAllowed,   ///< a client may ask for movement alone, for a person who cannot take flashing light
};

/// "movement_and_light" or "movement_allowed".
std::string_view name_of(ChallengeChoice choice);
/// The choice of that name, if there is one.
std::optional<ChallengeChoice> challenge_choice(std::string_view name);

/// What counts as proof of a living person: per tenant and environment, the tenant's to choose and never the client's.
/// What is not saved has the default; the demo's default allows movement.
struct LivenessPolicy {
    ChallengeChoice challenge = ChallengeChoice::kMovementAndLight;
    bool movement_step_up = false;            ///< a sign-in by movement alone gets a step-up token, whatever its risk
    double min_confidence = kLiveConfidence;  ///< of a live person, kLiveConfidence to 100: it can only be raised

    /// Whether a client may ask for this challenge.
    [[nodiscard]] bool allows(LivenessChallenge wanted) const;
};

/// What to change; nothing stays as it is.
struct LivenessPolicyChange {
    std::optional<ChallengeChoice> challenge = {};
    std::optional<bool> movement_step_up = {};
    std::optional<double> min_confidence = {};
};

LivenessPolicy liveness_policy(sql::TenantTx& tx);
/// kValidationFailed for a confidence out of range.
Result<LivenessPolicy> change_liveness_policy(sql::TenantTx& tx, const LivenessPolicyChange& change, TimeMs now);

}  // namespace facegate::domain
