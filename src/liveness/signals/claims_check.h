#pragma once

#include <cstdint>
#include <string>

#include "liveness/challenge.h"
#include "liveness/clip.h"

namespace facegate::liveness {

/// The first contradiction between what the client said and what was asked, what arrived when, and the video's own
/// length; empty if there is none. Quotes no value. Pure.
std::string find_claims_problem(const ClientClaims& claims, const Challenge& challenge, std::int64_t last_pts_ms);

}  // namespace facegate::liveness
