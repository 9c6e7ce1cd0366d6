#pragma once

#include "api/liveness_streams.h"
#include "synthesis/take.h"

namespace facegate::testing {

/// What a person, or an attack, would stream for this challenge; `who` counts the faces of the sample photos.
synthesis::Take rendered_for(const liveness::Challenge& challenge, synthesis::Species species, std::size_t who);

/// Everything a client sends of a take, with its times as if the stream had been opened at `opened`.
std::vector<RecordedEvent> events_of(const synthesis::Take& take, TimeMs opened);

}  // namespace facegate::testing
