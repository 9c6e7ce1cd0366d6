#include "evaluation/cross_scores.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>

namespace facegate::evaluation {
namespace {

struct Vectors {
    std::vector<std::vector<float>> rows;
    VectorTable table;

    Vectors(std::size_t count, std::size_t dimension, unsigned seed) : table(count, dimension) {
        std::mt19937 random(seed);
        std::normal_distribution<float> normal;
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<float> row(dimension);
            for (float& value : row) value = normal(random);
            table.set(i, row);
            rows.push_back(std::move(row));
        }
    }
};

double dot(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += double{a[k]} * double{b[k]};
    return sum;
}

using Pairs = std::map<std::pair<std::size_t, std::size_t>, float>;

/// Collects every score; a pair that comes twice is an error.
class Collector {
public:
    void operator()(std::size_t thread, const ScoreBlock& block) {
        const std::lock_guard lock(mutex_);
        EXPECT_LT(thread, 3U);
        for (std::size_t i = 0; i < block.rows; ++i) {
            const auto scores = block.of_row(i);
            for (std::size_t j = 0; j < scores.size(); ++j) {
                EXPECT_TRUE(pairs_.emplace(std::pair(block.row + i, block.column + j), scores[j]).second);
            }
        }
    }
    [[nodiscard]] const Pairs& pairs() const { return pairs_; }

private:
    std::mutex mutex_;
    Pairs pairs_;
};

TEST(CrossScores, AreTheDotProductsOfAllWithAll) {
    // Sizes that leave part groups and part blocks over.
    const Vectors a(101, 37, 1);
    const Vectors b(230, 37, 2);
    Collector collector;
    score_all(a.table, b.table, -1.5F, 3, [&](auto thread, const auto& block) { collector(thread, block); });
    ASSERT_EQ(collector.pairs().size(), 101U * 230U);
    for (const auto& [place, score] : collector.pairs()) {
        ASSERT_NEAR(score, dot(a.rows[place.first], b.rows[place.second]) - 1.5, 1e-4);
    }
}

TEST(CrossScores, PairsHaveEachPairOnce) {
    const Vectors a(205, 21, 3);
    Collector collector;
    score_pairs(a.table, 0.0F, 2, [&](auto thread, const auto& block) { collector(thread, block); });
    for (std::size_t i = 0; i < 205; ++i) {
        for (std::size_t j = i + 1; j < 205; ++j) {
            const auto found = collector.pairs().find({i, j});
            ASSERT_NE(found, collector.pairs().end());
            ASSERT_NEAR(found->second, dot(a.rows[i], a.rows[j]), 1e-4);
        }
    }
}

TEST(CrossScores, OfEmptyTablesAreNone) {
    const Vectors none(0, 21, 3);
    const Vectors some(5, 21, 3);
    const auto never = [](auto, const auto&) { FAIL(); };
    score_all(none.table, some.table, 0, 2, never);
    score_pairs(none.table, 0, 2, never);
    const Vectors other(5, 22, 3);
    EXPECT_THROW(score_all(some.table, other.table, 0, 1, never), std::invalid_argument);
}

TEST(CrossScores, StopWhenAskedOrWhenAVisitorThrows) {
    const Vectors a(1000, 8, 4);
    std::atomic<bool> stop{false};
    std::atomic<int> blocks{0};
    score_pairs(
        a.table, 0, 1,
        [&](auto, const auto&) {
            ++blocks;
            stop = true;
        },
        &stop);
    EXPECT_EQ(blocks, 1);
    EXPECT_THROW(score_pairs(a.table, 0, 2, [](auto, const auto&) { throw std::runtime_error("no"); }),
                 std::runtime_error);
}

TEST(DotTiles, EveryKernelComputesTheSame) {
    const Vectors a(16, 53, 5);
    const Vectors b(16, 53, 6);
    constexpr std::size_t kStride = 20;
    for (const TileKernel& kernel : usable_tile_kernels()) {
        SCOPED_TRACE(kernel.name);
        std::vector<float> out(16 * kStride, -99);
        kernel.multiply(a.table.group(0), b.table.group(0), 53, 0.5F, out.data(), kStride);
        for (std::size_t i = 0; i < 16; ++i) {
            for (std::size_t j = 0; j < 16; ++j)
                EXPECT_NEAR(out[i * kStride + j], dot(a.rows[i], b.rows[j]) + 0.5, 1e-4);
            for (std::size_t j = 16; j < kStride; ++j) EXPECT_EQ(out[i * kStride + j], -99);
        }
    }
}

TEST(VectorTable, RefusesWrongRows) {
    VectorTable table(2, 3);
    EXPECT_THROW(table.set(2, std::vector<float>(3)), std::invalid_argument);
    EXPECT_THROW(table.set(0, std::vector<float>(4)), std::invalid_argument);
}

}  // namespace
}  // namespace facegate::evaluation
