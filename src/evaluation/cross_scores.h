#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "evaluation/dot_tiles.h"

namespace facegate::evaluation {

/// Vectors of one length, laid out for comparing all with all: sixteen side by side. Filling it is not thread-safe.
class VectorTable {
public:
    static constexpr std::size_t kGroup = kTile;

    VectorTable(std::size_t count, std::size_t dimension);

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t dimension() const { return dimension_; }
    /// `vector` has `dimension()` values, else std::invalid_argument.
    void set(std::size_t row, std::span<const float> vector);
    /// Value k of sixteen rows, then value k + 1 of them; rows past the last are zeros.
    [[nodiscard]] const float* group(std::size_t index) const { return values_.data() + index * kGroup * dimension_; }

private:
    std::size_t count_;
    std::size_t dimension_;
    std::vector<float> values_;
};

/// A part of the matrix of all scores: rows from `row`, columns from `column`. Valid during the call that gets it.
struct ScoreBlock {
    std::size_t row = 0;
    std::size_t column = 0;
    std::size_t rows = 0;
    std::size_t columns = 0;
    const float* scores = nullptr;
    std::size_t stride = 0;

    /// Scores of row `row + i` with the block's columns.
    [[nodiscard]] std::span<const float> of_row(std::size_t i) const { return {scores + i * stride, columns}; }
};

/// Called for each block, on thread `thread` from 0; never twice at once for the same thread.
using BlockVisitor = std::function<void(std::size_t thread, const ScoreBlock& block)>;

/// score(i, j) = dot(a_i, b_j) + bias for all rows i of `a` and j of `b`, on `threads` threads. In single precision:
/// within 1e-4 of the exact sum for vectors like a pack's. Blocks come in any order. Ends early, without an error, once
/// `stop` is set. What a visitor throws ends the run and is thrown.
void score_all(const VectorTable& a, const VectorTable& b, float bias, std::size_t threads, const BlockVisitor& visit,
               const std::atomic<bool>* stop = nullptr);

/// The same for a table with itself, leaving out blocks that lie wholly below the diagonal: every pair i < j is in
/// exactly one block, some pairs i >= j come along.
void score_pairs(const VectorTable& table, float bias, std::size_t threads, const BlockVisitor& visit,
                 const std::atomic<bool>* stop = nullptr);

}  // namespace facegate::evaluation
