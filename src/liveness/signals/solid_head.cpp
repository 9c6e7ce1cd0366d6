#include "liveness/signals/solid_head.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "liveness/signals/patch_match.h"
#include "liveness/signals/statistics.h"

namespace facegate::liveness {
namespace {

constexpr std::size_t kFarFrames = 4;
constexpr std::size_t kNearFrames = 4;
constexpr int kGridStep = 7;
constexpr double kUnit = 50;  // pixels; keeps the columns of the fit alike in size
constexpr int kPlaneTerms = 8;
constexpr int kQuadricTerms = 9;
constexpr int kDepthTerms = 3;
constexpr int kTerms = kPlaneTerms + kQuadricTerms + kDepthTerms;
constexpr int kReweightings = 4;

/// A place on the skin, in pixels of the aligned faces.
struct SkinPoint {
    int x = 0;
    int y = 0;
    double depth = 0;
};

vision::FaceMesh mean_mesh(std::span<const AlignedFace> faces) {
    vision::FaceMesh mean;
    const auto share = 1.0F / static_cast<float>(faces.size());
    for (const AlignedFace& face : faces) {
        for (std::size_t i = 0; i < mean.points.size(); ++i) {
            mean.points[i].x += face.mesh.points[i].x * share;
            mean.points[i].y += face.mesh.points[i].y * share;
            mean.points[i].z += face.mesh.points[i].z * share;
        }
    }
    return mean;
}

cv::Rect2f around(const vision::FaceMesh& mesh, std::initializer_list<std::size_t> indices, float margin) {
    cv::Rect2f box(mesh.points[*indices.begin()].x, mesh.points[*indices.begin()].y, 1e-3F, 1e-3F);
    for (const std::size_t i : indices) box |= cv::Rect2f(mesh.points[i].x, mesh.points[i].y, 1e-3F, 1e-3F);
    return {box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin};
}

/// Depth between the mesh's points: their mean, weighted by the inverse fourth power of the distance.
double depth_at(const vision::FaceMesh& mesh, float x, float y) {
    double sum = 0;
    double weights = 0;
    for (const vision::Point3& point : mesh.points) {
        const double squared = (point.x - x) * (point.x - x) + (point.y - y) * (point.y - y) + 9;
        const double weight = 1 / (squared * squared);
        sum += weight * point.z;
        weights += weight;
    }
    return sum / weights;
}

std::vector<SkinPoint> skin_points(const vision::FaceMesh& mesh) {
    std::vector<cv::Point2f> outline;
    for (const vision::Point3& point : mesh.points) outline.emplace_back(point.x, point.y);
    std::vector<cv::Point2f> hull;
    cv::convexHull(outline, hull);
    const std::array<cv::Rect2f, 3> movable = {
        around(mesh, {33, 133, 159, 145}, 5), around(mesh, {263, 362, 386, 374}, 5), around(mesh, {61, 291, 0, 17}, 5)};
    std::vector<SkinPoint> points;
    for (int y = kPatchMargin; y < AlignedFace::kSide - kPatchMargin; y += kGridStep) {
        for (int x = kPatchMargin; x < AlignedFace::kSide - kPatchMargin; x += kGridStep) {
            const cv::Point2f at(static_cast<float>(x), static_cast<float>(y));
            if (cv::pointPolygonTest(hull, at, true) < 2) continue;
            if (std::ranges::any_of(movable, [&](const cv::Rect2f& box) { return box.contains(at); })) continue;
            points.push_back({x, y, depth_at(mesh, at.x, at.y)});
        }
    }
    return points;
}

/// A point's way between two frames as a sum of terms: eight of a homography, nine of any quadric's depth, three of the
/// face's own depth.
struct Way {
    std::array<double, kTerms> across{};
    std::array<double, kTerms> down{};
    cv::Point2d moved;
    double weight = 1;
};

Way way_of(const SkinPoint& point, cv::Point2d moved) {
    const double x = point.x - AlignedFace::kSide / 2.0;
    const double y = point.y - AlignedFace::kSide / 2.0;
    Way way;
    auto& a = way.across;
    auto& d = way.down;
    a[0] = d[3] = x;
    a[1] = d[4] = y;
    a[2] = d[5] = kUnit;
    a[6] = x * x / kUnit;
    a[7] = d[6] = x * y / kUnit;
    d[7] = y * y / kUnit;
    const double quadric[3] = {x * x / kUnit, x * y / kUnit, y * y / kUnit};
    for (std::size_t k = 0; k < 3; ++k) {
        a[8 + k] = quadric[k];
        d[11 + k] = quadric[k];
        a[14 + k] = quadric[k] * x / kUnit;
        d[14 + k] = quadric[k] * y / kUnit;
    }
    a[17] = d[18] = point.depth;
    a[19] = point.depth * x / kUnit;
    d[19] = point.depth * y / kUnit;
    way.moved = moved;
    return way;
}

/// Weighted normal equations of all terms; fits of fewer terms are parts of them.
class NormalEquations {
public:
    explicit NormalEquations(std::span<const Way> ways)
        : squares_(cv::Mat::zeros(kTerms, kTerms, CV_64F)), products_(cv::Mat::zeros(kTerms, 1, CV_64F)) {
        for (const Way& way : ways) {
            for (int i = 0; i < kTerms; ++i) {
                const auto row = static_cast<std::size_t>(i);
                const double across = way.across[row] * way.weight;
                const double down = way.down[row] * way.weight;
                products_.at<double>(i) += across * way.moved.x + down * way.moved.y;
                for (int j = 0; j <= i; ++j) {
                    const auto column = static_cast<std::size_t>(j);
                    squares_.at<double>(i, j) += across * way.across[column] + down * way.down[column];
                }
            }
            length_ += way.weight * way.moved.dot(way.moved);
        }
        cv::completeSymm(squares_, true);
    }

