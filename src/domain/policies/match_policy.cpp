#include "domain/policies/match_policy.h"

#include <boost/json.hpp>

#include "domain/policies/saved_policy.h"

namespace facegate::domain {

namespace {

namespace json = boost::json;

constexpr std::string_view kType = "match";

MatchPolicy policy_in(const json::object& config) {
    MatchPolicy policy;
    policy.target_fmr = number_in(config, "target_fmr", policy.target_fmr);
    policy.target_fpir = number_in(config, "target_fpir", policy.target_fpir);
    policy.duplicate_fmr = number_in(config, "duplicate_fmr", policy.duplicate_fmr);
    if (const json::value* value = config.if_contains("learn_templates")) policy.learn_templates = value->as_bool();
    return policy;
}

}  // namespace

MatchPolicy match_policy(sql::TenantTx& tx) {
    return policy_in(saved_policy(tx, kType));
}

Result<MatchPolicy> change_match_policy(sql::TenantTx& tx, const MatchPolicyChange& change, TimeMs now) {
    Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
    json::object config = saved_policy(tx, kType);
    change_number(config, error, "target_fmr", change.target_fmr, kTargetFmrRange);
    change_number(config, error, "target_fpir", change.target_fpir, kTargetFpirRange);
    change_number(config, error, "duplicate_fmr", change.duplicate_fmr, kDuplicateFmrRange);
    if (change.learn_templates) config["learn_templates"] = *change.learn_templates;
    if (!error.issues.empty()) return std::unexpected(std::move(error));
    save_policy(tx, kType, config, now);
    return policy_in(config);
}

}  // namespace facegate::domain
