#include "domain/decision/decision.h"

#include <gtest/gtest.h>

namespace facegate::domain {
namespace {

TEST(Decision, ASearchIsJudgedByEveryoneSearched) {
    EXPECT_EQ(decide_search({1e-4, std::nullopt, 1}), MatchDecision::kMatched);
    EXPECT_EQ(decide_search({1e-4, std::nullopt, 10}), MatchDecision::kMatched);
    EXPECT_EQ(decide_search({1e-4, std::nullopt, 11}), MatchDecision::kClaimRequired);
    EXPECT_EQ(decide_search({1e-8, std::nullopt, 10'000}), MatchDecision::kMatched);
    EXPECT_EQ(decide_search({2e-7, std::nullopt, 10'000}), MatchDecision::kClaimRequired);
    EXPECT_EQ(decide_search({2e-4, std::nullopt, 10'000}), MatchDecision::kNoMatch);
    EXPECT_EQ(decide_search({0, std::nullopt, 0}), MatchDecision::kNoMatch);
}

TEST(Decision, ALoneUserIsStillSearchedAtTheSearchTarget) {
    EXPECT_EQ(decide_search({1e-3, std::nullopt, 1}), MatchDecision::kMatched);
    EXPECT_EQ(decide_search({1.1e-3, std::nullopt, 1}), MatchDecision::kNoMatch);
}

TEST(Decision, ASecondPersonWhoComesCloseNeedsAClaim) {
    EXPECT_EQ(decide_search({1e-8, 0.99, 10}), MatchDecision::kClaimRequired);
    EXPECT_EQ(decide_search({1e-8, 1.0, 10}), MatchDecision::kMatched);
    EXPECT_EQ(decide_search({1e-3, 0.1, 1}), MatchDecision::kNoMatch);
}

TEST(Decision, AClaimIsJudgedAlone) {
    EXPECT_EQ(decide_claim(1e-4), MatchDecision::kMatched);
    EXPECT_EQ(decide_claim(1.01e-4), MatchDecision::kNoMatch);
    EXPECT_EQ(decide_claim(1e-5, 1e-6), MatchDecision::kNoMatch);
}

TEST(Decision, DuplicatesAreJudgedByEveryoneEnrolled) {
    EXPECT_TRUE(is_duplicate(1e-9, 10'000));
    EXPECT_FALSE(is_duplicate(2e-9, 10'000));
    EXPECT_TRUE(is_duplicate(1e-5, 1));
    EXPECT_FALSE(is_duplicate(1e-9, 0));
    EXPECT_TRUE(is_duplicate(1e-9, 1'000'000)) << "no comparison can be surer than that";
    EXPECT_FALSE(is_duplicate(1.1e-9, 1'000'000));
    EXPECT_TRUE(is_duplicate(1e-4, 10, 1e-3));
}

TEST(Decision, TheUnionBoundStopsAtOne) {
    EXPECT_DOUBLE_EQ(search_false_match(1e-3, 10), 1e-2);
    EXPECT_DOUBLE_EQ(search_false_match(0.5, 10), 1);
}

TEST(Decision, MarginIsInDecades) {
    EXPECT_DOUBLE_EQ(match_margin(1e-6, 1e-4), 2);
    EXPECT_DOUBLE_EQ(match_margin(1e-4, 1e-4), 0);
    EXPECT_DOUBLE_EQ(match_margin(1e-2, 1e-4), 0);
    EXPECT_DOUBLE_EQ(match_margin(0, 1e-4), 0);
}

TEST(Decision, ConfidenceIsCoarseUnlessMatched) {
    EXPECT_DOUBLE_EQ(displayed_confidence(99.4, true, true), 99.4);
    EXPECT_DOUBLE_EQ(displayed_confidence(99.4, true, false), 99.4);
    EXPECT_DOUBLE_EQ(displayed_confidence(87.9, false, true), 80);
    EXPECT_DOUBLE_EQ(displayed_confidence(9.9, false, true), 0);
    EXPECT_DOUBLE_EQ(displayed_confidence(87.9, false, false), 0);
}

}  // namespace
}  // namespace facegate::domain
