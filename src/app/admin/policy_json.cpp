#include "app/admin/policy_json.h"

namespace facegate::app {

boost::json::object to_json(const domain::MatchPolicy& policy) {
    return {{"target_fmr", policy.target_fmr},
            {"target_fpir", policy.target_fpir},
            {"duplicate_fmr", policy.duplicate_fmr},
            {"learn_templates", policy.learn_templates}};
}

boost::json::object to_json(const domain::LivenessPolicy& policy) {
    return {{"challenge", domain::name_of(policy.challenge)},
            {"movement_step_up", policy.movement_step_up},
            {"min_confidence", policy.min_confidence}};
}

}  // namespace facegate::app
