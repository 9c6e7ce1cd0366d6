#include "search/row_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <span>

#include "search/probe.h"

namespace facegate::search {
namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t size) {
    std::normal_distribution<float> normal(0.0F, 0.03F);
    std::vector<float> v(size);
    for (float& x : v) x = normal(random);
    return v;
}

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

double norm(std::span<const float> v) {
    return std::sqrt(dot(v, v));
}

/// Code i of one part of a row, by the layouts that dot_kernels.h describes.
int code(const RowStore& rows, std::size_t part, std::size_t row, std::size_t i) {
    const RowGroup group = rows.group(row / RowStore::kGroupRows);
    const std::size_t place = row % RowStore::kGroupRows;
    const std::size_t width = rows.shape().parts[part].width;
    if (part > 0) return int{group.codes[part][place * width + i]};
    const std::byte* tile = group.tiles + place / kTileRows * tile_bytes(width);
    const std::size_t at = i / kTileDepth * kTileDepth * kTileRows + place % kTileRows * kTileDepth + i % kTileDepth;
    return std::to_integer<int>(tile[at]);
}

/// The bounds of a group's rows after each part.
std::vector<std::vector<float>> bounds_of(const RowStore& rows, std::size_t number, const Probe& probe) {
    const DotKernels& kernels = best_kernels();
    const RowGroup group = rows.group(number);
    std::vector<float> bounds(RowStore::kGroupRows);
    std::vector<std::uint16_t> places(RowStore::kGroupRows);
    std::iota(places.begin(), places.end(), std::uint16_t{0});
    std::vector<std::vector<float>> after;
    for (std::size_t part = 0; part < VectorShape::kParts; ++part) {
        const std::size_t width = rows.shape().parts[part].width;
        const PlanedCodes codes = probe.part(part).codes();
        if (part == 0) {
            kernels.bound_tiles(group.tiles, RowStore::kGroupRows / kTileRows, width, codes, probe.terms(0),
                                Probe::kStart, bounds.data());
        } else {
            kernels.raise_bounds(group.codes[part], group.codings[part], places.data(), group.rows, width, codes,
                                 probe.terms(part), bounds.data());
        }
        after.push_back(bounds);
    }
    return after;
}

TEST(RowStoreTest, EveryPartsBoundHoldsAndIsTight) {
    constexpr std::size_t kDimension = 1152;
    constexpr std::size_t kLead = 128;
    std::mt19937 random(2);
    RowStore rows(VectorShape(kDimension, kLead));
    std::vector<std::vector<float>> vectors;
    for (int i = 0; i < 1000; ++i) {
        auto v = random_vector(random, kDimension);
        if (i % 4 == 1) std::ranges::for_each(v, [](float& x) { x *= 1e-20F; });
        if (i % 4 == 2) v[5] = 3.0F;
        if (i % 4 == 3) v[500] = -3.0F;
        rows.push_back(v);
        vectors.push_back(v);
    }
    std::array<double, VectorShape::kParts> widest{};
    for (std::size_t i = 0; i < 40; ++i) {
        // Every other probe is one of the rows: what lies behind a part is then as much as it can be.
        const auto vector = i % 2 == 0 ? random_vector(random, kDimension) : vectors[4 * i];
        const Probe probe(vector, rows.shape());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            static std::vector<std::vector<float>> bounds;
            if (row % RowStore::kGroupRows == 0) bounds = bounds_of(rows, row / RowStore::kGroupRows, probe);
            for (std::size_t part = 0; part < VectorShape::kParts; ++part) {
                const std::size_t end = rows.shape().parts[part].begin + rows.shape().parts[part].size;
                const std::span<const float> a(vector);
                const std::span<const float> b(vectors[row]);
                const double most = dot(a.first(end), b.first(end)) + norm(a.subspan(end)) * norm(b.subspan(end));
                const double slack = static_cast<double>(bounds[part][row % RowStore::kGroupRows]) - most;
                EXPECT_GE(slack, 0) << "row " << row << " part " << part;
                if (row % 4 == 0) widest[part] = std::max(widest[part], slack);
            }
        }
    }
    // Vectors of length about 1: the bounds must be a small part of the range of products.
    EXPECT_LT(widest.front(), 0.005);
    EXPECT_LT(widest.back(), 0.02);
}

TEST(RowStoreTest, BoundsLeaveRoomForTheProbesCodesAndForRounding) {
    // Rows of integers with 127 among them: their codes leave nothing out. The probe's codes are exact as well, so that
    // only the rounding of sums beyond 2^24 is left; or they miss all values on the same side.
    std::mt19937 random(5);
    std::uniform_int_distribution<int> row_value(100, 127);
    std::uniform_int_distribution<int> probe_value(2000, 4063);
    for (const std::size_t lead : {100U, 1000U}) {
        RowStore rows(VectorShape(1000, lead));
        std::vector<std::vector<float>> vectors;
        for (std::size_t i = 0; i < RowStore::kGroupRows; ++i) {
            std::vector<float> v(1000);
            for (float& x : v) x = static_cast<float>(row_value(random));
            for (const VectorShape::Part& part : rows.shape().parts) {
                if (part.size > 0) v[part.begin] = 127;
            }
            rows.push_back(v);
            vectors.push_back(v);
        }
        for (const float missed : {0.0F, 0.49F}) {
            std::vector<float> vector(1000);
            for (float& x : vector) x = static_cast<float>(probe_value(random)) + missed;
            for (const VectorShape::Part& part : rows.shape().parts) {
                if (part.size > 0) vector[part.begin] = 4063;
            }
            const auto bounds = bounds_of(rows, 0, Probe(vector, rows.shape()));
            for (std::size_t row = 0; row < rows.size(); ++row) {
                const double exact = dot(vector, vectors[row]);
                EXPECT_GE(static_cast<double>(bounds.back()[row]), exact);
                EXPECT_LE(static_cast<double>(bounds.back()[row]), exact * 1.001);
            }
        }
    }
}

