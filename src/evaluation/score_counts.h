#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace facegate::evaluation {

/// Equal steps between the lowest and the highest possible score. Scores beyond the ends count at the ends.
struct ScoreGrid {
    static constexpr std::size_t kSteps = std::size_t{1} << 18;

    double low = 0;
    double high = 1;

    [[nodiscard]] double step() const { return (high - low) / static_cast<double>(kSteps); }
    /// The lower edge of a step; `kSteps` gives `high`.
    [[nodiscard]] double edge(std::size_t index) const { return low + step() * static_cast<double>(index); }
    /// The step that a score falls into.
    [[nodiscard]] std::size_t index_of(float score) const {
        const double place = (static_cast<double>(score) - low) / step();
        if (!(place > 0)) return 0;  // also NaN
        return place >= static_cast<double>(kSteps) ? kSteps - 1 : static_cast<std::size_t>(place);
    }
    bool operator==(const ScoreGrid&) const = default;
};

/// How many scores fell into each step of a grid. Not thread-safe: one for each thread, merged in the end.
class ScoreCounts {
public:
    explicit ScoreCounts(const ScoreGrid& grid) : grid_(grid), counts_(ScoreGrid::kSteps) {}

    void add(float score) { ++counts_[grid_.index_of(score)]; }
    void add(std::span<const float> scores) {
        for (const float score : scores) add(score);
    }
    /// Throws std::logic_error when the grids differ.
    void merge(const ScoreCounts& other);

    [[nodiscard]] const ScoreGrid& grid() const { return grid_; }
    [[nodiscard]] std::uint64_t total() const;
    /// Element i: the number of scores of at least `grid().edge(i)`; one element more than there are steps, the last 0.
    [[nodiscard]] std::vector<std::uint64_t> at_least() const;

private:
    ScoreGrid grid_;
    std::vector<std::uint64_t> counts_;
};

}  // namespace facegate::evaluation
