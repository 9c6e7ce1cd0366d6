#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "liveness/challenge.h"
#include "liveness/verdict.h"

namespace facegate::app {

/// Which part of the attack suite a take belongs to.
enum class SuiteHalf {
    kTraining,  ///< thresholds were fixed on it
    kTest,      ///< the half that is reported
    kWhole,     ///< clips from a folder: they are not split
};

/// One clip and what was made of it.
struct JudgedTake {
    bool genuine = false;
    std::string species;
    liveness::ChallengeType type = liveness::ChallengeType::kMovementAndLight;
    SuiteHalf half = SuiteHalf::kWhole;
    std::string face;
    std::optional<std::uint64_t> seed;
    std::string file;           ///< of a clip from a folder
    std::string problem;        ///< why nothing could be measured; empty if something was
    liveness::Verdict verdict;  ///< not live if nothing could be measured
};

}  // namespace facegate::app
