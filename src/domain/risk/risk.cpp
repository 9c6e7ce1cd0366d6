#include "domain/risk/risk.h"

#include <algorithm>
#include <cmath>

#include "domain/decision/decision.h"

namespace facegate::domain {

namespace {

constexpr double kNewDevice = 0.15;
constexpr double kSharedDevicePerUser = 0.10;
constexpr double kSharedDeviceAtMost = 0.30;
constexpr std::int64_t kUsersPerDeviceExpected = 2;
constexpr double kLowMargin = 0.25;
constexpr double kMarginEnough = 1.0;  // decades
constexpr double kBorderlineLiveness = 0.25;
constexpr double kLivenessEnough = 95;
constexpr double kReducedLiveness = 0.15;
constexpr double kMediumFrom = 0.3;
constexpr double kHighFrom = 0.6;

double two_decimals(double value) {
    return std::round(value * 100) / 100;
}

}  // namespace

std::string_view name_of(RiskLevel level) {
    switch (level) {
        case RiskLevel::kLow: return "low";
        case RiskLevel::kMedium: return "medium";
        case RiskLevel::kHigh: return "high";
    }
    return "high";
}

RiskLevel level_of(double score) {
    if (score >= kHighFrom) return RiskLevel::kHigh;
    return score >= kMediumFrom ? RiskLevel::kMedium : RiskLevel::kLow;
}

RiskAssessment assess(const RiskInputs& inputs) {
    RiskAssessment assessment;
    const auto add = [&](const char* name, double contribution) {
        const double rounded = two_decimals(contribution);
        if (rounded > 0) assessment.factors.push_back({name, rounded});
    };
    const auto strangers = std::max<std::int64_t>(0, inputs.other_users_on_device - kUsersPerDeviceExpected);
    const double liveness_range = kLivenessEnough - kLiveConfidence;
    add("new_device", inputs.new_device ? kNewDevice : 0);
    add("device_shared_by_many_users",
        std::min(kSharedDeviceAtMost, kSharedDevicePerUser * static_cast<double>(strangers)));
    add("low_match_margin", kLowMargin * std::clamp(1 - inputs.match_margin / kMarginEnough, 0.0, 1.0));
    add("borderline_liveness",
        kBorderlineLiveness * std::clamp((kLivenessEnough - inputs.liveness_confidence) / liveness_range, 0.0, 1.0));
    add("reduced_liveness", inputs.movement_only ? kReducedLiveness : 0);
    std::ranges::stable_sort(assessment.factors, std::ranges::greater{}, &RiskFactor::contribution);
    for (const auto& factor : assessment.factors) assessment.score += factor.contribution;
    assessment.score = two_decimals(std::min(1.0, assessment.score));
    assessment.level = level_of(assessment.score);
    return assessment;
}

}  // namespace facegate::domain
