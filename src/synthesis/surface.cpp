#include "synthesis/surface.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <span>

namespace facegate::synthesis {
namespace {

constexpr int kRightEyeOuter = 33;
constexpr int kRightEyeInner = 133;
constexpr int kLeftEyeOuter = 263;
constexpr int kLeftEyeInner = 362;
constexpr int kForehead = 10;
constexpr int kChin = 152;
/// Lids from the outer to the inner corner: the upper edge, the lower edge, the fold above.
constexpr int kUpperLids[2][7] = {{246, 161, 160, 159, 158, 157, 173}, {466, 388, 387, 386, 385, 384, 398}};
constexpr int kLowerLids[2][7] = {{7, 163, 144, 145, 153, 154, 155}, {249, 390, 373, 374, 380, 381, 382}};
constexpr int kFolds[2][7] = {{247, 30, 29, 27, 28, 56, 190}, {467, 260, 259, 257, 258, 286, 414}};
constexpr float kFoldShare = 0.45F;
constexpr float kLidReach = 1.3F;  // the mesh's lids lie a little inside the eye's opening
constexpr float kLidBulgeCm = 0.1F;

Point3 operator-(Point3 a, Point3 b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}
Point3 operator+(Point3 a, Point3 b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z};
}
Point3 operator*(Point3 a, float k) {
    return {a.x * k, a.y * k, a.z * k};
}
float dot(Point3 a, Point3 b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
Point3 unit(Point3 a) {
    return a * (1 / std::sqrt(std::max(dot(a, a), 1e-12F)));
}

/// The head's own axes and scale in a photo, to go from pixels to centimetres and back.
class PhotoFrame {
public:
    PhotoFrame(const vision::FaceMesh& mesh, double eye_distance_cm) {
        const auto& p = mesh.points;
        const Point3 right = (p[kRightEyeOuter] + p[kRightEyeInner]) * 0.5F;
        const Point3 left = (p[kLeftEyeOuter] + p[kLeftEyeInner]) * 0.5F;
        origin_ = (right + left) * 0.5F;
        x_ = unit(p[kLeftEyeOuter] - p[kRightEyeOuter]);
        const Point3 down = p[kChin] - p[kForehead];
        y_ = unit(down - x_ * dot(down, x_));
        z_ = {x_.y * y_.z - x_.z * y_.y, x_.z * y_.x - x_.x * y_.z, x_.x * y_.y - x_.y * y_.x};
        const Point3 eyes = left - right;
        scale_ = static_cast<float>(eye_distance_cm) / std::sqrt(dot(eyes, eyes));
    }

    [[nodiscard]] Point3 to_head(Point3 pixel) const {
        const Point3 from = pixel - origin_;
        return Point3{dot(x_, from), dot(y_, from), dot(z_, from)} * scale_;
    }
    [[nodiscard]] Point2 to_photo(Point3 head) const {
        const Point3 at = origin_ + (x_ * head.x + y_ * head.y + z_ * head.z) * (1 / scale_);
        return {at.x, at.y};
    }
    [[nodiscard]] Point2 eyes_in_photo() const { return {origin_.x, origin_.y}; }
    [[nodiscard]] float cm_per_pixel() const { return scale_; }

private:
    Point3 origin_, x_, y_, z_;
    float scale_ = 1;
};

Point2 inside(Point2 at, const media::Image& photo) {
    return {std::clamp(at.x, 0.0F, static_cast<float>(photo.width - 1)),
            std::clamp(at.y, 0.0F, static_cast<float>(photo.height - 1))};
}

std::vector<Triangle> triangulate(std::span<const Vertex> vertices) {
    cv::Rect2f bounds(-100, -100, 200, 200);
    cv::Subdiv2D division;
    division.initDelaunay(cv::Rect(-100, -100, 200, 200));
    std::vector<int> vertex_of(vertices.size() + 8, -1);
    for (std::size_t i = 0; i < vertices.size(); ++i) {
        const cv::Point2f at(vertices[i].position.x, vertices[i].position.y);
        if (!bounds.contains(at)) continue;
        const int id = division.insert(at);
        if (static_cast<std::size_t>(id) >= vertex_of.size()) vertex_of.resize(static_cast<std::size_t>(id) + 1, -1);
        vertex_of[static_cast<std::size_t>(id)] = static_cast<int>(i);
    }
    std::vector<cv::Vec4i> leading;
    std::vector<Triangle> triangles;
    std::vector<int> edges;
    division.getLeadingEdgeList(edges);
    for (const int edge : edges) {
        Triangle triangle{};
        int current = edge;
        bool whole = true;
        for (std::uint16_t& corner : triangle) {
            const int id = division.edgeOrg(current);
            const int vertex =
                static_cast<std::size_t>(id) < vertex_of.size() ? vertex_of[static_cast<std::size_t>(id)] : -1;
            whole = whole && vertex >= 0;
            if (!whole) break;
            corner = static_cast<std::uint16_t>(vertex);
            current = division.getEdge(current, cv::Subdiv2D::NEXT_AROUND_LEFT);
        }
        if (whole) triangles.push_back(triangle);
    }
    return triangles;
}

std::vector<int> contour_of(std::span<const Vertex> vertices) {
    std::vector<cv::Point2f> points;
    for (const Vertex& vertex : vertices) points.emplace_back(vertex.position.x, vertex.position.y);
    std::vector<int> hull;
    cv::convexHull(points, hull);
    return hull;
}

std::vector<Vertex> face_vertices(const media::Image& photo, const vision::FaceMesh& mesh, const PhotoFrame& frame) {
    std::vector<Vertex> vertices;
    for (const Point3& point : mesh.points) {
        vertices.push_back({frame.to_head(point), inside({point.x, point.y}, photo), 1, {}});
    }
    return vertices;
}

void add_lids(std::vector<Vertex>& vertices) {
    for (int eye = 0; eye < 2; ++eye) {
        for (int i = 0; i < 7; ++i) {
            Vertex& upper = vertices[static_cast<std::size_t>(kUpperLids[eye][i])];
            const Vertex& lower = vertices[static_cast<std::size_t>(kLowerLids[eye][i])];
            upper.lid = (lower.position - upper.position) * kLidReach;
            upper.lid.z -= kLidBulgeCm;
            vertices[static_cast<std::size_t>(kFolds[eye][i])].lid = upper.lid * kFoldShare;
        }
    }
}

struct Ring {
    float side;     // radius, in contour radii, beside the face
    float above;    // over it
    float below;    // under it
    float back_cm;  // behind the contour
    float opacity;
};
constexpr Ring kRings[] = {{1.08F, 1.13F, 1.05F, 1.8F, 1}, {1.17F, 1.29F, 1.12F, 4.5F, 1}, {1.28F, 1.43F, 1.24F, 9, 0}};

void add_border(Surface& surface, const PhotoFrame& frame) {
    const std::vector<int> contour = contour_of(surface.vertices);
    Point3 centre;
    for (const int i : contour) centre = centre + surface.vertices[static_cast<std::size_t>(i)].position;
    centre = centre * (1.0F / static_cast<float>(contour.size()));
    std::vector<std::uint16_t> inner(contour.begin(), contour.end());
    for (const Ring& ring : kRings) {
        std::vector<std::uint16_t> outer;
        for (const int i : contour) {
            const Point3 from = surface.vertices[static_cast<std::size_t>(i)].position - centre;
            const float up = -from.y / std::hypot(from.x, from.y);
            const float radius = up > 0 ? ring.side + (ring.above - ring.side) * up * up
                                        : ring.side + (ring.below - ring.side) * up * up;
            const Point3 flat = centre + Point3{from.x * radius, from.y * radius, from.z};
            Vertex vertex{flat, inside(frame.to_photo(flat), surface.texture), ring.opacity, {}};
            vertex.position.z += ring.back_cm;
            outer.push_back(static_cast<std::uint16_t>(surface.vertices.size()));
            surface.vertices.push_back(vertex);
        }
        for (std::size_t i = 0; i < outer.size(); ++i) {
            const std::size_t j = (i + 1) % outer.size();
            surface.triangles.push_back({inner[i], inner[j], outer[j]});
            surface.triangles.push_back({inner[i], outer[j], outer[i]});
        }
        inner = std::move(outer);
    }
}

Point3 bent(Point3 flat, const Bend& bend) {
    if (!(bend.radius_cm > 0)) return flat;
    const auto radius = static_cast<float>(bend.radius_cm);
    float& along = bend.about_vertical ? flat.x : flat.y;
    const float angle = along / radius;
    along = radius * std::sin(angle);
    flat.z += radius * (1 - std::cos(angle));
    return flat;
}

}  // namespace

Surface model_head(const media::Image& photo, const vision::FaceMesh& mesh, double eye_distance_cm) {
    const PhotoFrame frame(mesh, eye_distance_cm);
    Surface head;
    head.texture = photo;
    head.vertices = face_vertices(photo, mesh, frame);
    head.triangles = triangulate(head.vertices);
    add_lids(head.vertices);
    add_border(head, frame);
    return head;
}

std::vector<Triangle> grid_triangles(int cells) {
    std::vector<Triangle> triangles;
    for (int row = 0; row < cells; ++row) {
        for (int column = 0; column < cells; ++column) {
            const auto a = static_cast<std::uint16_t>(row * (cells + 1) + column);
            const auto b = static_cast<std::uint16_t>(a + 1);
            const auto c = static_cast<std::uint16_t>(a + cells + 1);
            const auto d = static_cast<std::uint16_t>(c + 1);
            triangles.push_back({a, b, d});
            triangles.push_back({a, d, c});
        }
    }
    return triangles;
}

Surface model_picture(const media::Image& photo, const vision::FaceMesh& mesh, double eye_distance_cm, double border,
                      Bend bend) {
    constexpr int kCells = 24;
    const PhotoFrame frame(mesh, eye_distance_cm);
    const Point2 eyes = frame.eyes_in_photo();
    const auto [left, right] = std::ranges::minmax(mesh.points, {}, &Point3::x);
    const auto [top, bottom] = std::ranges::minmax(mesh.points, {}, &Point3::y);
    const float margin = (right.x - left.x) * static_cast<float>(border);
    const float from_x = std::max(0.0F, left.x - margin);
    const float to_x = std::min(static_cast<float>(photo.width - 1), right.x + margin);
    const float from_y = std::max(0.0F, top.y - margin);
    const float to_y = std::min(static_cast<float>(photo.height - 1), bottom.y + margin);
    Surface sheet;
    sheet.texture = photo;
    for (int row = 0; row <= kCells; ++row) {
        for (int column = 0; column <= kCells; ++column) {
            const float x = from_x + (to_x - from_x) * static_cast<float>(column) / kCells;
            const float y = from_y + (to_y - from_y) * static_cast<float>(row) / kCells;
            const Point3 flat{(x - eyes.x) * frame.cm_per_pixel(), (y - eyes.y) * frame.cm_per_pixel(), 0};
            sheet.vertices.push_back({bent(flat, bend), {x, y}, 1, {}});
        }
    }
    sheet.triangles = grid_triangles(kCells);
    return sheet;
}

Surface model_mask(const media::Image& photo, const vision::FaceMesh& mesh, double eye_distance_cm, bool eye_holes,
                   Bend bend) {
    const PhotoFrame frame(mesh, eye_distance_cm);
    const Point2 eyes = frame.eyes_in_photo();
    Surface mask;
    mask.texture = photo;
    for (const Point3& point : mesh.points) {
        const Point3 flat{(point.x - eyes.x) * frame.cm_per_pixel(), (point.y - eyes.y) * frame.cm_per_pixel(), 0};
        mask.vertices.push_back({flat, inside({point.x, point.y}, photo), 1, {}});
    }
    mask.triangles = triangulate(mask.vertices);
    if (eye_holes) {
        std::vector<bool> lid(mask.vertices.size(), false);
        for (int eye = 0; eye < 2; ++eye) {
            for (int i = 0; i < 7; ++i) {
                lid[static_cast<std::size_t>(kUpperLids[eye][i])] = true;
                lid[static_cast<std::size_t>(kLowerLids[eye][i])] = true;
            }
        }
        for (const int corner : {kRightEyeOuter, kRightEyeInner, kLeftEyeOuter, kLeftEyeInner})
            lid[static_cast<std::size_t>(corner)] = true;
        std::erase_if(mask.triangles, [&](const Triangle& triangle) {
            return std::ranges::all_of(triangle, [&](std::uint16_t i) { return lid[i]; });
        });
    }
    for (Vertex& vertex : mask.vertices) vertex.position = bent(vertex.position, bend);
    return mask;
}

}  // namespace facegate::synthesis
