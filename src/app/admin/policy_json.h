#pragma once

#include <boost/json.hpp>

#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"

namespace facegate::app {

/// Policies as commands print them and the audit record holds them.
boost::json::object to_json(const domain::MatchPolicy& policy);
boost::json::object to_json(const domain::LivenessPolicy& policy);

}  // namespace facegate::app
