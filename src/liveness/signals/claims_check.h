#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "liveness/challenge.h"
#include "liveness/clip.h"

namespace facegate::liveness {

/// The first contradiction between what the client said and what was asked, what arrived when, and the video's own
/// length; empty if there is none. What it checks of `chunks`, in order of arrival: the video came while it is said to
/// have been recorded, and most of it before the last colour: whoever answers a challenge has to do it at the pace of
/// a camera. Quotes no value. Pure.
std::string find_claims_problem(const ClientClaims& claims, std::span<const ChunkArrival> chunks,
                                const Challenge& challenge, std::int64_t last_pts_ms);

}  // namespace facegate::liveness
