#include "synthesis/surface.h"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/synthesis/sample_subjects.h"

namespace facegate::synthesis {
namespace {

using testing::sample_subjects;

double distance(Point3 a, Point3 b) {
    return std::sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.z - b.z) * (a.z - b.z));
}

Point3 middle(Point3 a, Point3 b) {
    return {(a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2};
}

TEST(Surface, AHeadIsAsLargeAsAsked) {
    const Subject& subject = sample_subjects()[0];
    for (const double eyes : {5.8, 6.8}) {
        const Surface head = model_head(subject.photo, subject.mesh, eyes);
        const auto at = [&](std::size_t i) { return head.vertices[i].position; };
        EXPECT_NEAR(distance(middle(at(33), at(133)), middle(at(263), at(362))), eyes, 0.001);
        // Turned to the front: eyes level, chin below, the tip of the nose before the eyes.
        EXPECT_NEAR(at(33).y, at(263).y, 0.01);
        EXPECT_GT(at(152).y, 5);
        EXPECT_LT(at(1).z, -1.5);
        for (const Triangle& triangle : head.triangles) {
            for (const std::uint16_t corner : triangle) ASSERT_LT(corner, head.vertices.size());
        }
        EXPECT_GT(head.triangles.size(), 800u);
        for (const Vertex& vertex : head.vertices) {
            EXPECT_GE(vertex.texture.x, 0);
            EXPECT_LE(vertex.texture.x, static_cast<float>(subject.photo.width - 1));
        }
    }
}

TEST(Surface, APictureIsFlatUnlessBent) {
    const Subject& subject = sample_subjects()[0];
    for (const Vertex& vertex : model_picture(subject.photo, subject.mesh, 6.3, 0.3, {}).vertices) {
        EXPECT_EQ(vertex.position.z, 0);
    }
    constexpr double kRadius = 12;
    const Surface flat = model_picture(subject.photo, subject.mesh, 6.3, 0.3, {});
    const Surface bent = model_picture(subject.photo, subject.mesh, 6.3, 0.3, {kRadius, true});
    for (std::size_t i = 0; i < bent.vertices.size(); ++i) {
        // On a cylinder, as far along it as it was along the sheet, and as high.
        const Point3 p = bent.vertices[i].position;
        EXPECT_NEAR(std::hypot(p.x, p.z - kRadius), kRadius, 0.001);
        EXPECT_NEAR(std::atan2(p.x, kRadius - p.z) * kRadius, flat.vertices[i].position.x, 0.001);
        EXPECT_EQ(p.y, flat.vertices[i].position.y);
    }
}

TEST(Surface, AMasksEyesAreHoles) {
    const Subject& subject = sample_subjects()[0];
    const Surface whole = model_mask(subject.photo, subject.mesh, 6.3, false, {});
    const Surface cut = model_mask(subject.photo, subject.mesh, 6.3, true, {});
    EXPECT_LT(cut.triangles.size(), whole.triangles.size());
    EXPECT_GT(cut.triangles.size(), whole.triangles.size() - 60);
    for (const Vertex& vertex : whole.vertices) EXPECT_EQ(vertex.position.z, 0);
}

}  // namespace
}  // namespace facegate::synthesis