    /// The terms' factors; 0 for those that are not among `terms`.
    [[nodiscard]] std::array<double, kTerms> solve(const std::vector<int>& terms) const {
        const auto count = static_cast<int>(terms.size());
        cv::Mat squares(count, count, CV_64F);
        cv::Mat products(count, 1, CV_64F);
        for (int i = 0; i < count; ++i) {
            products.at<double>(i) = products_.at<double>(terms[static_cast<std::size_t>(i)]);
            for (int j = 0; j < count; ++j) {
                squares.at<double>(i, j) =
                    squares_.at<double>(terms[static_cast<std::size_t>(i)], terms[static_cast<std::size_t>(j)]);
            }
        }
        cv::Mat solution;
        cv::solve(squares, products, solution, cv::DECOMP_SVD);
        std::array<double, kTerms> factors{};
        for (int i = 0; i < count; ++i) {
            factors[static_cast<std::size_t>(terms[static_cast<std::size_t>(i)])] = solution.at<double>(i);
        }
        return factors;
    }
    /// Sum of squares that these terms leave unexplained.
    [[nodiscard]] double left_by(const std::vector<int>& terms) const {
        const std::array<double, kTerms> factors = solve(terms);
        double explained = 0;
        for (int i = 0; i < kTerms; ++i) explained += factors[static_cast<std::size_t>(i)] * products_.at<double>(i);
        return std::max(0.0, length_ - explained);
    }

private:
    cv::Mat squares_;
    cv::Mat products_;
    double length_ = 0;
};

std::vector<int> terms(bool quadric, bool depth, bool growth) {
    std::vector<int> chosen;
    for (int i = 0; i < kTerms; ++i) {
        const bool is_plane = i < kPlaneTerms;
        const bool is_quadric = !is_plane && i < kPlaneTerms + kQuadricTerms;
        const bool is_growth = i == kTerms - 1;
        if (is_plane || (is_quadric && quadric) || (is_growth && growth) ||
            (!is_plane && !is_quadric && !is_growth && depth)) {
            chosen.push_back(i);
        }
    }
    return chosen;
}

/// Points that go astray lose their weight (Huber's, twice one and a half times the median error).
void reweight(std::vector<Way>& ways) {
    const std::vector<int> all = terms(true, true, true);
    for (int round = 0; round < kReweightings; ++round) {
        const std::array<double, kTerms> factors = NormalEquations(ways).solve(all);
        std::vector<double> errors;
        for (const Way& way : ways) {
            cv::Point2d left = way.moved;
            for (std::size_t i = 0; i < kTerms; ++i) {
                left.x -= factors[i] * way.across[i];
                left.y -= factors[i] * way.down[i];
            }
            errors.push_back(std::hypot(left.x, left.y));
        }
        const double bound = 3 * median(errors) + 0.1;
        for (std::size_t i = 0; i < ways.size(); ++i) ways[i].weight = errors[i] < bound ? 1 : bound / errors[i];
    }
}

struct PairFit {
    int points = 0;
    double view = 0;
    double relief = 0;
    double explained = 0;
    double plane_error = 0;
};

std::optional<PairFit> fit_pair(const AlignedFace& far, const AlignedFace& near, std::span<const SkinPoint> points,
                                int frame_side) {
    std::vector<Way> ways;
    for (const SkinPoint& point : points) {
        if (const auto moved = match_patch(far.grey, near.grey, point.x, point.y)) {
            ways.push_back(way_of(point, *moved));
        }
    }
    if (ways.size() < static_cast<std::size_t>(kMinSolidPoints)) return std::nullopt;
    reweight(ways);
    const NormalEquations equations(ways);
    // Both frames were scaled to one size: what is left of s * (1 - z (s - 1) / f) is the part in brackets.
    const double growth = far.scale / near.scale;
    const double per_pixel = -frame_side * far.scale / (growth - 1) / kUnit;
    PairFit fit;
    fit.points = static_cast<int>(ways.size());
    fit.view = equations.solve(terms(false, true, true))[kTerms - 1] * per_pixel;
    fit.relief = equations.solve(terms(true, true, true))[kTerms - 1] * per_pixel;
    const double without = equations.left_by(terms(false, true, false));
    const double with = equations.left_by(terms(false, true, true));
    fit.explained = std::copysign(without > 0 ? std::sqrt(std::max(0.0, 1 - with / without)) : 0, fit.view);
    const double plane = equations.left_by(terms(false, false, false));
    fit.plane_error = std::sqrt(plane / static_cast<double>(ways.size())) / AlignedFace::kEyesApart * 1000;
    return fit;
}

}  // namespace

std::optional<SolidHead> measure_solid_head(std::span<const AlignedFace> faces, int frame_side) {
    if (faces.size() < 4) return std::nullopt;
    std::vector<const AlignedFace*> by_size;
    for (const AlignedFace& face : faces) by_size.push_back(&face);
    std::ranges::sort(by_size, std::ranges::greater{}, &AlignedFace::scale);  // the farthest first
    // Spread over the farthest and the nearest third, so that no one moment decides.
    const std::size_t third = std::max<std::size_t>(2, by_size.size() / 3);
    const auto spread = [&](std::size_t i, std::size_t count) {
        return i * (third - 1) / std::max<std::size_t>(1, count - 1);
    };
    const std::vector<SkinPoint> points = skin_points(mean_mesh(faces));

    std::vector<double> found;
    std::vector<double> growths;
    std::vector<double> views;
    std::vector<double> reliefs;
    std::vector<double> explained;
    std::vector<double> errors;
    for (std::size_t i = 0; i < kFarFrames; ++i) {
        for (std::size_t j = 0; j < kNearFrames; ++j) {
            // With few looks some places coincide: a pair counts once.
            if (i > 0 && spread(i, kFarFrames) == spread(i - 1, kFarFrames)) continue;
            if (j > 0 && spread(j, kNearFrames) == spread(j - 1, kNearFrames)) continue;
            const AlignedFace& far = *by_size[spread(i, kFarFrames)];
            const AlignedFace& near = *by_size[by_size.size() - 1 - spread(j, kNearFrames)];
            if (!(far.scale / near.scale >= kMinSolidGrowth)) continue;
            const auto fit = fit_pair(far, near, points, frame_side);
            if (!fit) continue;
            found.push_back(fit->points);
            growths.push_back(far.scale / near.scale);
            views.push_back(fit->view);
            reliefs.push_back(fit->relief);
            explained.push_back(fit->explained);
            errors.push_back(fit->plane_error);
        }
    }
    if (views.size() < static_cast<std::size_t>(kMinSolidPairs)) return std::nullopt;
    return SolidHead{.pairs = static_cast<int>(views.size()),
                     .points = static_cast<int>(median(found)),
                     .growth = median(growths),
                     .view = median(views),
                     .relief = median(reliefs),
                     .explained = median(explained),
                     .plane_error = median(errors)};
}

}  // namespace facegate::liveness
