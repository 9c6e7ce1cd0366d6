#include "search/row_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "search/dot_kernels.h"

namespace facegate::search {
namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t size) {
    std::normal_distribution<float> normal(0.0F, 0.03F);
    std::vector<float> v(size);
    for (float& x : v) x = normal(random);
    return v;
}

TEST(DotKernelsTest, EverySetGivesTheSameBits) {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> code(-127, 127);
    for (const std::size_t width : {64U, 128U, 1152U}) {
        constexpr std::size_t kRows = 11;
        SecretArray<std::int8_t> rows(kRows * width);
        SecretArray<std::int16_t> probe(width);
        SecretArray<float> a(width);
        SecretArray<float> b(width);
        for (std::size_t i = 0; i < kRows * width; ++i) rows.data()[i] = static_cast<std::int8_t>(code(random));
        for (std::size_t i = 0; i < width; ++i) probe.data()[i] = static_cast<std::int16_t>(code(random) * 100);
        std::ranges::copy(random_vector(random, width), a.data());
        std::ranges::copy(random_vector(random, width), b.data());
        std::vector<std::int32_t> expected(kRows);
        const DotKernels& portable = usable_kernels().front();
        portable.coarse(rows.data(), kRows, width, probe.data(), expected.data());
        for (const DotKernels& kernels : usable_kernels()) {
            std::vector<std::int32_t> sums(kRows);
            kernels.coarse(rows.data(), kRows, width, probe.data(), sums.data());
            EXPECT_EQ(sums, expected) << kernels.name;
            EXPECT_EQ(kernels.exact(a.data(), b.data(), width), portable.exact(a.data(), b.data(), width))
                << kernels.name;
        }
    }
}

TEST(DotKernelsTest, ExtremeCodesDoNotOverflow) {
    constexpr std::size_t kWidth = 1152;
    const std::vector<float> ones(kWidth, 1.0F);
    const Probe probe(ones, kWidth);
    SecretArray<std::int8_t> row(kWidth);
    for (const int code : {127, -127}) {
        std::fill_n(row.data(), kWidth, static_cast<std::int8_t>(code));
        std::int64_t expected = 0;
        for (std::size_t i = 0; i < kWidth; ++i) expected += std::int64_t{code} * probe.codes()[i];
        for (const DotKernels& kernels : usable_kernels()) {
            std::int32_t sum = 0;
            kernels.coarse(row.data(), 1, kWidth, probe.codes(), &sum);
            EXPECT_EQ(sum, expected) << kernels.name;
        }
    }
}

TEST(RowStoreTest, TheBoundHoldsAndIsTight) {
    constexpr std::size_t kDimension = 1152;
    std::mt19937 random(2);
    RowStore rows(kDimension);
    for (int i = 0; i < 300; ++i) {
        auto v = random_vector(random, kDimension);
        if (i % 3 == 1) std::ranges::for_each(v, [](float& x) { x *= 1e-20F; });
        if (i % 3 == 2) v[5] = 3.0F;
        rows.push_back(v);
    }
    const DotKernels& kernels = best_kernels();
    double widest = 0;
    for (int i = 0; i < 20; ++i) {
        const Probe probe(random_vector(random, kDimension), rows.width());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            std::int32_t sum = 0;
            kernels.coarse(rows.codes(row), 1, rows.width(), probe.codes(), &sum);
            const double exact = kernels.exact(rows.values(row), probe.values(), rows.width());
            const double error = probe.error(rows.quantised(row));
            EXPECT_LE(std::abs(exact - probe.estimate(rows.quantised(row), sum)), error);
            if (row % 3 == 0) widest = std::max(widest, error);
        }
    }
    // Vectors of length about 1: the bound must stay a small part of the range of products.
    EXPECT_LT(widest, 0.02);
}

bool is_wiped(const RowStore& rows, std::size_t row) {
    const float* values = rows.values(row);
    const std::int8_t* codes = rows.codes(row);
    return std::all_of(values, values + rows.width(), [](float v) { return v == 0; }) &&
           std::all_of(codes, codes + rows.width(), [](int c) { return c == 0; });
}

TEST(RowStoreTest, RemovedRowsAreWipedAndTheLastTakesTheirPlace) {
    std::mt19937 random(3);
    RowStore rows(100);
    std::vector<std::vector<float>> vectors;
    for (int i = 0; i < 5; ++i) {
        vectors.push_back(random_vector(random, 100));
        rows.push_back(vectors.back());
    }
    rows.swap_remove(1);
    EXPECT_EQ(rows.size(), 4U);
    EXPECT_TRUE(std::equal(vectors[4].begin(), vectors[4].end(), rows.values(1)));
    EXPECT_TRUE(is_wiped(rows, 4));
    rows.swap_remove(3);
    EXPECT_TRUE(is_wiped(rows, 3));
    EXPECT_FALSE(is_wiped(rows, 2));
}

TEST(RowStoreTest, RowsSurviveGrowthAndShrinking) {
    std::mt19937 random(4);
    RowStore rows(70);
    std::vector<std::vector<float>> vectors;
    for (std::size_t i = 0; i < 3 * RowStore::kBlockRows + 1; ++i) {
        vectors.push_back(random_vector(random, 70));
        rows.push_back(vectors.back());
    }
    while (rows.size() > 1) rows.swap_remove(rows.size() - 1);
    for (std::size_t i = 1; i < vectors.size(); ++i) rows.push_back(vectors[i]);
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        ASSERT_TRUE(std::equal(vectors[i].begin(), vectors[i].end(), rows.values(i))) << i;
        ASSERT_TRUE(std::all_of(rows.values(i) + 70, rows.values(i) + rows.width(), [](float v) { return v == 0; }));
    }
}

TEST(RowStoreTest, DimensionIsBounded) {
    EXPECT_THROW(RowStore(0), std::invalid_argument);
    EXPECT_THROW(RowStore(16'385), std::invalid_argument);
}

}  // namespace
}  // namespace facegate::search
