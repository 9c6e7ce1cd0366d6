#include "liveness/signals/solid_head.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/liveness/constructed_face.h"

namespace facegate::liveness {
namespace {

using synthesis::Lens;
using synthesis::Placement;
using testing::ConstructedFace;

double plane(double, double) {
    return 0;
}

/// Looks from far to near, the face held about as steadily as people hold it.
std::vector<AlignedFace> approach(const ConstructedFace& face, const Lens& lens, double far_cm, double near_cm,
                                  unsigned seed, double turning = 2) {
    std::mt19937 random(seed);
    std::normal_distribution<double> turn(0, turning);
    std::normal_distribution<double> shift(0, 0.5);
    constexpr int kLooks = 9;
    std::vector<AlignedFace> looks;
    for (int i = 0; i < kLooks; ++i) {
        // Mostly far, then mostly near: the middle is passed quickly.
        const double share = i < 4 ? 0.0 : i == 4 ? 0.5 : 1.0;
        Placement placement;
        placement.origin = {static_cast<float>(shift(random)), static_cast<float>(shift(random)),
                            static_cast<float>(far_cm + (near_cm - far_cm) * share)};
        placement.yaw = static_cast<float>(turn(random));
        placement.pitch = static_cast<float>(turn(random));
        placement.roll = static_cast<float>(turn(random));
        looks.push_back(face.shoot(lens, placement));
    }
    return looks;
}

TEST(SolidHead, AHeadTellsTheAngleOfView) {
    const ConstructedFace head(ConstructedFace::head, 1);
    for (const double focal : {420.0, 500.0, 600.0}) {
        const Lens lens{640, 480, focal};
        const auto found = measure_solid_head(approach(head, lens, 60, 30, 5), lens.width);
        ASSERT_TRUE(found) << focal;
        EXPECT_NEAR(found->growth, 2, 0.1);
        EXPECT_GE(found->pairs, kMinSolidPairs);
        EXPECT_GE(found->points, kMinSolidPoints);
        // Twice the tangent of half the angle of view is the frame's side over the focal length.
        EXPECT_NEAR(found->view, lens.width / focal, 0.25 * lens.width / focal) << focal;
        EXPECT_GT(found->view + found->relief, 1.5) << focal;
        EXPECT_GT(found->explained, 0.6) << focal;
        EXPECT_GT(found->plane_error, 5) << focal;
    }
}

TEST(SolidHead, APlaneHasNoDepthHoweverItIsTurned) {
    for (unsigned seed = 0; seed < 4; ++seed) {
        const ConstructedFace picture(plane, seed);
        const Lens lens;
        const auto found = measure_solid_head(approach(picture, lens, 60, 30, seed, 6), lens.width);
        ASSERT_TRUE(found) << seed;
        EXPECT_LT(std::abs(found->view), 0.1) << seed;
        EXPECT_LT(std::abs(found->relief), 0.15) << seed;
    }
}

TEST(SolidHead, ACylinderHasNoReliefOfAFace) {
    for (const double radius : {8.0, 14.0}) {
        const ConstructedFace bent(
            [radius](double x, double) { return radius - std::sqrt(std::max(1.0, radius * radius - x * x)); }, 3);
        const Lens lens;
        const auto found = measure_solid_head(approach(bent, lens, 60, 30, 2), lens.width);
        ASSERT_TRUE(found) << radius;
        EXPECT_LT(std::abs(found->relief), 0.35) << radius;
        const ConstructedFace head(ConstructedFace::head, 3);
        const auto solid = measure_solid_head(approach(head, lens, 60, 30, 2), lens.width);
        EXPECT_GT(solid->relief, found->relief + 0.5);
    }
}

TEST(SolidHead, WithoutGrowthNothingIsSaid) {
    const ConstructedFace head(ConstructedFace::head, 1);
    const Lens lens;
    EXPECT_FALSE(measure_solid_head(approach(head, lens, 50, 50 / 1.2, 1), lens.width));
    EXPECT_FALSE(measure_solid_head(approach(head, lens, 45, 45, 1), lens.width));
    EXPECT_TRUE(measure_solid_head(approach(head, lens, 50, 50 / 1.5, 1), lens.width));
}

TEST(SolidHead, WithoutPointsNothingIsSaid) {
    const ConstructedFace even(ConstructedFace::head, 1, 0);
    const Lens lens;
    EXPECT_FALSE(measure_solid_head(approach(even, lens, 60, 30, 1), lens.width));
    EXPECT_FALSE(measure_solid_head({}, lens.width));
    const ConstructedFace head(ConstructedFace::head, 1);
    auto few = approach(head, lens, 60, 30, 1);
    few.resize(3);
    EXPECT_FALSE(measure_solid_head(few, lens.width));
}

}  // namespace
}  // namespace facegate::liveness
