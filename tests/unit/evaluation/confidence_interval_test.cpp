#include "evaluation/confidence_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace facegate::evaluation {
namespace {

TEST(WilsonInterval, IsThePublishedOne) {
    // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    const struct {
        double errors, trials, low, high;
    } rows[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0000, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (const auto& row : rows) {
        const Interval interval = wilson_interval(row.errors / row.trials, row.trials);
        EXPECT_NEAR(interval.low, row.low, 5e-5);
        EXPECT_NEAR(interval.high, row.high, 5e-5);
    }
}

TEST(WilsonInterval, CoversTheTruthNineteenTimesInTwenty) {
    constexpr double kTruth = 0.05;
    constexpr int kTrials = 300;
    constexpr int kRepeats = 4000;
    std::mt19937 random(1);
    std::binomial_distribution<int> errors(kTrials, kTruth);
    int covered = 0;
    for (int i = 0; i < kRepeats; ++i) {
        const Interval interval = wilson_interval(static_cast<double>(errors(random)) / kTrials, kTrials);
        if (interval.low <= kTruth && kTruth <= interval.high) ++covered;
    }
    EXPECT_NEAR(static_cast<double>(covered) / kRepeats, 0.95, 0.02);
}

TEST(WilsonInterval, WithoutTrialsSaysNothing) {
    EXPECT_EQ(wilson_interval(0, 0).low, 0);
    EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

TEST(ClopperPearson, TheUpperBound) {
    // By hand: (1 - p)^n = 0.05, and 1 - p^n = 0.05 with one trial that went well.
    EXPECT_NEAR(clopper_pearson_upper(0, 20), 1 - std::pow(0.05, 1.0 / 20), 1e-9);
    EXPECT_NEAR(clopper_pearson_upper(9, 10), std::pow(0.95, 1.0 / 10), 1e-9);
    EXPECT_NEAR(clopper_pearson_upper(0, 1'000'000), 3e-6, 1e-7);
    EXPECT_EQ(clopper_pearson_upper(3, 3), 1);
    EXPECT_EQ(clopper_pearson_upper(0, 0), 1);
}

TEST(ClopperPearson, IsRarelySurpassedByTheTruth) {
    constexpr double kTruth = 0.05;
    constexpr int kTrials = 100;
    constexpr int kRepeats = 4000;
    std::mt19937 random(1);
    std::binomial_distribution<int> errors(kTrials, kTruth);
    int covered = 0;
    for (int i = 0; i < kRepeats; ++i) {
        if (clopper_pearson_upper(static_cast<std::uint64_t>(errors(random)), kTrials) >= kTruth) ++covered;
    }
    EXPECT_GE(static_cast<double>(covered) / kRepeats, 0.95 - 0.01);
    EXPECT_LE(static_cast<double>(covered) / kRepeats, 0.99);
}

TEST(Support, FollowsTheRulesOfThreeAndThirty) {
    EXPECT_EQ(support_for(1e-6, 2'999'999), Support::kNone);
    EXPECT_EQ(support_for(1e-6, 3'000'000), Support::kWeak);
    EXPECT_EQ(support_for(1e-6, 29'999'999), Support::kWeak);
    EXPECT_EQ(support_for(1e-6, 30'000'000), Support::kFirm);
    EXPECT_EQ(support_for(0.1, 0), Support::kNone);
}

}  // namespace
}  // namespace facegate::evaluation
