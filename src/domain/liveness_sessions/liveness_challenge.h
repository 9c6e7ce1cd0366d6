#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace facegate::domain {

/// What a person is asked to do in front of the camera.
enum class LivenessChallenge {
    kMovementAndLight,  ///< come closer, then hold still while colours light up the face
    kMovement,          ///< come closer, nothing else: for people who cannot take flashing light. It proves less.
};

inline constexpr std::array kLivenessChallenges{LivenessChallenge::kMovementAndLight, LivenessChallenge::kMovement};

/// "movement_and_light" or "movement": in requests, answers, rows and the audit record.
std::string_view name_of(LivenessChallenge challenge);
/// The challenge of that name, if there is one.
std::optional<LivenessChallenge> liveness_challenge(std::string_view name);
/// The challenge of that name out of a row. Throws sql::DatabaseFailure if there is none.
LivenessChallenge stored_liveness_challenge(std::string_view name);

}  // namespace facegate::domain
