#include "evaluation/score_counts.h"

#include <numeric>
#include <stdexcept>

namespace facegate::evaluation {

void ScoreCounts::merge(const ScoreCounts& other) {
    if (!(grid_ == other.grid_)) throw std::logic_error("score counts on different grids");
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::uint64_t ScoreCounts::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::vector<std::uint64_t> ScoreCounts::at_least() const {
    std::vector<std::uint64_t> result(counts_.size() + 1);
    for (std::size_t i = counts_.size(); i > 0; --i) result[i - 1] = result[i] + counts_[i - 1];
    return result;
}

}  // namespace facegate::evaluation
