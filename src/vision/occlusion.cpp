#include "vision/occlusion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "vision/face_chip.h"
#include "vision/quality.h"

namespace facegate::vision {
namespace {

constexpr float kShift = 0.05F;
constexpr std::array<Point2, 4> kShifts = {{{kShift, 0}, {-kShift, 0}, {0, kShift}, {0, -kShift}}};

constexpr std::size_t kNoseTip = 4;
constexpr std::size_t kChin = 199;
constexpr std::size_t kRightCheek = 50;
constexpr std::size_t kLeftCheek = 280;
constexpr int kPatch = 8;                   // pixels of the chip in which a colour is averaged
constexpr float kPatchInterOcular = 0.16F;  // its side in inter-ocular distances

using FivePoints = std::array<Point2, 5>;

Point2 middle(const Point3& a, const Point3& b) {
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}
Point2 flat(const Point3& point) {
    return {point.x, point.y};
}

FivePoints five_points(const FaceMesh& mesh) {
    const auto& points = mesh.points;
    return {middle(points[33], points[133]), middle(points[263], points[362]), flat(points[1]), flat(points[61]),
            flat(points[291])};
}

float mesh_jitter(const media::Image& image, const FaceMesh& mesh, const Landmarker& landmarker, double* network_ms) {
    std::array<FivePoints, kShifts.size()> found;
    for (std::size_t i = 0; i < kShifts.size(); ++i)
        found[i] = five_points(landmarker.find_shifted(image, mesh, kShifts[i].x, kShifts[i].y, network_ms));
    float sum = 0;
    for (std::size_t k = 0; k < std::tuple_size_v<FivePoints>; ++k) {
        Point2 mean;
        for (const FivePoints& points : found) {
            mean.x += points[k].x / kShifts.size();
            mean.y += points[k].y / kShifts.size();
        }
        for (const FivePoints& points : found) sum += std::hypot(points[k].x - mean.x, points[k].y - mean.y);
    }
    const float count = kShifts.size() * std::tuple_size_v<FivePoints>;
    return sum / count / std::max(static_cast<float>(inter_ocular_distance(mesh)), 1.0F);
}

struct Chroma {
    double a = 0;
    double b = 0;
};

Chroma colour_at(const media::Image& image, const Point3& place, float side) {
    cv::Mat patch = cut_chip(image, transform_of({flat(place), side, 0}, kPatch), kPatch);
    patch.convertTo(patch, CV_32FC3, 1 / 255.0);
    cv::Mat lab;
    cv::cvtColor(patch, lab, cv::COLOR_RGB2Lab);
    const cv::Scalar mean = cv::mean(lab);
    return {mean[1], mean[2]};
}

float colour_difference(const media::Image& image, const FaceMesh& mesh) {
    const float side = kPatchInterOcular * static_cast<float>(inter_ocular_distance(mesh));
    const auto colour = [&](std::size_t point) { return colour_at(image, mesh.points[point], side); };
    const Chroma right = colour(kRightCheek);
    const Chroma left = colour(kLeftCheek);
    const auto to_nearer_cheek = [&](const Chroma& place) {
        return std::min(std::hypot(place.a - right.a, place.b - right.b),
                        std::hypot(place.a - left.a, place.b - left.b));
    };
    return static_cast<float>(std::max(to_nearer_cheek(colour(kChin)), to_nearer_cheek(colour(kNoseTip))));
}

}  // namespace

Occlusion occlusion_of(const media::Image& image, const FaceMesh& mesh, const Landmarker& landmarker,
                       double* network_ms) {
    return {mesh_jitter(image, mesh, landmarker, network_ms), colour_difference(image, mesh)};
}

}  // namespace facegate::vision
