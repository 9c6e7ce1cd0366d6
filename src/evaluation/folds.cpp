#include "evaluation/folds.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace facegate::evaluation {

double best_threshold(const std::vector<ScoredPair>& pairs) {
    if (pairs.empty()) throw std::invalid_argument("no pairs to choose a threshold on");
    std::vector<ScoredPair> sorted = pairs;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
    // Below all scores everything matches: right are the genuine ones. Each impostor passed is one more, each genuine
    // pair passed one less.
    std::ptrdiff_t gain = 0;
    std::ptrdiff_t best_gain = 0;
    double best = sorted.front().score - 1;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        gain += sorted[i].genuine ? -1 : 1;
        const bool tied = i + 1 < sorted.size() && sorted[i + 1].score <= sorted[i].score;
        if (tied || gain <= best_gain) continue;
        best_gain = gain;
        best = i + 1 < sorted.size() ? (sorted[i].score + sorted[i + 1].score) / 2 : sorted[i].score + 1;
    }
    return best;
}

FoldAccuracy accuracy_by_folds(const std::vector<ScoredPair>& pairs) {
    std::map<std::size_t, std::vector<ScoredPair>> folds;
    for (const ScoredPair& pair : pairs) folds[pair.fold].push_back(pair);
    if (folds.size() < 2) throw std::invalid_argument("accuracy by folds needs two folds or more");
    FoldAccuracy result;
    for (const auto& [fold, judged] : folds) {
        std::vector<ScoredPair> others;
        std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(others),
                     [&, own = fold](const ScoredPair& pair) { return pair.fold != own; });
        const double threshold = best_threshold(others);
        const auto right = std::count_if(judged.begin(), judged.end(), [threshold](const ScoredPair& pair) {
            return (pair.score >= threshold) == pair.genuine;
        });
        result.by_fold.push_back(static_cast<double>(right) / static_cast<double>(judged.size()));
    }
    const auto count = static_cast<double>(result.by_fold.size());
    for (const double accuracy : result.by_fold) result.mean += accuracy / count;
    double squares = 0;
    for (const double accuracy : result.by_fold) squares += (accuracy - result.mean) * (accuracy - result.mean);
    result.deviation = std::sqrt(squares / (count - 1));
    result.standard_error = result.deviation / std::sqrt(count);
    return result;
}

}  // namespace facegate::evaluation
