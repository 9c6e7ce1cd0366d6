#include "api/endpoints/policy_types.h"

namespace facegate::api {

namespace {

/// The fields of a request and of the config, which have the same names, ranges and meaning.
template <class T>
std::vector<Field<T>> rotation_fields() {
    return {
        field("rotation_days", &T::rotation_days, "Days after which a person has to enroll again; 0: never. Default 0.")
            .min(domain::kRotationDays.low)
            .max(domain::kRotationDays.high)
            .example(90),
        field("grace_period_days", &T::grace_period_days,
              "Days after that in which the person still gets in, with the risk factor `enrollment_expired` and "
              "`re_enrollment_required: true`. Default 7.")
            .min(domain::kGracePeriodDays.low)
            .max(domain::kGracePeriodDays.high)
            .example(7),
        field("notify_before_days", &T::notify_before_days,
              "Days before that from which on answers to verify say when it will be, in `re_enrollment_due_at`. "
              "Default 14.")
            .min(domain::kNotifyBeforeDays.low)
            .max(domain::kNotifyBeforeDays.high)
            .example(14)};
}

template <class T>
std::vector<Field<T>> risk_fields() {
    return {
        field("block_threshold", &T::block_threshold, "A sign-in of this risk or more is refused. Default 0.9.")
            .min(domain::kRiskThreshold.low)
            .max(domain::kRiskThreshold.high)
            .example(0.9),
        field("step_up_threshold", &T::step_up_threshold,
              "A sign-in of this risk or more needs a step-up; at most block_threshold. Default 0.6.")
            .min(domain::kRiskThreshold.low)
            .max(domain::kRiskThreshold.high)
            .example(0.6),
        field(
            "max_failed_attempts", &T::max_failed_attempts,
            "Failures that lock a claimed user on a device; ten times as many lock the user on all devices. Default 5.")
            .min(domain::kMaxFailedAttempts.low)
            .max(domain::kMaxFailedAttempts.high)
            .example(5),
        field("lockout_duration_minutes", &T::lockout_duration_minutes,
              "How long a lock lasts, and after which pause failures are forgotten. Default 30.")
            .min(domain::kLockoutMinutes.low)
            .max(domain::kLockoutMinutes.high)
            .example(30),
        field("target_fmr", &T::target_fmr,
              "Accepted probability of a false match with a claimed person. Default 0.0001.")
            .min(domain::kTargetFmrRange.low)
            .max(domain::kTargetFmrRange.high),
        field("target_fpir", &T::target_fpir,
              "Accepted probability that a search takes a stranger for anyone. Default 0.001.")
            .min(domain::kTargetFpirRange.low)
            .max(domain::kTargetFpirRange.high)};
}

template <class T>
std::vector<Field<T>> continuous_fields() {
    return {field("re_verify_interval_minutes", &T::re_verify_interval_minutes,
                  "Minutes after which a session asks for a new verification; 0: never. Default 0.")
                .min(domain::kReVerifyIntervalMinutes.low)
                .max(domain::kReVerifyIntervalMinutes.high)
                .example(30),
            field("confidence_decay_rate", &T::confidence_decay_rate,
                  "How fast the confidence of a session falls: confidence * exp(-rate * hours). Default 0.")
                .min(domain::kConfidenceDecayRate.low)
                .max(domain::kConfidenceDecayRate.high)
                .example(0.1),
            field("min_confidence", &T::min_confidence,
                  "A session whose confidence fell below it asks for a new verification. Default 0.")
                .min(domain::kMinConfidence.low)
                .max(domain::kMinConfidence.high)
                .example(85)};
}

template <class T>
std::vector<Field<T>> liveness_fields() {
    return {field("challenge", &T::challenge,
                  "`movement_allowed`: a client may ask for a check without flashing light. Default "
                  "`movement_and_light`.")
                .one_of({"movement_and_light", "movement_allowed"})
                .example("movement_allowed"),
            field("movement_step_up", &T::movement_step_up,
                  "Whether a sign-in by movement alone needs a step-up, whatever its risk. Default false."),
            field("min_confidence", &T::min_confidence,
                  "Confidence from which on a person counts as living: it can be raised, not lowered. Default 90.")
                .min(domain::kLiveConfidence)
                .max(100)
                .example(95)};
}

template <class Policy>
Result<void> outcome_of(const Result<Policy>& changed) {
    if (!changed) return std::unexpected(changed.error());
    return {};
}

}  // namespace

const Schema<RotationRequest>& RotationRequest::schema() {
    static const Schema<RotationRequest> kSchema("RotationPolicyRequest", rotation_fields<RotationRequest>());
    return kSchema;
}
const Schema<RotationConfig>& RotationConfig::schema() {
    static const Schema<RotationConfig> kSchema("RotationPolicy", rotation_fields<RotationConfig>());
    return kSchema;
}
RotationConfig RotationConfig::read(sql::TenantTx& tx) {
    const domain::RotationPolicy policy = domain::rotation_policy(tx);
    return {policy.rotation_days, policy.grace_period_days, policy.notify_before_days};
}
Result<void> RotationConfig::change(sql::TenantTx& tx, const RotationRequest& request, TimeMs now) {
    return outcome_of(domain::change_rotation_policy(
        tx, {request.rotation_days, request.grace_period_days, request.notify_before_days}, now));
}

const Schema<RiskRequest>& RiskRequest::schema() {
    static const Schema<RiskRequest> kSchema("RiskPolicyRequest", risk_fields<RiskRequest>());
    return kSchema;
}
const Schema<RiskConfig>& RiskConfig::schema() {
    static const Schema<RiskConfig> kSchema("RiskPolicy", risk_fields<RiskConfig>());
    return kSchema;
}
RiskConfig RiskConfig::read(sql::TenantTx& tx) {
    const domain::RiskPolicy risk = domain::risk_policy(tx);
    const domain::MatchPolicy match = domain::match_policy(tx);
    return {risk.block_threshold,          risk.step_up_threshold, risk.max_failed_attempts,
            risk.lockout_duration_minutes, match.target_fmr,       match.target_fpir};
}
Result<void> RiskConfig::change(sql::TenantTx& tx, const RiskRequest& request, TimeMs now) {
    const auto changed = domain::change_risk_policy(tx,
                                                    {request.block_threshold, request.step_up_threshold,
                                                     request.max_failed_attempts, request.lockout_duration_minutes},
                                                    now);
    if (!changed) return std::unexpected(changed.error());
    return outcome_of(
        domain::change_match_policy(tx, {.target_fmr = request.target_fmr, .target_fpir = request.target_fpir}, now));
}

const Schema<ContinuousRequest>& ContinuousRequest::schema() {
    static const Schema<ContinuousRequest> kSchema("ContinuousPolicyRequest", continuous_fields<ContinuousRequest>());
    return kSchema;
}
const Schema<ContinuousConfig>& ContinuousConfig::schema() {
    static const Schema<ContinuousConfig> kSchema("ContinuousPolicy", continuous_fields<ContinuousConfig>());
    return kSchema;
}
ContinuousConfig ContinuousConfig::read(sql::TenantTx& tx) {
    const domain::ContinuousPolicy policy = domain::continuous_policy(tx);
    return {policy.re_verify_interval_minutes, policy.confidence_decay_rate, policy.min_confidence};
}
Result<void> ContinuousConfig::change(sql::TenantTx& tx, const ContinuousRequest& request, TimeMs now) {
    return outcome_of(domain::change_continuous_policy(
        tx, {request.re_verify_interval_minutes, request.confidence_decay_rate, request.min_confidence}, now));
}

const Schema<LivenessRequest>& LivenessRequest::schema() {
    static const Schema<LivenessRequest> kSchema("LivenessPolicyRequest", liveness_fields<LivenessRequest>());
    return kSchema;
}
const Schema<LivenessConfig>& LivenessConfig::schema() {
    static const Schema<LivenessConfig> kSchema("LivenessPolicy", liveness_fields<LivenessConfig>());
    return kSchema;
}
LivenessConfig LivenessConfig::read(sql::TenantTx& tx) {
    const domain::LivenessPolicy policy = domain::liveness_policy(tx);
    return {std::string(domain::name_of(policy.challenge)), policy.movement_step_up, policy.min_confidence};
}
Result<void> LivenessConfig::change(sql::TenantTx& tx, const LivenessRequest& request, TimeMs now) {
    domain::LivenessPolicyChange change{{}, request.movement_step_up, request.min_confidence};
    if (request.challenge) change.challenge = domain::challenge_choice(*request.challenge);
    return outcome_of(domain::change_liveness_policy(tx, change, now));
}

}  // namespace facegate::api
