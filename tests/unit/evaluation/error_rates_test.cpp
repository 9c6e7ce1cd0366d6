#include "evaluation/error_rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "evaluation/calibration_fit.h"

namespace facegate::evaluation {
namespace {

constexpr ScoreGrid kGrid{-10, 20};

ScoreCounts counts_of(const std::vector<float>& scores, const ScoreGrid& grid = kGrid) {
    ScoreCounts counts(grid);
    counts.add(scores);
    return counts;
}

std::vector<float> normal_scores(double mean, std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(mean, 1);
    std::vector<float> scores(count);
    for (float& score : scores) score = static_cast<float>(normal(random));
    return scores;
}

/// P(X >= x) of the standard normal distribution.
double upper_tail(double x) {
    return std::erfc(x / std::sqrt(2.0)) / 2;
}

TEST(ErrorRates, OfTwoNormalDistributionsAreTheClosedForms) {
    constexpr double kApart = 4;
    constexpr std::size_t kGenuine = 200'000;
    constexpr std::size_t kImpostor = 4'000'000;
    const ErrorRates rates(counts_of(normal_scores(kApart, kGenuine, 1)), counts_of(normal_scores(0, kImpostor, 2)),
                           kGenuine);
    const double eer = upper_tail(kApart / 2);
    EXPECT_NEAR(rates.equal_error_rate().rate, eer, 5 * std::sqrt(eer / kGenuine));
    EXPECT_NEAR(rates.equal_error_rate().s, kApart / 2, 0.02);
    // The quantiles of the normal distribution at 1 - FMR.
    const std::pair<double, double> quantiles[] = {
        {1e-1, 1.2815516}, {1e-2, 2.3263479}, {1e-3, 3.0902323}, {1e-4, 3.7190165}, {1e-5, 4.2648908}};
    for (const auto& [fmr, quantile] : quantiles) {
        const OperatingPoint point = rates.at_fmr(fmr);
        // Standard error of an empirical quantile: sqrt(p / n) / density.
        const double density = std::exp(-quantile * quantile / 2) / std::sqrt(2 * M_PI);
        EXPECT_NEAR(point.s, quantile, 5 * std::sqrt(fmr / kImpostor) / density + kGrid.step()) << fmr;
        const double fnmr = upper_tail(kApart - point.s);
        EXPECT_NEAR(point.fnmr, fnmr, 5 * std::sqrt(fnmr / kGenuine)) << fmr;
        EXPECT_LE(point.fnmr_interval.low, fnmr);
        EXPECT_GE(point.fnmr_interval.high, fnmr);
        EXPECT_LE(point.fmr, fmr);
        EXPECT_EQ(point.support, Support::kFirm);
    }
    EXPECT_EQ(rates.at_fmr(1e-6).support, Support::kWeak);
    EXPECT_EQ(rates.at_fmr(1e-7).support, Support::kNone);
}

TEST(ErrorRates, CountExactlyAtTheThreshold) {
    const auto impostor = normal_scores(0, 10'000, 3);
    const auto genuine = normal_scores(2, 1'000, 4);
    const ErrorRates rates(counts_of(genuine), counts_of(impostor), 1'000);
    for (const double fmr : {0.3, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5}) {
        const OperatingPoint point = rates.at_fmr(fmr);
        const auto above = [&](float score) { return double{score} >= point.s; };
        EXPECT_EQ(point.false_matches, std::count_if(impostor.begin(), impostor.end(), above));
        const auto accepted = static_cast<double>(std::count_if(genuine.begin(), genuine.end(), above));
        EXPECT_NEAR(point.fnmr, 1 - accepted / 1000, 1e-12);
        // One step lower would be too many.
        const double lower = point.s - kGrid.step();
        const auto more = std::count_if(impostor.begin(), impostor.end(), [&](float s) { return double{s} >= lower; });
        EXPECT_GT(static_cast<double>(more), fmr * 10'000);
    }
}

TEST(ErrorRates, TiesFallTogether) {
    // Ten impostors of which four share a score: no threshold lets exactly two through.
    const ErrorRates rates(counts_of({5, 5, 1}), counts_of({3, 3, 3, 3, 1, 1, 1, 0, 0, 4}), 3);
    EXPECT_EQ(rates.at_fmr(0.1).false_matches, 1U);
    EXPECT_EQ(rates.at_fmr(0.2).false_matches, 1U);
    EXPECT_EQ(rates.at_fmr(0.4).false_matches, 1U);
    EXPECT_EQ(rates.at_fmr(0.5).false_matches, 5U);
    EXPECT_DOUBLE_EQ(rates.at_fmr(0.5).fnmr, 1.0 / 3);
    EXPECT_EQ(rates.at_fmr(0.09).false_matches, 0U);
}

TEST(ErrorRates, TinyAndEmptyInputs) {
    const ErrorRates none(counts_of({}), counts_of({}), 0);
    EXPECT_FALSE(none.measured());
    EXPECT_TRUE(none.curve(10).empty());
    EXPECT_EQ(none.at_fmr(0.1).support, Support::kNone);
    EXPECT_EQ(none.equal_error_rate().rate, 0);
    EXPECT_TRUE(fit_calibration(none).empty());

    const ErrorRates apart(counts_of({9}), counts_of({1}), 1);
    EXPECT_TRUE(apart.measured());
    EXPECT_NEAR(apart.equal_error_rate().rate, 0, 1e-12);
    EXPECT_EQ(apart.at_fmr(1e-6).fnmr, 0);
    EXPECT_GT(apart.at_fmr(1e-6).s, 1);

    const ErrorRates swapped(counts_of({1}), counts_of({9}), 1);
    EXPECT_NEAR(swapped.equal_error_rate().rate, 1, 1e-12);
}

TEST(ErrorRates, CurveFallsFromAllToThreeFalseMatches) {
    const ErrorRates rates(counts_of(normal_scores(3, 10'000, 5)), counts_of(normal_scores(0, 100'000, 6)), 10'000);
    const auto curve = rates.curve(10);
    ASSERT_GE(curve.size(), 42U);
    ASSERT_LE(curve.size(), 47U);
    EXPECT_DOUBLE_EQ(curve.front().fmr, 1);
    EXPECT_NEAR(curve.back().fmr, 3e-5, 1e-12);
    for (std::size_t i = 1; i < curve.size(); ++i) {
        EXPECT_LT(curve[i].fmr, curve[i - 1].fmr);
        EXPECT_GE(curve[i].fnmr, curve[i - 1].fnmr);
        EXPECT_GT(curve[i].s, curve[i - 1].s);
    }
}

TEST(ScoreCounts, ScoresBeyondTheGridCountAtItsEnds) {
    ScoreCounts counts(kGrid);
    for (const float score : {-1e9F, 1e9F, -10.0F, 20.0F, std::nanf("")}) counts.add(score);
    const auto at_least = counts.at_least();
    EXPECT_EQ(at_least.front(), 5U);
    EXPECT_EQ(at_least[1], 2U);
    EXPECT_EQ(at_least[ScoreGrid::kSteps - 1], 2U);
    EXPECT_EQ(at_least.back(), 0U);
    EXPECT_THROW(counts.merge(ScoreCounts({0, 1})), std::logic_error);
}

TEST(CalibrationFit, KeepsWhatThirtyFalseMatchesSupport) {
    const auto points_for = [](std::size_t impostors) {
        return fit_calibration(ErrorRates(counts_of({5}), counts_of(normal_scores(0, impostors, 7)), 1));
    };
    EXPECT_TRUE(points_for(299).empty());
    EXPECT_EQ(points_for(3'000).size(), 2U);
    EXPECT_EQ(points_for(29'999).size(), 2U);
    const auto points = points_for(300'000);
    ASSERT_EQ(points.size(), 4U);
    const vision::Calibration calibration({{1, points}});
    // A standard normal's rate at the fitted thresholds, read back through the calibration.
    for (const double s : {1.2815516, 2.3263479, 3.0902323, 3.7190165}) {
        EXPECT_NEAR(std::log10(calibration.false_match_rate(s, 1).fmr), std::log10(upper_tail(s)), 0.15);
    }
}

TEST(CalibrationFit, LeavesOutRatesThatOneScoreShares) {
    // Nearly all impostors have one score, so that no threshold tells 1e-1 from 1e-2.
    std::vector<float> impostors(30'000, 2.0F);
    for (std::size_t i = 0; i < 20; ++i) impostors[i] = 3.0F;
    const auto points = fit_calibration(ErrorRates(counts_of({5}), counts_of(impostors), 1));
    ASSERT_EQ(points.size(), 1U);
    EXPECT_DOUBLE_EQ(points.front().fmr, 0.1);
}

}  // namespace
}  // namespace facegate::evaluation
