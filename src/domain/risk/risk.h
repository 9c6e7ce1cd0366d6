#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace facegate::domain {

/// Defaults of the tenant's risk policy.
inline constexpr double kBlockThreshold = 0.9;
inline constexpr double kStepUpThreshold = 0.6;

enum class RiskLevel { kLow, kMedium, kHigh };

/// "low" (under 0.3), "medium" (under 0.6) or "high".
std::string_view name_of(RiskLevel level);
RiskLevel level_of(double score);

/// What is measured at a sign-in.
struct RiskInputs {
    bool new_device = false;
    std::int64_t other_users_on_device = 0;
    double match_margin = 2;  ///< decades of false-match probability below what was required; see match_margin()
    double liveness_confidence = 100;  ///< 0-100
    bool movement_only = false;        ///< liveness was proved by movement, without light
};

struct RiskFactor {
    std::string name;
    double contribution = 0;  ///< added to the score, two decimals
};

struct RiskAssessment {
    double score = 0;  ///< 0-1, two decimals: the sum of the contributions
    RiskLevel level = RiskLevel::kLow;
    std::vector<RiskFactor> factors;  ///< those that contribute, the largest first
};

/// The factors and what each adds at most:
///   new_device 0.15; device_shared_by_many_users 0.30 (0.10 for each other user beyond two);
///   low_match_margin 0.25 (falling to 0 at one decade); borderline_liveness 0.25 (confidence 90, falling to 0 at 95);
///   reduced_liveness 0.15 (movement without light: as much as a device that is new; alone it never asks for a
///   step-up).
RiskAssessment assess(const RiskInputs& inputs);

}  // namespace facegate::domain
