#include "domain/liveness_sessions/liveness_challenge.h"

#include <algorithm>

#include "sql/database.h"

namespace facegate::domain {

std::string_view name_of(LivenessChallenge challenge) {
    switch (challenge) {
        case LivenessChallenge::kMovementAndLight: return "movement_and_light";
        case LivenessChallenge::kMovement: return "movement";
    }
    return "movement";
}

std::optional<LivenessChallenge> liveness_challenge(std::string_view name) {
    const auto* const found = std::ranges::find_if(
        kLivenessChallenges, [&](LivenessChallenge challenge) { return name_of(challenge) == name; });
    if (found == kLivenessChallenges.end()) return std::nullopt;
    return *found;
}

LivenessChallenge stored_liveness_challenge(std::string_view name) {
    const auto challenge = liveness_challenge(name);
    if (!challenge) throw sql::DatabaseFailure("a row names an unknown liveness challenge");
    return *challenge;
}

}  // namespace facegate::domain
