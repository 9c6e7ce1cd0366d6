#include "domain/risk/risk.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "domain/policies/risk_policy.h"

namespace facegate::domain {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr RiskPolicy kDefault{};

TEST(Risk, NothingUnusualIsNoRisk) {
    const auto assessment = assess({});
    EXPECT_EQ(assessment.score, 0);
    EXPECT_EQ(name_of(assessment.level), "low");
    EXPECT_TRUE(assessment.factors.empty());
}

TEST(Risk, EachFactorAddsItsWeight) {
    struct Case {
        RiskInputs inputs;
        const char* factor;
        double contribution;
    };
    const std::vector<Case> cases{
        {{.new_device = true}, "new_device", 0.15},
        {{.other_users_on_device = 3}, "device_shared_by_many_users", 0.10},
        {{.other_users_on_device = 1000}, "device_shared_by_many_users", 0.30},
        {{.match_margin = 0}, "low_match_margin", 0.25},
        {{.match_margin = 0.6}, "low_match_margin", 0.10},
        {{.liveness_confidence = 90}, "borderline_liveness", 0.25},
        {{.liveness_confidence = 94}, "borderline_liveness", 0.05},
        {{.movement_only = true}, "reduced_liveness", 0.15},
        {{.failures_used = 0.8}, "recent_failures", 0.24},
        {{.failures_used = 1}, "recent_failures", 0.30},
        {{.velocity = 0.4}, "velocity", 0.10},
        {{.velocity = 1}, "velocity", 0.25},
        {{.usual_hour = 0}, "unusual_hour", 0.10},
        {{.usual_hour = 0.02}, "unusual_hour", 0.06},
        {{.enrollment_expired = true}, "enrollment_expired", 0.15},
    };
    for (const auto& [inputs, factor, contribution] : cases) {
        const auto assessment = assess(inputs);
        ASSERT_EQ(assessment.factors.size(), 1U) << factor;
        EXPECT_EQ(assessment.factors.front().name, factor);
        EXPECT_DOUBLE_EQ(assessment.factors.front().contribution, contribution);
        EXPECT_DOUBLE_EQ(assessment.score, contribution);
    }
}

TEST(Risk, UsualValuesContributeNothing) {
    EXPECT_TRUE(assess({.other_users_on_device = 2, .match_margin = 1, .liveness_confidence = 95}).factors.empty());
    EXPECT_TRUE(assess({.match_margin = 1e9, .usual_hour = 0.05}).factors.empty());
}

TEST(Risk, FactorsAddUpTheLargestFirst) {
    const auto assessment = assess({.new_device = true, .other_users_on_device = 4, .match_margin = 0});
    ASSERT_EQ(assessment.factors.size(), 3U);
    EXPECT_EQ(assessment.factors[0].name, "low_match_margin");
    EXPECT_EQ(assessment.factors[1].name, "device_shared_by_many_users");
    EXPECT_EQ(assessment.factors[2].name, "new_device");
    EXPECT_DOUBLE_EQ(assessment.score, 0.6);
    EXPECT_EQ(name_of(assessment.level), "high");
    EXPECT_EQ(name_of(assess({.new_device = true, .match_margin = 0}).level), "medium");
}

TEST(Risk, OneFactorAloneNeverAsksForAStepUpAndAllTogetherBlock) {
    double all = 0;
    for (const RiskFactorRow& row : risk_factor_table()) {
        EXPECT_LT(row.at_most, kDefault.step_up_threshold) << row.name;
        EXPECT_FALSE(row.measures.empty() || row.reason.empty()) << row.name;
        all += row.at_most;
    }
    EXPECT_GE(all, kDefault.block_threshold);
    EXPECT_GE(
        assess({.new_device = true, .other_users_on_device = 1000, .match_margin = 0, .liveness_confidence = 90}).score,
        kDefault.block_threshold);
}

RiskInputs drawn(std::mt19937& engine) {
    std::uniform_real_distribution<double> unit(-0.2, 1.2);
    std::uniform_int_distribution<int> people(0, 8);
    RiskInputs inputs;
    inputs.new_device = unit(engine) > 0.5;
    inputs.other_users_on_device = people(engine);
    inputs.match_margin = 2 * unit(engine);
    inputs.liveness_confidence = 88 + 12 * unit(engine);
    inputs.movement_only = unit(engine) > 0.5;
    inputs.failures_used = unit(engine);
    inputs.velocity = unit(engine);
    inputs.usual_hour = unit(engine) / 8;
    inputs.enrollment_expired = unit(engine) > 0.5;
    return inputs;
}

TEST(RiskProperties, TheScoreIsBoundedAndIsTheSumOfItsFactors) {
    std::mt19937 engine(7);
    for (int i = 0; i < 2000; ++i) {
        const RiskAssessment assessment = assess(drawn(engine));
        EXPECT_GE(assessment.score, 0);
        EXPECT_LE(assessment.score, 1);
        double sum = 0;
        for (const RiskFactor& factor : assessment.factors) {
            EXPECT_GT(factor.contribution, 0);
            sum += factor.contribution;
        }
        EXPECT_NEAR(assessment.score, std::min(1.0, sum), 1e-9);
    }
}

TEST(RiskProperties, WhatIsWorseNeverLowersTheScore) {
    std::mt19937 engine(11);
    using Worsen = void (*)(RiskInputs&, double);
    const std::vector<Worsen> ways = {
        [](RiskInputs& in, double) { in.new_device = true; },
        [](RiskInputs& in, double by) { in.other_users_on_device += static_cast<std::int64_t>(10 * by); },
        [](RiskInputs& in, double by) { in.match_margin -= by; },
        [](RiskInputs& in, double by) { in.liveness_confidence -= 10 * by; },
        [](RiskInputs& in, double) { in.movement_only = true; },
        [](RiskInputs& in, double by) { in.failures_used += by; },
        [](RiskInputs& in, double by) { in.velocity += by; },
        [](RiskInputs& in, double by) { in.usual_hour -= by / 10; },
        [](RiskInputs& in, double) { in.enrollment_expired = true; },
    };
    EXPECT_EQ(ways.size(), risk_factor_table().size()) << "a way for every factor";
    std::uniform_real_distribution<double> step(0, 1);
    for (int i = 0; i < 500; ++i) {
        const RiskInputs before = drawn(engine);
        for (std::size_t way = 0; way < ways.size(); ++way) {
            RiskInputs after = before;
            ways[way](after, step(engine));
            EXPECT_GE(assess(after).score, assess(before).score) << "way " << way;
        }
    }
}

TEST(Velocity, RisesBetweenItsTwoNumbers) {
    EXPECT_EQ(velocity_of({5, 10, 60}), 0);
    EXPECT_DOUBLE_EQ(velocity_of({8, 0, 0}), 0.2);
    EXPECT_DOUBLE_EQ(velocity_of({0, 25, 0}), 0.5);
    EXPECT_DOUBLE_EQ(velocity_of({0, 0, 240}), 1);
    EXPECT_DOUBLE_EQ(velocity_of({8, 25, 70}), 0.5) << "the largest counts";
    EXPECT_EQ(velocity_of({20, 0, 0}), 1);
    EXPECT_EQ(velocity_of({1'000'000, 0, 0}), 1);
}

TEST(UsualHour, IsLearnedFromTwentySignIns) {
    const TimeMs nine = TimeMs(std::chrono::sys_days(std::chrono::year(2026) / 5 / 4)) + hours(9);
    std::vector<TimeMs> mornings;
    for (int day = 1; day <= 19; ++day) mornings.push_back(nine - std::chrono::days(day) + minutes(day));
    EXPECT_EQ(share_of_hour(mornings, nine + hours(12)), 1) << "too few to know";
    mornings.push_back(nine - std::chrono::days(20));
    EXPECT_EQ(share_of_hour(mornings, nine), 1);
    EXPECT_EQ(share_of_hour(mornings, nine - hours(1)), 0.05) << "only the one that was just within the hour";
    EXPECT_EQ(share_of_hour(mornings, nine + hours(12)), 0);
    mornings.back() = nine + hours(12) - std::chrono::days(3);
    EXPECT_EQ(share_of_hour(mornings, nine + hours(12)), 0.05) << "one in twenty is not unusual";
}

TEST(UsualHour, GoesAroundMidnight) {
    const TimeMs midnight = std::chrono::sys_days(std::chrono::year(2026) / 5 / 4);
    std::vector<TimeMs> late;
    for (int day = 1; day <= 20; ++day) late.push_back(midnight - std::chrono::days(day) - minutes(20));
    EXPECT_EQ(share_of_hour(late, midnight + minutes(30)), 1);
    EXPECT_EQ(share_of_hour(late, midnight + minutes(41)), 0);
}

TEST(RiskFactorTable, NamesEveryFactorOnce) {
    const std::string table = risk_factor_table_markdown();
    for (const RiskFactorRow& row : risk_factor_table()) {
        const std::string name = "`" + std::string(row.name) + "`";
        EXPECT_NE(table.find(name), std::string::npos);
        EXPECT_EQ(table.find(name), table.rfind(name));
    }
}

}  // namespace
}  // namespace facegate::domain
