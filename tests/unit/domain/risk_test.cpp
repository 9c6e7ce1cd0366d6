#include "domain/risk/risk.h"

#include <gtest/gtest.h>

namespace facegate::domain {
namespace {

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
        {{true, 0, 2, 100}, "new_device", 0.15},
        {{false, 3, 2, 100}, "device_shared_by_many_users", 0.10},
        {{false, 1000, 2, 100}, "device_shared_by_many_users", 0.30},
        {{false, 0, 0, 100}, "low_match_margin", 0.25},
        {{false, 0, 0.6, 100}, "low_match_margin", 0.10},
        {{false, 0, 2, 90}, "borderline_liveness", 0.25},
        {{false, 0, 2, 94}, "borderline_liveness", 0.05},
        {{false, 0, 2, 100, true}, "reduced_liveness", 0.15},
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
    EXPECT_TRUE(assess({false, 2, 1, 95}).factors.empty());
    EXPECT_TRUE(assess({false, 0, 1e9, 100}).factors.empty());
}

TEST(Risk, FactorsAddUpTheLargestFirst) {
    const auto assessment = assess({true, 4, 0, 100});
    ASSERT_EQ(assessment.factors.size(), 3U);
    EXPECT_EQ(assessment.factors[0].name, "low_match_margin");
    EXPECT_EQ(assessment.factors[1].name, "device_shared_by_many_users");
    EXPECT_EQ(assessment.factors[2].name, "new_device");
    EXPECT_DOUBLE_EQ(assessment.score, 0.6);
    EXPECT_EQ(name_of(assessment.level), "high");
    EXPECT_EQ(name_of(assess({true, 0, 0, 100}).level), "medium");
}

TEST(Risk, OneFactorAloneNeverAsksForAStepUpAndAllTogetherBlock) {
    EXPECT_LT(assess({false, 1000, 2, 100}).score, kStepUpThreshold);
    EXPECT_LT(assess({false, 0, 2, 100, true}).score, kStepUpThreshold);
    EXPECT_GE(assess({true, 1000, 0, 90}).score, kBlockThreshold);
    EXPECT_LE(assess({true, 1000, -5, 0, true}).score, 1.0);
}

}  // namespace
}  // namespace facegate::domain
