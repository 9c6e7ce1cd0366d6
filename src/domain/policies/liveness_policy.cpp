#include "domain/policies/liveness_policy.h"

#include <boost/json.hpp>

#include "domain/policies/saved_policy.h"

namespace facegate::domain {

namespace {

namespace json = boost::json;

constexpr std::string_view kType = "liveness";
constexpr double kHighestConfidence = 100;

LivenessPolicy policy_in(const json::object& config, Environment environment) {
    LivenessPolicy policy;
    // Visitors of the demo choose for themselves whether they can take flashing light; nothing is behind its tokens.
    if (environment == Environment::kDemo) policy.challenge = ChallengeChoice::kMovementAllowed;
    if (const json::value* value = config.if_contains("challenge")) {
        const auto choice = challenge_choice(value->as_string());
        if (!choice) throw sql::DatabaseFailure("a liveness policy names an unknown challenge");
        policy.challenge = *choice;
    }
    if (const json::value* value = config.if_contains("movement_step_up")) policy.movement_step_up = value->as_bool();
    if (const json::value* value = config.if_contains("min_confidence")) {
        policy.min_confidence = value->to_number<double>();
    }
    return policy;
}

}  // namespace

std::string_view name_of(ChallengeChoice choice) {
    switch (choice) {
        case ChallengeChoice::kMovementAndLight: return "movement_and_light";
        case ChallengeChoice::kMovementAllowed: return "movement_allowed";
    }
    return "movement_and_light";
}

std::optional<ChallengeChoice> challenge_choice(std::string_view name) {
    for (const auto choice : {ChallengeChoice::kMovementAndLight, ChallengeChoice::kMovementAllowed}) {
        if (name_of(choice) == name) return choice;
    }
    return std::nullopt;
}

bool LivenessPolicy::allows(LivenessChallenge wanted) const {
    return wanted == LivenessChallenge::kMovementAndLight || challenge == ChallengeChoice::kMovementAllowed;
}

LivenessPolicy liveness_policy(sql::TenantTx& tx) {
    return policy_in(saved_policy(tx, kType), tx.scope().environment);
}

Result<LivenessPolicy> change_liveness_policy(sql::TenantTx& tx, const LivenessPolicyChange& change, TimeMs now) {
    json::object config = saved_policy(tx, kType);
    if (change.challenge) config["challenge"] = name_of(*change.challenge);
    if (change.movement_step_up) config["movement_step_up"] = *change.movement_step_up;
    if (change.min_confidence) {
        const double wanted = *change.min_confidence;
        if (!(wanted >= kLiveConfidence && wanted <= kHighestConfidence)) {
            Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
            error.issues.push_back({wanted < kLiveConfidence ? "too_small" : "too_big",
                                    {"min_confidence"},
                                    "min_confidence must be between 90 and 100: it can be raised, not lowered",
                                    {},
                                    {}});
            return std::unexpected(std::move(error));
        }
        config["min_confidence"] = wanted;
    }
    save_policy(tx, kType, config, now);
    return policy_in(config, tx.scope().environment);
}

}  // namespace facegate::domain
