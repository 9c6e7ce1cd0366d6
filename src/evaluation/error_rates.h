#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evaluation/confidence_interval.h"
#include "evaluation/score_counts.h"

namespace facegate::evaluation {

/// The false match rates that reports list, falling.
inline constexpr double kReportedRates[] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};

/// What happens at the lowest threshold whose false match rate is within a wanted one.
struct OperatingPoint {
    double wanted_fmr = 0;
    Support support = Support::kNone;
    double s = 0;                     ///< threshold: a comparison matches at `s` or above
    std::uint64_t false_matches = 0;  ///< impostor comparisons that do
    double fmr = 0;                   ///< exactly, at `s`
    double fnmr = 0;                  ///< exactly, at `s`
    Interval fnmr_interval;           ///< 95 %, as if each person had been compared once
};

struct CurvePoint {
    double s = 0;
    double fmr = 0;
    double fnmr = 0;
};

struct EqualErrorRate {
    double rate = 0;
    double s = 0;
};

/// False match rate (impostors at or above the threshold) and false non-match rate (genuine below it) by threshold; the
/// terms of ISO/IEC 19795-1. Immutable.
class ErrorRates {
public:
    /// On the same grid, else std::logic_error. `genuine_people`: how many people the genuine comparisons come from.
    ErrorRates(const ScoreCounts& genuine, const ScoreCounts& impostor, std::uint64_t genuine_people);

    [[nodiscard]] std::uint64_t genuine() const { return genuine_.front(); }
    [[nodiscard]] std::uint64_t impostor() const { return impostor_.front(); }
    [[nodiscard]] std::uint64_t genuine_people() const { return genuine_people_; }
    /// Both kinds of comparisons were made; without them every rate is 0.
    [[nodiscard]] bool measured() const { return genuine() > 0 && impostor() > 0; }

    /// At the lowest threshold with a false match rate of at most `wanted_fmr`.
    [[nodiscard]] OperatingPoint at_fmr(double wanted_fmr) const;
    /// Where both rates meet, interpolated linearly between the two thresholds around it.
    [[nodiscard]] EqualErrorRate equal_error_rate() const;
    /// From FMR 1 down to three false matches (rule of 3), about `per_decade` points for each power of ten, each as
    /// exact as at_fmr.
    [[nodiscard]] std::vector<CurvePoint> curve(int per_decade) const;

private:
    [[nodiscard]] CurvePoint point_at(std::size_t index) const;
    [[nodiscard]] std::size_t index_at_fmr(double wanted_fmr) const;

    ScoreGrid grid_;
    std::vector<std::uint64_t> genuine_;   ///< at or above each edge
    std::vector<std::uint64_t> impostor_;  ///< at or above each edge
    std::uint64_t genuine_people_ = 0;
};

}  // namespace facegate::evaluation
