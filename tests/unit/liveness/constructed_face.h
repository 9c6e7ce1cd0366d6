#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "liveness/signals/aligned_face.h"
#include "synthesis/renderer.h"

namespace facegate::liveness::testing {

/// A surface before a pinhole camera, whose depth is a formula: what a signal measures of it is known beforehand.
class ConstructedFace {
public:
    /// Centimetres behind the eyes at (x, y) centimetres right of and below the middle between them.
    using Depth = std::function<double(double x, double y)>;

    /// `detail` 0: without any texture.
    ConstructedFace(Depth depth, std::uint64_t seed, double detail = 1) : depth_(std::move(depth)) {
        surface_.texture = texture(seed, detail);
        for (int row = 0; row <= kCells; ++row) {
            for (int column = 0; column <= kCells; ++column) {
                const double x = (2.0 * column / kCells - 1) * kHalfCm;
                const double y = (2.0 * row / kCells - 1) * kHalfCm;
                const auto scale = static_cast<float>(surface_.texture.width - 1) / kCells;
                surface_.vertices.push_back(
                    {at(x, y), {static_cast<float>(column) * scale, static_cast<float>(row) * scale}, 1, {}});
            }
        }
        surface_.triangles = synthesis::grid_triangles(kCells);
        levels_ = synthesis::halves_of(surface_.texture);
    }

    /// The frame, and in it the mesh that a face network would give: it takes any face for a head.
    [[nodiscard]] AlignedFace shoot(const synthesis::Lens& lens, const synthesis::Placement& placement) const {
        synthesis::Canvas canvas(lens);
        const synthesis::Lighting lighting;
        canvas.paint_wall(std::vector<float>(canvas.radiance().size(), 0.1F), 300, lighting);
        canvas.draw(surface_, levels_, placement, lighting);
        media::Image image{lens.width, lens.height, {}};
        for (const float light : canvas.radiance()) {
            image.pixels.push_back(cv::saturate_cast<std::uint8_t>(255 * std::pow(light, 1 / 2.2F)));
        }
        return align_face(image, mesh_in(lens, placement));
    }

    /// A head of formulas: an ellipsoid with a nose.
    static double head(double x, double y) {
        const double round = 9 - 9 * std::sqrt(std::max(0.0, 1 - x * x / 121 - (y - 2) * (y - 2) / 256));
        return round - 2.2 * std::exp(-(x * x / 1.5 + (y - 3.5) * (y - 3.5) / 3)) +
               0.8 * std::exp(-((std::abs(x) - 3.2) * (std::abs(x) - 3.2) / 1.5 + y * y / 1.2));
    }

private:
    static constexpr int kCells = 60;
    static constexpr double kHalfCm = 11;

    static media::Image texture(std::uint64_t seed, double detail) {
        constexpr int kSide = 900;
        cv::Mat fine(kSide, kSide, CV_32F);
        cv::RNG random(seed);
        random.fill(fine, cv::RNG::NORMAL, 0, 1);
        cv::Mat coarse = fine.clone();
        cv::GaussianBlur(fine, fine, {}, 5);
        cv::GaussianBlur(coarse, coarse, {}, 12);
        media::Image image{kSide, kSide, {}};
        for (int y = 0; y < kSide; ++y) {
            for (int x = 0; x < kSide; ++x) {
                // Blurring by s leaves noise of a deviation of 1 / (s sqrt(4 pi)): both parts get 18 grey levels.
                const double sum = 318 * double{fine.at<float>(y, x)} + 765 * double{coarse.at<float>(y, x)};
                image.pixels.insert(image.pixels.end(), 3, cv::saturate_cast<std::uint8_t>(130 + detail * sum));
            }
        }
        return image;
    }

    [[nodiscard]] vision::Point3 at(double x, double y) const {
        return {static_cast<float>(x), static_cast<float>(y), static_cast<float>(depth_(x, y) - depth_(0, 0))};
    }

    /// Where a mesh's point lies on the face, centimetres: most of them anywhere within the outline.
    static vision::Point2 place_of(std::size_t i) {
        struct Named {
            std::size_t index;
            float x;
            float y;
        };
        constexpr Named kNamed[] = {{33, -4.7F, 0}, {133, -1.7F, 0}, {159, -3.2F, -0.4F}, {145, -3.2F, 0.4F},
                                    {263, 4.7F, 0}, {362, 1.7F, 0},  {386, 3.2F, -0.4F},  {374, 3.2F, 0.4F},
                                    {61, -2.4F, 7}, {291, 2.4F, 7},  {0, 0, 6.2F},        {17, 0, 7.9F},
                                    {10, 0, -6.5F}, {152, 0, 11},    {1, 0, 3.5F}};
        for (const Named& named : kNamed) {
            if (named.index == i) return {named.x, named.y};
        }
        // A sunflower's seeds: even all over an ellipse.
        const double radius = std::sqrt((static_cast<double>(i) + 0.5) / vision::kMeshPoints);
        const double angle = 2.399963 * static_cast<double>(i);
        return {static_cast<float>(7 * radius * std::cos(angle)),
                static_cast<float>(2.2 + 8.8 * radius * std::sin(angle))};
    }

    [[nodiscard]] vision::FaceMesh mesh_in(const synthesis::Lens& lens, const synthesis::Placement& placement) const {
        constexpr double kDegree = CV_PI / 180;
        const auto turn = [](vision::Point3 p, double angle, float vision::Point3::* a, float vision::Point3::* b) {
            const double first = p.*a * std::cos(angle) - p.*b * std::sin(angle);
            p.*b = static_cast<float>(p.*a * std::sin(angle) + p.*b * std::cos(angle));
            p.*a = static_cast<float>(first);
            return p;
        };
        using P = vision::Point3;
        const auto project = [&](vision::Point3 p) {
            p = turn(p, -double{placement.yaw} * kDegree, &P::x, &P::z);
            p = turn(p, double{placement.pitch} * kDegree, &P::y, &P::z);
            p = turn(p, double{placement.roll} * kDegree, &P::x, &P::y);
            const double z = p.z + placement.origin.z;
            return vision::Point3{
                static_cast<float>(lens.width / 2.0 + lens.focal_px * (p.x + placement.origin.x) / z),
                static_cast<float>(lens.height / 2.0 + lens.focal_px * (p.y + placement.origin.y) / z),
                static_cast<float>(p.z * lens.focal_px / placement.origin.z)};
        };
        vision::FaceMesh mesh;
        mesh.presence = 1;
        for (std::size_t i = 0; i < mesh.points.size(); ++i) {
            const vision::Point2 place = place_of(i);
            mesh.points[i] = project(at(place.x, place.y));
            const auto believed = static_cast<float>(head(place.x, place.y) - head(0, 0));
            mesh.points[i].z = project({place.x, place.y, believed}).z;
        }
        return mesh;
    }

    Depth depth_;
    synthesis::Surface surface_;
    std::vector<media::Image> levels_;
};

}  // namespace facegate::liveness::testing
