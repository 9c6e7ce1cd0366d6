#include "domain/policies/continuous_policy.h"

#include <algorithm>
#include <cmath>

#include "domain/policies/saved_policy.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kType = "continuous";
constexpr double kMsPerHour = 3'600'000;

ContinuousPolicy policy_in(const boost::json::object& config) {
    ContinuousPolicy policy;
    policy.re_verify_interval_minutes =
        whole_number_in(config, "re_verify_interval_minutes", policy.re_verify_interval_minutes);
    policy.confidence_decay_rate = number_in(config, "confidence_decay_rate", policy.confidence_decay_rate);
    policy.min_confidence = number_in(config, "min_confidence", policy.min_confidence);
    return policy;
}

}  // namespace

ContinuousPolicy continuous_policy(sql::TenantTx& tx) {
    return policy_in(saved_policy(tx, kType));
}

Result<ContinuousPolicy> change_continuous_policy(sql::TenantTx& tx, const ContinuousPolicyChange& change, TimeMs now) {
    Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
    boost::json::object config = saved_policy(tx, kType);
    change_number(config, error, "re_verify_interval_minutes", change.re_verify_interval_minutes,
                  kReVerifyIntervalMinutes);
    change_number(config, error, "confidence_decay_rate", change.confidence_decay_rate, kConfidenceDecayRate);
    change_number(config, error, "min_confidence", change.min_confidence, kMinConfidence);
    if (!error.issues.empty()) return std::unexpected(std::move(error));
    save_policy(tx, kType, config, now);
    return policy_in(config);
}

double decayed_confidence(const ContinuousPolicy& policy, double at_verification, Milliseconds since) {
    const double hours = std::max(0.0, static_cast<double>(since.count()) / kMsPerHour);
    return at_verification * std::exp(-policy.confidence_decay_rate * hours);
}

bool re_verify_required(const ContinuousPolicy& policy, double at_verification, Milliseconds since) {
    const std::chrono::minutes interval{policy.re_verify_interval_minutes};
    const bool over = interval.count() > 0 && since > interval;
    return over || decayed_confidence(policy, at_verification, since) < policy.min_confidence;
}

}  // namespace facegate::domain
