#include "domain/risk/risk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "domain/decision/decision.h"

namespace facegate::domain {

namespace {

constexpr double kMediumFrom = 0.3;
constexpr double kHighFrom = 0.6;
constexpr std::size_t kHoursKnownFrom = 20;

double as_number(bool value) {
    return value ? 1 : 0;
}

constexpr std::array kTable = {
    RiskFactorRow{"new_device", 0.15, 0, 1, [](const RiskInputs& in) { return as_number(in.new_device); },
                  "1: this user has not signed in from the device within 90 days",
                  "everybody has a new device now and then; together with a weak match it is worth a second look"},
    RiskFactorRow{"device_shared_by_many_users", 0.30, 2, 5,
                  [](const RiskInputs& in) { return static_cast<double>(in.other_users_on_device); },
                  "other users of the device within 90 days, unless it is marked as shared",
                  "a family shares a tablet; one device for a whole list of people is how stolen faces are tried"},
    RiskFactorRow{"recent_failures", 0.30, 0, 1, [](const RiskInputs& in) { return in.failures_used; },
                  "share of the failures that lock, the largest of user and device, user, and network; fades within a "
                  "lockout's duration",
                  "who gets in at the last attempt before the lock may have been guessing"},
    RiskFactorRow{
        "velocity", 0.25, 0, 1, [](const RiskInputs& in) { return in.velocity; },
        "sign-ins within 10 minutes, the largest of: user 5 to 20, device 10 to 40, network 60 to 240; device "
        "and network only where they do not stand for many people",
        "people sign in a few times an hour, programs many times a minute"},
    RiskFactorRow{"low_match_margin", 0.25, 1, 0, [](const RiskInputs& in) { return in.match_margin; },
                  "decades between the false-match probability and what was required",
                  "just enough is enough to match, and where an impostor who matches would be found"},
    RiskFactorRow{"borderline_liveness", 0.25, 95, kLiveConfidence,
                  [](const RiskInputs& in) { return in.liveness_confidence; }, "confidence that it is a living person",
                  "just enough is enough to be live, and where an attack that passes would be found"},
    RiskFactorRow{"reduced_liveness", 0.15, 0, 1, [](const RiskInputs& in) { return as_number(in.movement_only); },
                  "1: liveness was proved by movement without light", "half of the proof; as much as a new device"},
    RiskFactorRow{"unusual_hour", 0.10, 0.05, 0, [](const RiskInputs& in) { return in.usual_hour; },
                  "share of the user's last 100 sign-ins within an hour of this time of day; from 20 sign-ins on",
                  "a hint and no more: people travel and work late"},
    RiskFactorRow{"enrollment_expired", 0.15, 0, 1,
                  [](const RiskInputs& in) { return as_number(in.enrollment_expired); },
                  "1: the enrollment is in its grace period", "faces change, so an old template proves less"},
};

double two_decimals(double value) {
    return std::round(value * 100) / 100;
}

/// 0 at `none` and beyond, 1 at `full` and beyond.
double ramp(double value, double none, double full) {
    return std::clamp((value - none) / (full - none), 0.0, 1.0);
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

double velocity_of(const RecentSignIns& recent) {
    return std::max({ramp(static_cast<double>(recent.of_user), 5, 20),
                     ramp(static_cast<double>(recent.of_device), 10, 40),
                     ramp(static_cast<double>(recent.of_network), 60, 240)});
}

double share_of_hour(std::span<const TimeMs> sign_ins, TimeMs now) {
    if (sign_ins.size() < kHoursKnownFrom) return 1;
    constexpr std::chrono::hours kDay{24};
    const auto close = std::ranges::count_if(sign_ins, [&](TimeMs at) {
        const Milliseconds apart = std::chrono::abs(now - at) % kDay;
        return std::min<Milliseconds>(apart, kDay - apart) <= std::chrono::hours(1);
    });
    return static_cast<double>(close) / static_cast<double>(sign_ins.size());
}

std::span<const RiskFactorRow> risk_factor_table() {
    return kTable;
}

RiskLevel level_of(double score) {
    if (score >= kHighFrom) return RiskLevel::kHigh;
    return score >= kMediumFrom ? RiskLevel::kMedium : RiskLevel::kLow;
}

RiskAssessment assess(const RiskInputs& inputs) {
    RiskAssessment assessment;
    for (const RiskFactorRow& row : kTable) {
        const double contribution = two_decimals(row.at_most * ramp(row.measure(inputs), row.none, row.full));
        if (contribution > 0) assessment.factors.push_back({std::string(row.name), contribution});
    }
    std::ranges::stable_sort(assessment.factors, std::ranges::greater{}, &RiskFactor::contribution);
    for (const RiskFactor& factor : assessment.factors) assessment.score += factor.contribution;
    assessment.score = two_decimals(std::min(1.0, assessment.score));
    assessment.level = level_of(assessment.score);
    return assessment;
}

std::string risk_factor_table_markdown() {
    std::string text = "| factor | adds at most | measures | nothing at | all at | why |\n|---|---|---|---|---|---|\n";
    for (const RiskFactorRow& row : kTable) {
        text += fmt::format("| `{}` | {:.2f} | {} | {} | {} | {} |\n", row.name, row.at_most, row.measures, row.none,
                            row.full, row.reason);
    }
    return text;
}

}  // namespace facegate::domain
