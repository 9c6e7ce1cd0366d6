#include "synthesis/subject.h"

#include <gtest/gtest.h>

#include "unit/synthesis/sample_subjects.h"

namespace facegate::synthesis {
namespace {

using testing::sample_subjects;

TEST(Subject, MeshesLieInTheirPhotos) {
    for (const Subject& subject : sample_subjects()) {
        SCOPED_TRACE(subject.name);
        for (const Point3& point : subject.mesh.points) {
            EXPECT_GE(point.x, 0);
            EXPECT_GE(point.y, 0);
            EXPECT_LE(point.x, static_cast<float>(subject.photo.width));
            EXPECT_LE(point.y, static_cast<float>(subject.photo.height));
        }
        // The cut-out still shows that face, in that place.
        const auto& engine = vision::default_engines().current();
        const auto found = engine.detect(subject.photo);
        ASSERT_FALSE(found.empty());
        const Point3 nose = subject.mesh.points[1];
        const vision::Box& box = found.front().box;
        EXPECT_TRUE(nose.x > box.x && nose.x < box.x + box.width && nose.y > box.y && nose.y < box.y + box.height);
    }
}

TEST(Subject, NoFaceNoSubject) {
    const NamedPhoto wall{"wall", {320, 240, std::vector<std::uint8_t>(320 * 240 * 3, 120)}};
    EXPECT_TRUE(find_subjects(vision::default_engines().current(), {&wall, 1}).empty());
}

TEST(Variation, ChangesToneAndProportions) {
    std::mt19937_64 random(4);
    const media::Image grey{2, 1, {200, 200, 200, 100, 100, 100}};
    for (int i = 0; i < 100; ++i) {
        const Variation variation = vary(random);
        const media::Image image = toned(grey, variation);
        for (std::size_t c = 0; c < 3; ++c) {
            // Half the light of a surface is 0.73 of its sRGB value; hues differ by at most 8 %.
            EXPECT_GE(image.pixels[c], 200 * 0.70);
            EXPECT_LE(image.pixels[c], 200);
            EXPECT_NEAR(image.pixels[c + 3] * 2, image.pixels[c], 2);
        }
        Surface surface;
        surface.vertices.push_back({{10, 10, 10}, {}, 1, {1, 1, 1}});
        reshape(surface, variation);
        EXPECT_FLOAT_EQ(surface.vertices[0].position.x, 10 * variation.width);
        EXPECT_FLOAT_EQ(surface.vertices[0].position.z, 10 * variation.depth);
        EXPECT_FLOAT_EQ(surface.vertices[0].lid.y, variation.height);
    }
}

}  // namespace
}  // namespace facegate::synthesis
