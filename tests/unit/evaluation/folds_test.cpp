#include "evaluation/folds.h"

#include <gtest/gtest.h>

#include <cmath>

namespace facegate::evaluation {
namespace {

TEST(BestThreshold, LiesHalfWayBetweenTheKinds) {
    EXPECT_DOUBLE_EQ(best_threshold({{0, true, 5}, {0, true, 7}, {0, false, 1}, {0, false, 2}}), 3.5);
}

TEST(BestThreshold, TakesTheLowestOfEquallyGoodOnes) {
    // Above 1 or above 3: one error either way.
    EXPECT_DOUBLE_EQ(best_threshold({{0, false, 1}, {0, true, 2}, {0, false, 3}, {0, true, 4}}), 1.5);
}

TEST(BestThreshold, DoesNotSplitTies) {
    EXPECT_DOUBLE_EQ(best_threshold({{0, false, 1}, {0, false, 2}, {0, true, 2}, {0, true, 2}, {0, true, 4}}), 1.5);
}

TEST(BestThreshold, OfOneKindLetsAllOrNoneThrough) {
    EXPECT_LT(best_threshold({{0, true, 3}, {0, true, 1}}), 1);
    EXPECT_GT(best_threshold({{0, false, 3}, {0, false, 1}}), 3);
    EXPECT_THROW((void)best_threshold({}), std::invalid_argument);
}

TEST(FoldAccuracy, IsWhatAHandComputes) {
    // Fold 0 judged by fold 1's threshold (1 + 2) / 2 = 1.5: the impostor at 3 is wrong, 1 of 2 right.
    // Fold 1 judged by fold 0's threshold (3 + 9) / 2 = 6: the genuine pair at 2 is wrong, 1 of 2 right.
    const std::vector<ScoredPair> pairs = {{0, true, 9}, {0, false, 3}, {1, true, 2}, {1, false, 1}};
    const FoldAccuracy accuracy = accuracy_by_folds(pairs);
    EXPECT_EQ(accuracy.by_fold, (std::vector<double>{0.5, 0.5}));
    EXPECT_DOUBLE_EQ(accuracy.mean, 0.5);
    EXPECT_DOUBLE_EQ(accuracy.deviation, 0);

    // A third fold, told apart by every threshold, and the others' thresholds with it: fold 0 by {2, 9 | 1, 2}: 1.5
    // is as good as 5.5 (one error), the lower counts; fold 1 by {9, 9 | 3, 2}: 6.
    std::vector<ScoredPair> three = pairs;
    three.push_back({2, true, 9});
    three.push_back({2, false, 2});
    const FoldAccuracy spread = accuracy_by_folds(three);
    ASSERT_EQ(spread.by_fold.size(), 3U);
    EXPECT_DOUBLE_EQ(spread.by_fold[0], 0.5);
    EXPECT_DOUBLE_EQ(spread.by_fold[1], 0.5);
    EXPECT_DOUBLE_EQ(spread.by_fold[2], 0.5);  // by {9, 2 | 3, 1}: 1.5, so that 2 is wrong
}

TEST(FoldAccuracy, DeviationIsOfTheSample) {
    std::vector<ScoredPair> pairs;
    // Each fold of four pairs: the thresholds of all others lie at 5; folds 1 and 3 have one error.
    for (std::size_t fold = 0; fold < 4; ++fold) {
        for (const double score : {8.0, 9.0}) pairs.push_back({fold, true, score});
        pairs.push_back({fold, false, 2});
        pairs.push_back({fold, false, fold % 2 == 1 ? 8.5 : 1.0});
    }
    const FoldAccuracy accuracy = accuracy_by_folds(pairs);
    EXPECT_EQ(accuracy.by_fold, (std::vector<double>{1, 0.75, 1, 0.75}));
    EXPECT_DOUBLE_EQ(accuracy.mean, 0.875);
    EXPECT_NEAR(accuracy.deviation, 0.125 * 2 / std::sqrt(3.0), 1e-12);
    EXPECT_NEAR(accuracy.standard_error, accuracy.deviation / 2, 1e-12);
}

TEST(FoldAccuracy, NeedsTwoFolds) {
    EXPECT_THROW((void)accuracy_by_folds({{3, true, 1}, {3, false, 0}}), std::invalid_argument);
}

}  // namespace
}  // namespace facegate::evaluation
