#include "search/dot_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "search/coding.h"
#include "search/probe.h"
#include "search/row_store.h"

namespace facegate::search {
namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t size) {
    std::normal_distribution<float> normal(0.0F, 0.03F);
    std::vector<float> v(size);
    for (float& x : v) x = normal(random);
    return v;
}

std::int64_t code_of(const PlanedCodes& probe, std::size_t i) {
    return std::int64_t{kPlaneFactor} * probe.high[i] + probe.low[i];
}

/// What raise_bounds makes of nothing but sums: the terms let the sum through as it is.
std::vector<float> sums_of(const DotKernels& kernels, const SecretArray<std::uint8_t>& codes,
                           const std::vector<std::uint16_t>& places, std::size_t count, std::size_t width,
                           const ProbePart& probe) {
    const std::vector<PartCoding> codings(64, PartCoding{1, 0, 0, 0});
    std::vector<float> bounds(places.size());
    kernels.raise_bounds(codes.data(), codings.data(), places.data(), count, width, probe.codes(), {1, 0, 0, 0},
                         bounds.data());
    bounds.resize(count);
    return bounds;
}

TEST(DotKernelsTest, SumsAreTheIntegerProductsWhereverTheRowsLie) {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> code(-kMaxRowCode, kMaxRowCode);
    const std::vector<std::vector<std::uint16_t>> picks{{5, 5, 5, 5},
                                                        {0, 1, 2, 3},
                                                        {3, 9, 9, 9},
                                                        {7, 8, 9, 10, 11, 12, 13, 13},
                                                        {0, 2, 3, 9, 11, 30, 31, 40, 41, 41, 50, 63}};
    const std::vector<std::size_t> counts{1, 4, 2, 7, 11};
    for (const std::size_t width : {64U, 1024U, 4096U, 16'384U}) {
        const ProbePart probe(random_vector(random, width), width);
        const ProbePart ones(std::vector<float>(width, 1.0F), width);
        SecretArray<std::uint8_t> rows(64 * width);
        for (const int fixed : {0, kMaxRowCode, -kMaxRowCode}) {
            for (std::size_t i = 0; i < 64 * width; ++i) {
                rows.data()[i] = static_cast<std::uint8_t>((fixed == 0 ? code(random) : fixed) + kCodeBias);
            }
            for (const ProbePart* part : {&probe, &ones}) {
                for (std::size_t p = 0; p < picks.size(); ++p) {
                    std::vector<float> expected;
                    for (std::size_t r = 0; r < counts[p]; ++r) {
                        std::int64_t sum = 0;
                        for (std::size_t i = 0; i < width; ++i) {
                            sum += code_of(part->codes(), i) * (int{rows.data()[picks[p][r] * width + i]} - kCodeBias);
                        }
                        expected.push_back(static_cast<float>(sum));
                    }
                    for (const DotKernels& kernels : usable_kernels()) {
                        EXPECT_EQ(sums_of(kernels, rows, picks[p], counts[p], width, *part), expected)
                            << kernels.name << ' ' << width;
                    }
                }
            }
        }
    }
}

TEST(DotKernelsTest, ProbeCodesFillBothPlanes) {
    std::vector<float> values(64, 0.0F);
    values[1] = 1;
    values[2] = -1;
    values[3] = 0.5F;
    const ProbePart probe(values, 64);
    const PlanedCodes codes = probe.codes();
    EXPECT_EQ(code_of(codes, 1), 4063);
    EXPECT_EQ(code_of(codes, 2), -4063);
    EXPECT_NEAR(static_cast<double>(code_of(codes, 3)), 2031.5, 0.5);
    for (std::size_t i = 0; i < 64; ++i) {
        EXPECT_LE(std::abs(int{codes.high[i]}), kMaxPlane);
        EXPECT_LE(std::abs(int{codes.low[i]}), kMaxPlane);
    }
}

TEST(DotKernelsTest, EverySetGivesTheSameBits) {
    std::mt19937 random(2);
    const DotKernels& portable = usable_kernels().front();
    for (const auto& [dimension, lead] : {std::pair{8U, 3U}, std::pair{1152U, 128U}, std::pair{1000U, 1000U}}) {
        RowStore rows(VectorShape(dimension, lead));
        for (int i = 0; i < 300; ++i) rows.push_back(random_vector(random, dimension));
        const Probe probe(random_vector(random, dimension), rows.shape());
        const RowGroup group = rows.group(0);
        std::vector<std::uint16_t> places;
        for (std::size_t place = 0; place < group.rows; place += place < 128 ? 1 : 3) {
            places.push_back(static_cast<std::uint16_t>(place));
        }
        const std::size_t count = places.size();
        places.resize(rounded_up(count, kRowsAtOnce), places.back());
        std::vector<float> expected;
        for (const DotKernels& kernels : usable_kernels()) {
            std::vector<float> bounds(RowStore::kGroupRows);
            const float highest = kernels.bound_tiles(group.tiles, 16, rows.shape().parts[0].width,
                                                      probe.part(0).codes(), probe.terms(0), 0.5F, bounds.data());
            EXPECT_EQ(*std::ranges::max_element(bounds), highest) << kernels.name;
            for (std::size_t part = 1; part < VectorShape::kParts && rows.shape().parts[part].size > 0; ++part) {
                kernels.raise_bounds(group.codes[part], group.codings[part], places.data(), count,
                                     rows.shape().parts[part].width, probe.part(part).codes(), probe.terms(part),
                                     bounds.data());
            }
            for (std::size_t i = count; i < places.size(); ++i) bounds[i] = 0;  // left open
            if (expected.empty()) expected = bounds;
            EXPECT_EQ(bounds, expected) << kernels.name;
            for (std::size_t row = 0; row < rows.size(); row += 29) {
                EXPECT_EQ(kernels.exact(rows.values(row), probe.values(), rows.shape().width),
                          portable.exact(rows.values(row), probe.values(), rows.shape().width))
                    << kernels.name;
            }
        }
    }
}

}  // namespace
}  // namespace facegate::search
