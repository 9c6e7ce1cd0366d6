#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "vision/embedder.h"
#include "vision/face_chip.h"
#include "vision/quality.h"

namespace facegate::vision {
namespace {

Point2 apply(const ChipTransform& transform, Point2 point) {
    return {static_cast<float>(transform(0, 0) * point.x + transform(0, 1) * point.y + transform(0, 2)),
            static_cast<float>(transform(1, 0) * point.x + transform(1, 1) * point.y + transform(1, 2))};
}

media::Image checkerboard(int side, int cell) {
    media::Image image{side, side, {}};
    for (int i = 0; i < side * side; ++i) {
        const bool white = (i % side / cell + i / side / cell) % 2 == 0;
        image.pixels.insert(image.pixels.end(), 3, white ? 255 : 0);
    }
    return image;
}

/// A flat upright mesh that fills a box of 100 x 120 pixels round (cx, cy), turned by `roll`.
FaceMesh flat_mesh(float cx, float cy, float roll = 0) {
    FaceMesh mesh;
    mesh.points.fill({0, 0, 0});
    mesh.points[33] = {-40, -20, 0};
    mesh.points[133] = {-15, -20, 0};
    mesh.points[362] = {15, -20, 0};
    mesh.points[263] = {40, -20, 0};
    mesh.points[10] = {0, -60, 0};
    mesh.points[152] = {0, 60, 0};
    mesh.points[234] = {-50, 0, 0};
    mesh.points[454] = {50, 0, 0};
    mesh.points[61] = {-20, 35, 0};
    mesh.points[291] = {20, 35, 0};
    mesh.points[13] = {0, 30, 0};
    mesh.points[14] = {0, 40, 0};
    for (Point3& point : mesh.points) {
        point = {cx + std::cos(roll) * point.x - std::sin(roll) * point.y,
                 cy + std::sin(roll) * point.x + std::cos(roll) * point.y, point.z};
    }
    return mesh;
}

TEST(Similarity, RecoversWhatMovedThePoints) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> anywhere(-50, 50);
    std::vector<Point2> from;
    for (int i = 0; i < 20; ++i) from.push_back({anywhere(random), anywhere(random)});
    const ChipTransform moved{1.2, -0.9, 30, 0.9, 1.2, -7};
    std::vector<Point2> to;
    for (const Point2& point : from) to.push_back(apply(moved, point));
    const ChipTransform found = similarity(from, to);
    const ChipTransform back = inverse(found);
    for (int i = 0; i < 6; ++i) EXPECT_NEAR(found.val[i], moved.val[i], 1e-4);
    for (const Point2& point : from) {
        const Point2 again = apply(back, apply(found, point));
        EXPECT_NEAR(again.x, point.x, 1e-3);
        EXPECT_NEAR(again.y, point.y, 1e-3);
    }
    EXPECT_THROW(similarity(std::span(from).first(1), std::span(to).first(1)), std::logic_error);
    EXPECT_THROW(similarity(from, std::span(to).first(3)), std::logic_error);
}

TEST(Square, HoldsTheMeshWithLevelEyes) {
    for (const float roll : {0.0F, 0.5F, -2.0F}) {
        const Square square = square_of(flat_mesh(300, 200, roll), 1.5F);
        EXPECT_NEAR(square.centre.x, 300, 0.01);
        EXPECT_NEAR(square.centre.y, 200, 0.01);
        EXPECT_NEAR(square.side, 120 * 1.5, 0.01);
        EXPECT_NEAR(square.angle, roll, 1e-5);
    }
}

TEST(CutChip, KeepsFinePatternsFromTurningIntoOthers) {
    // Cells of one pixel, shrunk tenfold: skipping pixels would show black or white, averaging shows grey.
    const media::Image image = checkerboard(1000, 1);
    const cv::Mat chip = cut_chip(image, transform_of({{500, 500}, 900, 0}, 90), 90);
    double low = 0;
    double high = 0;
    cv::minMaxLoc(chip.reshape(1), &low, &high);
    EXPECT_GT(low, 115);
    EXPECT_LT(high, 140);
}

TEST(CutChip, IsBlackOutsideTheImage) {
    const media::Image white{50, 50, std::vector<std::uint8_t>(50 * 50 * 3, 255)};
    const cv::Mat beside = cut_chip(white, transform_of({{500, 500}, 100, 0.3F}, 64), 64);
    EXPECT_EQ(cv::countNonZero(beside.reshape(1)), 0);
    const cv::Mat corner = cut_chip(white, transform_of({{0, 0}, 40, 0}, 40), 40);
    EXPECT_EQ(corner.at<cv::Vec3b>(5, 5), cv::Vec3b(0, 0, 0));
    EXPECT_EQ(corner.at<cv::Vec3b>(30, 30), cv::Vec3b(255, 255, 255));
}

TEST(ChipTransform, AlignsFiveMeshPointsToTheArcFaceTemplate) {
    // The 112 x 112 template that ArcFace-style networks were trained on: eyes, nose, corners of the mouth.
    const std::vector<Point2> pixels = {
        {38.2946F, 51.6963F}, {73.5318F, 51.5014F}, {56.0252F, 71.7366F}, {41.5493F, 92.3655F}, {70.7299F, 92.2041F}};
    Alignment alignment;
    alignment.mesh_points = {{33, 133}, {263, 362}, {1}, {61}, {291}};
    for (const Point2& point : pixels) alignment.template_points.push_back({point.x / 112, point.y / 112});
    // A face whose five points lie exactly as in the template, moved into the image.
    const ChipTransform moved{3.1, -0.8, 240, 0.8, 3.1, 90};
    FaceMesh mesh;
    mesh.points.fill({500, 500, 0});
    const auto put = [&](std::size_t index, Point2 at) { mesh.points[index] = {at.x, at.y, 0}; };
    const auto put_eye = [&](std::size_t outer, std::size_t inner, Point2 middle) {
        put(outer, {middle.x - 31, middle.y + 5});
        put(inner, {middle.x + 31, middle.y - 5});
    };
    put_eye(33, 133, apply(moved, pixels[0]));
    put_eye(263, 362, apply(moved, pixels[1]));
    put(1, apply(moved, pixels[2]));
    put(61, apply(moved, pixels[3]));
    put(291, apply(moved, pixels[4]));
    const ChipTransform chip = chip_transform(alignment, mesh, 112);
    for (int i = 0; i < 6; ++i) EXPECT_NEAR(chip.val[i], moved.val[i], 1e-2);
    // A network of another size gets the same part of the face.
    const ChipTransform larger = chip_transform(alignment, mesh, 224);
    EXPECT_NEAR(larger(0, 0), moved(0, 0) / 2, 1e-4);
    EXPECT_NEAR(apply(larger, {224, 224}).x, apply(moved, {112, 112}).x, 0.1);
    // Points that no similarity fits keep the least squared error in the chip: mouth corners nudged apart move nothing.
    put(61, apply(moved, {pixels[3].x - 4, pixels[3].y}));
    put(291, apply(moved, {pixels[4].x + 4, pixels[4].y}));
    const ChipTransform nudged = chip_transform(alignment, mesh, 112);
    EXPECT_NEAR(apply(nudged, {56, 56}).x, apply(moved, {56, 56}).x, 2);
}

TEST(Pose, FollowsTheHead) {
    constexpr float kOffset = 3.5F;
    const Pose level = pose_of(flat_mesh(0, 0));
    EXPECT_NEAR(level.yaw, 0, 1e-3);
    EXPECT_NEAR(level.pitch, -kOffset, 1e-3);
    EXPECT_NEAR(level.roll, 0, 1e-3);
    EXPECT_NEAR(pose_of(flat_mesh(5, 5, 0.4F)).roll, 0.4 * 180 / std::numbers::pi, 1e-2);
    FaceMesh turned = flat_mesh(0, 0);
    const float angle = 0.3F;
    for (Point3& point : turned.points) point = {point.x * std::cos(angle), point.y, -point.x * std::sin(angle)};
    EXPECT_NEAR(pose_of(turned).yaw, 0.3 * 180 / std::numbers::pi, 1e-2) << "the image's right side comes nearer";
    FaceMesh bowed = flat_mesh(0, 0);
    for (Point3& point : bowed.points) point = {point.x, point.y * std::cos(angle), point.y * std::sin(angle)};
    EXPECT_NEAR(pose_of(bowed).pitch, 0.3 * 180 / std::numbers::pi - kOffset, 1e-2) << "the chin goes away";
}

TEST(Quality, MeasuresSharpnessBrightnessAndShape) {
    const FaceMesh mesh = flat_mesh(100, 100);
    const FaceQuality sharp = quality_of(checkerboard(200, 4), mesh);
    const FaceQuality flat = quality_of({200, 200, std::vector<std::uint8_t>(200 * 200 * 3, 90)}, mesh);
    EXPECT_GT(sharp.sharpness, 1000);
    EXPECT_NEAR(flat.sharpness, 0, 1e-3);
    EXPECT_NEAR(flat.brightness, 90, 1);
    EXPECT_NEAR(flat.inter_ocular_px, 55, 1e-3);
    EXPECT_NEAR(flat.mouth, 10.0 / 40, 1e-5);
}

}  // namespace
}  // namespace facegate::vision
