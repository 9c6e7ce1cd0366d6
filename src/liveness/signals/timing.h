#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "liveness/clip.h"

namespace facegate::liveness {

/// How far the video had come when a chunk of it had arrived.
struct ChunkTime {
    Milliseconds arrived;          ///< since the stream opened, server's clock
    std::int64_t last_pts_ms = 0;  ///< of the frames decoded so far
};

/// Three clocks of one recording: the video's presentation times, the client's, the server's.
struct Timing {
    /// Seconds on the server's clock for each second of presentation time, over the whole clip; 1 in truth.
    std::optional<double> rate;
    /// Median difference between when an event arrived and when it is said to have happened, both as times of the
    /// video, milliseconds; the network's delay is taken out by the earliest chunk.
    std::optional<double> event_offset_ms;
    /// Longest time between what a chunk shows last and its arrival, the earliest chunk's taken as none, milliseconds.
    double largest_delay_ms = 0;
};

/// Nothing with fewer than three chunks that brought frames. Pure.
std::optional<Timing> measure_timing(const ClientClaims& claims, std::span<const ChunkTime> chunks);

}  // namespace facegate::liveness
