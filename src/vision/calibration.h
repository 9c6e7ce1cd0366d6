#pragma once

#include <map>
#include <optional>
#include <vector>

namespace facegate::vision {

/// Maps a fused score S to the probability that a comparison of two different people scores at least S, by the number
/// of independent photos in the template. Immutable value.
class Calibration {
public:
    struct Point {
        double fmr = 0;  ///< false match rate of one comparison
        double s = 0;    ///< the score that has it
    };
    struct Estimate {
        double fmr = 1;
        double decades = 0;         ///< -log10 of the rate, not stopped at 1e-9 nor at 1: for comparing two estimates
        bool extrapolated = false;  ///< beyond the measured points
    };

    /// One rate for which a calibration asks for a lower score than another one.
    struct Laxity {
        int photos = 0;
        double fmr = 0;
        double s = 0;        ///< its own threshold
        double other_s = 0;  ///< the other one's
    };
    /// In S; on the default pack a factor of 6 at FMR 1e-1 and of 50 at 1e-6, which is more than different people of
    /// one kind and chance explain.
    static constexpr double kLaxMargin = 2;

    Calibration() = default;
    /// Points by number of photos, each list with falling fmr and rising s, at least two points.
    explicit Calibration(std::map<int, std::vector<Point>> by_photos);

    /// Log-linear between the points; beyond the last two extrapolated and never below 1e-9; at most 1.
    /// A number of photos without a table uses the next larger one, which asks more; beyond the largest that one.
    [[nodiscard]] Estimate false_match_rate(double s, int photos) const;
    /// The score at which the rate falls to `fmr`.
    [[nodiscard]] double threshold(double fmr, int photos) const;
    /// The lowest rate that was measured for templates of so many photos; below it rates are extrapolated.
    [[nodiscard]] double lowest_measured(int photos) const;
    /// Where this threshold lies furthest below the other's, if by more than kLaxMargin: among the numbers of photos
    /// and the rates that either of them has points for. Both with a table at least.
    [[nodiscard]] std::optional<Laxity> laxer_than(const Calibration& other) const;
    /// The largest number of photos that has a table of its own; 0 without any table.
    [[nodiscard]] int most_photos() const { return by_photos_.empty() ? 0 : by_photos_.rbegin()->first; }

private:
    std::map<int, std::vector<Point>> by_photos_;
};

/// 0-100, one decimal: FMR 1e-1 -> 50, 1e-2 -> 80, 1e-3 -> 90, 1e-4 -> 95, 1e-5 -> 98, 1e-6 -> 99, S >= 15 -> 100;
/// linear in log10(FMR) between, towards 0 at FMR 1.
double confidence_of(double fmr, double s);

}  // namespace facegate::vision
