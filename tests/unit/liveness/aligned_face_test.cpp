#include "liveness/signals/aligned_face.h"

#include <gtest/gtest.h>

#include "unit/liveness/constructed_face.h"

namespace facegate::liveness {
namespace {

using testing::ConstructedFace;

double plane(double, double) {
    return 0;
}

TEST(AlignedFace, EyesAreLevelAndApartAlways) {
    const ConstructedFace face(plane, 1);
    for (const float roll : {-25.0F, 0.0F, 40.0F}) {
        for (const float distance : {25.0F, 70.0F}) {
            const AlignedFace aligned = face.shoot({}, {.origin = {2, -1, distance}, .roll = roll});
            const auto& p = aligned.mesh.points;
            const float right_x = (p[33].x + p[133].x) / 2;
            const float left_x = (p[263].x + p[362].x) / 2;
            EXPECT_NEAR(left_x - right_x, AlignedFace::kEyesApart, 0.01);
            EXPECT_NEAR((left_x + right_x) / 2, AlignedFace::kSide / 2.0, 0.01);
            EXPECT_NEAR(p[33].y + p[133].y, p[263].y + p[362].y, 0.02);
            // 6.4 cm between the eyes, seen at 500 / distance pixels a centimetre.
            EXPECT_NEAR(aligned.scale, AlignedFace::kEyesApart / (6.4 * 500 / distance), 0.01 * aligned.scale);
            EXPECT_EQ(aligned.grey.size(), cv::Size(AlignedFace::kSide, AlignedFace::kSide));
        }
    }
}

TEST(AlignedFace, APictureLooksTheSameFromFarAndNear) {
    const ConstructedFace face(plane, 2);
    const AlignedFace far = face.shoot({}, {.origin = {0, 0, 45}});
    for (const float distance : {20.0F, 30.0F}) {
        const AlignedFace near = face.shoot({}, {.origin = {0, 0, distance}, .roll = 15});
        const cv::Rect middle(50, 50, 100, 100);
        cv::Scalar mean, deviation;
        cv::meanStdDev(far.grey(middle), mean, deviation);
        EXPECT_LT(cv::norm(far.grey(middle), near.grey(middle), cv::NORM_L1) / 10'000, deviation[0] / 4);
    }
}

}  // namespace
}  // namespace facegate::liveness
