#include "domain/policies/match_policy.h"

#include <boost/json.hpp>

#include "domain/policies/saved_policy.h"

namespace facegate::domain {

namespace {

namespace json = boost::json;

constexpr std::string_view kType = "match";
constexpr double kLowestRate = 1e-9;  // what a calibration can tell
constexpr double kHighestFmr = 1e-2;
constexpr double kHighestFpir = 1e-1;

MatchPolicy policy_in(const json::object& config) {
    MatchPolicy policy;
    const auto read = [&](const char* name, double& into) {
        if (const json::value* value = config.if_contains(name)) into = value->to_number<double>();
    };
    read("target_fmr", policy.target_fmr);
    read("target_fpir", policy.target_fpir);
    read("duplicate_fmr", policy.duplicate_fmr);
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
    const auto set_rate = [&](const char* name, const std::optional<double>& rate, double highest) {
        if (!rate) return;
        if (!(*rate >= kLowestRate && *rate <= highest)) {
            error.issues.push_back(
                {*rate < kLowestRate ? "too_small" : "too_big",
                 {name},
                 std::string(name) + " must be between 1e-9 and " + (highest > 0.05 ? "0.1" : "0.01"),
                 {},
                 {}});
        }
        config[name] = *rate;
    };
    set_rate("target_fmr", change.target_fmr, kHighestFmr);
    set_rate("target_fpir", change.target_fpir, kHighestFpir);
    set_rate("duplicate_fmr", change.duplicate_fmr, kHighestFmr);
    if (change.learn_templates) config["learn_templates"] = *change.learn_templates;
    if (!error.issues.empty()) return std::unexpected(std::move(error));
    save_policy(tx, kType, config, now);
    return policy_in(config);
}

}  // namespace facegate::domain
