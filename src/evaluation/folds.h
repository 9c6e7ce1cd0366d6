#pragma once

#include <cstddef>
#include <vector>

namespace facegate::evaluation {

/// One comparison of a pairs list.
struct ScoredPair {
    std::size_t fold = 0;
    bool genuine = false;
    double score = 0;
};

/// The threshold that judges most pairs rightly, where a pair matches at the threshold or above: half-way between two
/// neighbouring scores, or just beyond all of them; the lowest of several equally good ones. At least one pair, else
/// std::invalid_argument.
double best_threshold(const std::vector<ScoredPair>& pairs);

struct FoldAccuracy {
    std::vector<double> by_fold;  ///< share of pairs judged rightly, for the folds that have pairs, in their order
    double mean = 0;
    double deviation = 0;  ///< standard deviation of `by_fold` (n - 1)
    double standard_error = 0;
};

/// Each fold is judged by the best threshold of all the others: the protocol of Huang et al., "Labeled Faces in the
/// Wild", 2007. At least two folds with pairs, else std::invalid_argument.
FoldAccuracy accuracy_by_folds(const std::vector<ScoredPair>& pairs);

}  // namespace facegate::evaluation
