#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "app/bench/judged_take.h"
#include "app/bench/suite_faces.h"
#include "synthesis/species.h"
#include "vision/engine_set.h"

namespace facegate::app {

/// One take to be rendered.
struct PlannedTake {
    synthesis::Species species = synthesis::Species::kGenuine;
    liveness::ChallengeType type = liveness::ChallengeType::kMovementAndLight;
    SuiteHalf half = SuiteHalf::kTest;
    std::uint64_t seed = 0;
    std::size_t who = 0;  ///< in the half's faces
};

struct SuitePlan {
    std::vector<synthesis::Species> species;  ///< kGenuine aside, which is always in
    std::vector<liveness::ChallengeType> types;
    std::vector<SuiteHalf> halves;
    int seeds = 20;  ///< of each attack, half and challenge
};

/// Genuine takes for each take of one attack: a rate of a few percent takes more of them than a rate of none.
inline constexpr int kGenuinePerAttack = 4;

/// The training half renders its own faces with odd seeds (1, 3, ...), the test half the others with even ones (2, 4,
/// ...): no face, no challenge and no other chance is in both. Faces take turns. Attacks on the colours are left out of
/// the movement challenge.
std::vector<PlannedTake> plan_takes(const SuitePlan& plan, const SuiteFaces& faces);

/// Renders each take, writes it to `write_to` if that is not empty (liveness::write_clip) and judges it, `jobs` at a
/// time; a take lives no longer than that. In the order of the plan. Throws std::runtime_error("stopped") once `stop`
/// is set.
std::vector<JudgedTake> judge_takes(const std::vector<PlannedTake>& plan, const SuiteFaces& faces,
                                    const vision::EngineSet& engines, const std::string& write_to, std::size_t jobs,
                                    const std::atomic<bool>& stop);

/// Judges each clip of a folder (liveness::clip_files). Throws std::runtime_error naming a clip that cannot be read.
std::vector<JudgedTake> judge_folder(const std::string& folder, const vision::EngineSet& engines, std::size_t jobs,
                                     const std::atomic<bool>& stop);

}  // namespace facegate::app