void expect_wiped(const RowStore& rows, std::size_t row, bool wiped) {
    const float* values = rows.values(row);
    EXPECT_EQ(std::all_of(values, values + rows.shape().width, [](float v) { return v == 0; }), wiped);
    for (std::size_t part = 0; part < VectorShape::kParts; ++part) {
        bool zero = true;
        for (std::size_t i = 0; i < rows.shape().parts[part].width; ++i) zero = zero && code(rows, part, row, i) == 0;
        EXPECT_EQ(zero, wiped);
        const PartCoding coding = rows.coding(part, row);
        EXPECT_EQ(coding.scale == 0 && coding.error == 0 && coding.from == 0 && coding.behind == 0, wiped);
    }
}

TEST(RowStoreTest, RemovedRowsAreWipedAndTheLastTakesTheirPlace) {
    std::mt19937 random(3);
    RowStore rows(VectorShape(500, 30));
    std::vector<std::vector<float>> vectors;
    for (int i = 0; i < 40; ++i) {
        vectors.push_back(random_vector(random, 500));
        rows.push_back(vectors.back());
    }
    const auto codes_of = [&rows](std::size_t row) {
        std::vector<int> codes;
        for (std::size_t part = 0; part < VectorShape::kParts; ++part) {
            for (std::size_t i = 0; i < rows.shape().parts[part].size; ++i) codes.push_back(code(rows, part, row, i));
        }
        return codes;
    };
    const auto codes = codes_of(39);
    std::array<float, VectorShape::kParts> errors{};
    for (std::size_t part = 0; part < VectorShape::kParts; ++part) errors[part] = rows.coding(part, 39).error;
    rows.swap_remove(1);
    EXPECT_EQ(rows.size(), 39U);
    EXPECT_TRUE(std::equal(vectors[39].begin(), vectors[39].end(), rows.values(1)));
    EXPECT_EQ(codes_of(1), codes);
    for (std::size_t part = 0; part < VectorShape::kParts; ++part) EXPECT_EQ(rows.coding(part, 1).error, errors[part]);
    expect_wiped(rows, 39, true);
    rows.swap_remove(38);
    expect_wiped(rows, 38, true);
    expect_wiped(rows, 37, false);
}

TEST(RowStoreTest, RowsSurviveGrowthAndShrinking) {
    std::mt19937 random(4);
    RowStore rows(VectorShape(20, 20));
    std::vector<std::vector<float>> vectors;
    for (std::size_t i = 0; i < 3 * RowStore::kBlockRows + 1; ++i) {
        vectors.push_back(random_vector(random, 20));
        rows.push_back(vectors.back());
    }
    while (rows.size() > 1) rows.swap_remove(rows.size() - 1);
    for (std::size_t i = 1; i < vectors.size(); ++i) rows.push_back(vectors[i]);
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        ASSERT_TRUE(std::equal(vectors[i].begin(), vectors[i].end(), rows.values(i))) << i;
        ASSERT_TRUE(
            std::all_of(rows.values(i) + 20, rows.values(i) + rows.shape().width, [](float v) { return v == 0; }));
    }
}

TEST(VectorShapeTest, PartsCoverTheVectorWithoutOverlap) {
    for (const auto& [dimension, lead] : {std::pair{1U, 1U}, std::pair{2U, 1U}, std::pair{100U, 30U},
                                          std::pair{300U, 30U}, std::pair{1152U, 128U}, std::pair{512U, 512U}}) {
        const VectorShape shape(dimension, lead);
        EXPECT_EQ(shape.parts[0].size, lead);
        std::size_t end = 0;
        for (const VectorShape::Part& part : shape.parts) {
            EXPECT_EQ(part.begin, end);
            EXPECT_GE(part.width, part.size);
            EXPECT_EQ(part.width % (part.begin == 0 ? kTileDepth : kRowPadding), 0U);
            end += part.size;
        }
        EXPECT_EQ(end, dimension);
        EXPECT_GE(shape.width, dimension);
    }
}

TEST(VectorShapeTest, IsBounded) {
    EXPECT_THROW(VectorShape(0, 0), std::invalid_argument);
    EXPECT_THROW(VectorShape(10, 0), std::invalid_argument);
    EXPECT_THROW(VectorShape(10, 11), std::invalid_argument);
    EXPECT_THROW(VectorShape(16'385, 1), std::invalid_argument);
}

}  // namespace
}  // namespace facegate::search
