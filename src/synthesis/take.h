#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "liveness/challenge.h"
#include "liveness/clip.h"
#include "media/video_writer.h"
#include "synthesis/species.h"
#include "synthesis/subject.h"

namespace facegate::synthesis {

struct TakeOptions {
    Species species = Species::kGenuine;
    liveness::ChallengeType type = liveness::ChallengeType::kMovementAndLight;
    /// That a server sent, of the same type and video size; nothing: one drawn by the seed.
    std::optional<liveness::Challenge> challenge = {};
    std::uint64_t seed = 1;  ///< decides everything that is left to chance
    int width = 640;
    int height = 480;
    double frames_per_second = 0;  ///< 0: by chance, 20 to 30
    media::VideoCodec codec = media::VideoCodec::kVp8;
    media::VideoContainer container = media::VideoContainer::kWebm;
    double light = 0;   ///< what the screen adds to the room's light on a face at 40 cm; 0: by chance, 0.06 to 0.4
    double lag_ms = 0;  ///< from the screen to the recorded frame; 0: by chance, 60 to 350
};

/// One stream as a server sees it: what was asked, what came and when.
struct Take {
    Species species = Species::kGenuine;
    std::string face;
    std::uint64_t seed = 0;
    liveness::Challenge challenge;  ///< that the server sent
    liveness::Clip clip;
};

/// Renders and records one take with `subjects[who]` as the face; attacks by two people take others as well. At least
/// two subjects. The same arguments give the same take.
Take record(std::span<const Subject> subjects, std::size_t who, const TakeOptions& options);

}  // namespace facegate::synthesis
