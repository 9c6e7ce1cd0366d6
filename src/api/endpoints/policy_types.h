#pragma once

#include <optional>
#include <string>

#include "api/schema.h"
#include "domain/policies/continuous_policy.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"
#include "domain/policies/risk_policy.h"
#include "domain/policies/rotation_policy.h"

namespace facegate::api {

/// The policies as the API speaks of them: a request names what to change, a config shows everything. Each has its
/// name in paths and answers, how it is read, and how it is changed inside the caller's transaction.

struct RotationRequest {
    std::optional<int> rotation_days;
    std::optional<int> grace_period_days;
    std::optional<int> notify_before_days;

    static const Schema<RotationRequest>& schema();
};
struct RotationConfig {
    using Request = RotationRequest;
    static constexpr const char* kType = "rotation";

    int rotation_days = 0;
    int grace_period_days = 0;
    int notify_before_days = 0;

    static const Schema<RotationConfig>& schema();
    static RotationConfig read(sql::TenantTx& tx);
    static Result<void> change(sql::TenantTx& tx, const RotationRequest& request, TimeMs now);
};

struct RiskRequest {
    std::optional<double> block_threshold;
    std::optional<double> step_up_threshold;
    std::optional<int> max_failed_attempts;
    std::optional<int> lockout_duration_minutes;
    std::optional<double> target_fmr;
    std::optional<double> target_fpir;

    static const Schema<RiskRequest>& schema();
};
/// The rates belong to the match policy, which the command line changes too.
struct RiskConfig {
    using Request = RiskRequest;
    static constexpr const char* kType = "risk";

    double block_threshold = 0;
    double step_up_threshold = 0;
    int max_failed_attempts = 0;
    int lockout_duration_minutes = 0;
    double target_fmr = 0;
    double target_fpir = 0;

    static const Schema<RiskConfig>& schema();
    static RiskConfig read(sql::TenantTx& tx);
    static Result<void> change(sql::TenantTx& tx, const RiskRequest& request, TimeMs now);
};

struct ContinuousRequest {
    std::optional<int> re_verify_interval_minutes;
    std::optional<double> confidence_decay_rate;
    std::optional<double> min_confidence;

    static const Schema<ContinuousRequest>& schema();
};
struct ContinuousConfig {
    using Request = ContinuousRequest;
    static constexpr const char* kType = "continuous";

    int re_verify_interval_minutes = 0;
    double confidence_decay_rate = 0;
    double min_confidence = 0;

    static const Schema<ContinuousConfig>& schema();
    static ContinuousConfig read(sql::TenantTx& tx);
    static Result<void> change(sql::TenantTx& tx, const ContinuousRequest& request, TimeMs now);
};

struct LivenessRequest {
    std::optional<std::string> challenge;
    std::optional<bool> movement_step_up;
    std::optional<double> min_confidence;

    static const Schema<LivenessRequest>& schema();
};
struct LivenessConfig {
    using Request = LivenessRequest;
    static constexpr const char* kType = "liveness";

    std::string challenge;
    bool movement_step_up = false;
    double min_confidence = 0;

    static const Schema<LivenessConfig>& schema();
    static LivenessConfig read(sql::TenantTx& tx);
    static Result<void> change(sql::TenantTx& tx, const LivenessRequest& request, TimeMs now);
};

}  // namespace facegate::api
