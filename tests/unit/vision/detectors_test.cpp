// The decoders on tensors made by hand: faces are placed, written as the network would, and must be read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "vision/detectors/candidates.h"
#include "vision/detectors/decoders.h"

namespace facegate::vision {
namespace {

constexpr int kSize = 64;
constexpr float kThreshold = 0.5F;
constexpr float kScore = 0.8F;

/// A face with five points: eyes, nose, corners of the mouth.
struct Placed {
    Box box;
    std::array<Point2, 5> points;
};

const std::vector<Placed> kPlaced = {
    {{5, 3, 20, 25}, {{{10, 10}, {18, 11}, {14, 16}, {11, 21}, {17, 22}}}},
    {{40.5F, 30.25F, 9, 12}, {{{42, 34}, {47, 34}, {44.5F, 36}, {42, 39}, {46, 39}}}},
    {{-6, 44, 22, 26}, {{{0, 50}, {9, 51}, {4, 56}, {1, 62}, {8, 63}}}},  // past the edges
};

Point2 centre_of(const Box& box) {
    return {box.x + box.width / 2, box.y + box.height / 2};
}

/// What a decoder should make of a placed face.
Detection expected(const Placed& face) {
    const auto& p = face.points;
    return {kScore, face.box, {p[0], p[1], p[2], {(p[3].x + p[4].x) / 2, (p[3].y + p[4].y) / 2}}};
}

Tensor zeros(std::size_t rows, int columns) {
    return {{1, static_cast<std::int64_t>(rows), columns},
            std::vector<float>(rows * static_cast<std::size_t>(columns))};
}

std::size_t cell_of(Point2 point, int stride) {
    const auto cells = static_cast<float>(kSize / stride);
    const auto clamped = [&](float value) {
        return std::clamp(std::floor(value / static_cast<float>(stride)), 0.0F, cells - 1);
    };
    return static_cast<std::size_t>(clamped(point.y) * cells + clamped(point.x));
}

Point2 corner_of(std::size_t cell, int stride) {
    const auto cells = static_cast<std::size_t>(kSize / stride);
    return {static_cast<float>(cell % cells * static_cast<std::size_t>(stride)),
            static_cast<float>(cell / cells * static_cast<std::size_t>(stride))};
}

void write_points(float* row, const Placed& face, Point2 corner, float stride) {
    for (const Point2& point : face.points) {
        *row++ = (point.x - corner.x) / stride;
        *row++ = (point.y - corner.y) / stride;
    }
}

/// Each family with its own way of writing a face.
struct BlazeFace {
    BlazeFaceLayout layout{1, {{8, 2}, {4, 3}}};
    std::vector<Tensor> empty() const {
        Tensor rows = zeros(8 * 8 * 2 + 4 * 4 * 3, 17);
        for (std::size_t i = 0; i < rows.values.size(); i += 17) rows.values[i] = -20;
        return {zeros(1, 1), rows};  // the faces are not always the first output
    }
    /// In the coarse grid, at the cell of the centre, as the anchor number `anchor`.
    void place(std::vector<Tensor>& outputs, const Placed& face, std::size_t anchor) const {
        const std::size_t cell = cell_of(centre_of(face.box), 16);
        const Point2 corner = corner_of(cell, 16);
        const Point2 middle{corner.x + 8, corner.y + 8};
        float* row = outputs[1].values.data() + (8 * 8 * 2 + cell * 3 + anchor % 3) * 17;
        const Detection wanted = expected(face);
        row[0] = std::log(kScore / (1 - kScore));
        row[1] = centre_of(face.box).x - middle.x;
        row[2] = centre_of(face.box).y - middle.y;
        row[3] = face.box.width;
        row[4] = face.box.height;
        for (std::size_t k = 0; k < wanted.keypoints.size(); ++k) {
            row[5 + 2 * k] = wanted.keypoints[k].x - middle.x;
            row[6 + 2 * k] = wanted.keypoints[k].y - middle.y;
        }
    }
};

struct YuNet {
    YuNetLayout layout{{{8, 0, 1, 2, 3}, {16, 4, 5, 6, 7}}};
    std::vector<Tensor> empty() const {
        std::vector<Tensor> outputs;
        for (const std::size_t cells : {std::size_t{8}, std::size_t{4}})
            for (const int columns : {1, 1, 4, 10}) outputs.push_back(zeros(cells * cells, columns));
        return outputs;
    }
    /// In either level.
    void place(std::vector<Tensor>& outputs, const Placed& face, std::size_t which) const {
        const YuNetLevel& level = layout.levels[which % 2];
        const auto stride = static_cast<float>(level.stride);
        const std::size_t cell = cell_of(centre_of(face.box), level.stride);
        const Point2 corner = corner_of(cell, level.stride);
        outputs[level.cls].values[cell] = 1.7F;  // counts as 1
        outputs[level.obj].values[cell] = kScore * kScore;
        float* bbox = outputs[level.bbox].values.data() + cell * 4;
        bbox[0] = (centre_of(face.box).x - corner.x) / stride;
        bbox[1] = (centre_of(face.box).y - corner.y) / stride;
        bbox[2] = std::log(face.box.width / stride);
        bbox[3] = std::log(face.box.height / stride);
        write_points(outputs[level.kps].values.data() + cell * 10, face, corner, stride);
    }
};

struct Scrfd {
    ScrfdLayout layout{2, {{8, 0, 1, 2}, {16, 3, 4, 5}}};
    std::vector<Tensor> empty() const {
        std::vector<Tensor> outputs;
        for (const std::size_t cells : {std::size_t{8}, std::size_t{4}})
            for (const int columns : {1, 4, 10}) outputs.push_back(zeros(cells * cells * 2, columns));
        return outputs;
    }
    /// In either level, as the first or second anchor of a cell.
    void place(std::vector<Tensor>& outputs, const Placed& face, std::size_t which) const {
        const ScrfdLevel& level = layout.levels[which % 2];
        const auto stride = static_cast<float>(level.stride);
        const std::size_t cell = cell_of(centre_of(face.box), level.stride);
        const Point2 corner = corner_of(cell, level.stride);
        const std::size_t row = cell * 2 + (which + 1) % 2;
        outputs[level.score].values[row] = kScore;
        float* bbox = outputs[level.bbox].values.data() + row * 4;
        bbox[0] = (corner.x - face.box.x) / stride;
        bbox[1] = (corner.y - face.box.y) / stride;
        bbox[2] = (face.box.x + face.box.width - corner.x) / stride;
        bbox[3] = (face.box.y + face.box.height - corner.y) / stride;
        write_points(outputs[level.kps].values.data() + row * 10, face, corner, stride);
    }
};

template <class Family>
class DecoderTest : public ::testing::Test {
protected:
    [[nodiscard]] std::vector<Detection> decoded(std::span<const Tensor> outputs) const {
        return decode(family_.layout, kSize, kThreshold, outputs);
    }
    Family family_;
};

using Families = ::testing::Types<BlazeFace, YuNet, Scrfd>;
TYPED_TEST_SUITE(DecoderTest, Families);

void expect_same(const Detection& found, const Detection& wanted) {
    constexpr float kTolerance = 1e-4F;
    EXPECT_NEAR(found.score, wanted.score, kTolerance);
    EXPECT_NEAR(found.box.x, wanted.box.x, kTolerance);
    EXPECT_NEAR(found.box.y, wanted.box.y, kTolerance);
    EXPECT_NEAR(found.box.width, wanted.box.width, kTolerance);
    EXPECT_NEAR(found.box.height, wanted.box.height, kTolerance);
    for (std::size_t k = 0; k < found.keypoints.size(); ++k) {
        EXPECT_NEAR(found.keypoints[k].x, wanted.keypoints[k].x, kTolerance) << "key point " << k;
        EXPECT_NEAR(found.keypoints[k].y, wanted.keypoints[k].y, kTolerance) << "key point " << k;
    }
}

TYPED_TEST(DecoderTest, ReadsEachPlacedFaceBack) {
    for (std::size_t which = 0; which < 6; ++which) {
        for (const Placed& face : kPlaced) {
            auto outputs = this->family_.empty();
            this->family_.place(outputs, face, which);
            const auto found = this->decoded(outputs);
            ASSERT_EQ(found.size(), 1U);
            expect_same(found.front(), expected(face));
        }
    }
}

TYPED_TEST(DecoderTest, ReadsSeveralFacesOfOneImage) {
    auto outputs = this->family_.empty();
    for (const Placed& face : kPlaced) this->family_.place(outputs, face, 0);
    auto found = merge_overlapping(this->decoded(outputs), 0.3F);
    ASSERT_EQ(found.size(), kPlaced.size());
    for (const Placed& face : kPlaced) {
        const auto nearest = std::ranges::min_element(
            found, {}, [&](const Detection& other) { return std::abs(other.box.x - face.box.x); });
        expect_same(*nearest, expected(face));
    }
}

TYPED_TEST(DecoderTest, FindsNothingBelowTheThreshold) {
    auto outputs = this->family_.empty();
    this->family_.place(outputs, kPlaced.front(), 0);
    EXPECT_TRUE(decode(this->family_.layout, kSize, kScore + 0.01F, outputs).empty());
    EXPECT_TRUE(this->decoded(this->family_.empty()).empty());
}

TYPED_TEST(DecoderTest, GivesOnlyPlausibleFacesWhateverTheNetworkSays) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kHuge = std::numeric_limits<float>::max();
    const std::vector<float> bad = {
        std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity, kHuge, -kHuge, 1e6F};
    std::mt19937 random(7);
    std::vector<std::vector<Tensor>> nasty;
    for (const float value : bad) {
        auto all = this->family_.empty();
        for (Tensor& tensor : all) std::ranges::fill(tensor.values, value);
        nasty.push_back(std::move(all));
        // One bad value at a time in a face that is good otherwise, and a bad value everywhere but in the scores.
        for (int round = 0; round < 200; ++round) {
            auto one = this->family_.empty();
            this->family_.place(one, kPlaced.front(), 0);
            for (Tensor& tensor : one)
                for (float& number : tensor.values)
                    if (number != 0 && std::uniform_int_distribution(0, 9)(random) == 0) number = value;
            nasty.push_back(std::move(one));
        }
    }
    for (const auto& outputs : nasty) {
        for (const Detection& face : this->decoded(outputs)) {
            EXPECT_TRUE(is_plausible(face, kSize));
            EXPECT_GE(face.score, kThreshold);
        }
    }
}

TYPED_TEST(DecoderTest, RefusesOutputsOfAnotherSize) {
    for (std::size_t i = 0; i < this->family_.empty().size(); ++i) {
        auto outputs = this->family_.empty();
        outputs[i].values.pop_back();
        if (outputs[i].values.empty()) continue;  // BlazeFace's other output, which no role reads
        EXPECT_THROW(static_cast<void>(this->decoded(outputs)), std::runtime_error) << "output " << i;
    }
    EXPECT_THROW(static_cast<void>(this->decoded({})), std::runtime_error);
}

TEST(IsPlausible, NeedsFiniteNearbyCoordinates) {
    const Detection good = expected(kPlaced.front());
    EXPECT_TRUE(is_plausible(good, kSize));
    const auto with = [&](auto change) {
        Detection face = good;
        change(face);
        return is_plausible(face, kSize);
    };
    EXPECT_FALSE(with([](Detection& f) { f.score = 1.1F; }));
    EXPECT_FALSE(with([](Detection& f) { f.score = NAN; }));
    EXPECT_FALSE(with([](Detection& f) { f.box.width = 1e-40F; }))
        << "a mean of such boxes would be rounded to nothing";
    EXPECT_FALSE(with([](Detection& f) { f.box.height = -3; }));
    EXPECT_FALSE(with([](Detection& f) { f.box.width = 1e9F; }));
    EXPECT_FALSE(with([](Detection& f) { f.keypoints[3].y = NAN; }));
    EXPECT_FALSE(with([](Detection& f) { f.keypoints[0].x = -1000; }));
}

TEST(MergeOverlapping, IsBoundedOnAFloodOfCandidates) {
    // Every anchor of a large SCRFD at once, none overlapping another.
    std::vector<Detection> flood;
    for (int i = 0; i < 16800; ++i) {
        const auto at = static_cast<float>(i * 10);
        flood.push_back({0.5F + static_cast<float>(i) / 40000, {at, 0, 5, 5}, {}});
    }
    const auto faces = merge_overlapping(flood, 0.4F);
    EXPECT_EQ(faces.size(), 512U);
    EXPECT_FLOAT_EQ(faces.front().score, flood.back().score) << "the best ones stay";
}

TEST(MergeOverlapping, AveragesAGroupByScoreAndKeepsTheRest) {
    const Detection best{0.9F, {0, 0, 100, 100}, {}};
    const Detection near{0.6F, {10, 0, 100, 100}, {}};
    const Detection far{0.7F, {300, 0, 50, 50}, {}};
    const auto merged = merge_overlapping({near, far, best}, 0.3F);
    ASSERT_EQ(merged.size(), 2u);
    EXPECT_FLOAT_EQ(merged[0].score, 0.9F);
    EXPECT_NEAR(merged[0].box.x, 10 * 0.6 / 1.5, 1e-4);
    EXPECT_FLOAT_EQ(merged[1].box.x, 300);
    EXPECT_TRUE(merge_overlapping({}, 0.3F).empty());
}

}  // namespace
}  // namespace facegate::vision
