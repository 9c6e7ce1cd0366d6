#include "synthesis/renderer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace facegate::synthesis {
namespace {

constexpr float kScreenReferenceCm = 40;
constexpr float kNearestCm = 5;
constexpr float kScreenGloss = 0.02F;  // of the light of another screen that a screen's glass sends back
constexpr float kRoomFromAbove = 0.35F;
constexpr std::size_t kHalvings = 3;

std::array<float, 256> linear_table() {
    std::array<float, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = std::pow(static_cast<float>(i) / 255, 2.2F);
    return table;
}
const std::array<float, 256> kLinear = linear_table();

struct Rotation {
    float m[3][3];

    explicit Rotation(const Placement& placement) {
        const float degree = std::numbers::pi_v<float> / 180;
        const float cy = std::cos(placement.yaw * degree);
        const float sy = std::sin(placement.yaw * degree);
        const float cp = std::cos(placement.pitch * degree);
        const float sp = std::sin(placement.pitch * degree);
        const float cr = std::cos(placement.roll * degree);
        const float sr = std::sin(placement.roll * degree);
        // Roll after pitch after yaw.
        const float yaw[3][3] = {{cy, 0, sy}, {0, 1, 0}, {-sy, 0, cy}};
        const float pitch[3][3] = {{1, 0, 0}, {0, cp, -sp}, {0, sp, cp}};
        const float roll[3][3] = {{cr, -sr, 0}, {sr, cr, 0}, {0, 0, 1}};
        float both[3][3];
        multiply(pitch, yaw, both);
        multiply(roll, both, m);
    }
    [[nodiscard]] Point3 turn(Point3 p) const {
        return {m[0][0] * p.x + m[0][1] * p.y + m[0][2] * p.z, m[1][0] * p.x + m[1][1] * p.y + m[1][2] * p.z,
                m[2][0] * p.x + m[2][1] * p.y + m[2][2] * p.z};
    }

private:
    static void multiply(const float (&a)[3][3], const float (&b)[3][3], float (&out)[3][3]) {
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
        }
    }
};

struct Corner {
    float x = 0;
    float y = 0;
    float nearness = 0;
    float u = 0;
    float v = 0;
    float opacity = 0;
    float room = 0;    // share of the room's light
    float screen = 0;  // of the screen's
};

Point3 cross(Point3 a, Point3 b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
Point3 minus(Point3 a, Point3 b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

std::vector<Point3> normals_of(const std::vector<Point3>& points, const std::vector<Triangle>& triangles) {
    std::vector<Point3> normals(points.size());
    for (const Triangle& t : triangles) {
        Point3 normal = cross(minus(points[t[1]], points[t[0]]), minus(points[t[2]], points[t[0]]));
        if (normal.z > 0) normal = {-normal.x, -normal.y, -normal.z};  // all face the camera
        for (const std::uint16_t i : t) {
            normals[i] = {normals[i].x + normal.x, normals[i].y + normal.y, normals[i].z + normal.z};
        }
    }
    for (Point3& n : normals) {
        const float length = std::max(std::sqrt(n.x * n.x + n.y * n.y + n.z * n.z), 1e-9F);
        n = {n.x / length, n.y / length, n.z / length};
    }
    return normals;
}

/// Bilinear; (u, v) from the texture's corner, so that the first pixel's middle is at (0.5, 0.5).
void sample(const media::Image& texture, float u, float v, float (&out)[3]) {
    u = std::clamp(u - 0.5F, 0.0F, static_cast<float>(texture.width) - 1.001F);
    v = std::clamp(v - 0.5F, 0.0F, static_cast<float>(texture.height) - 1.001F);
    const int x = static_cast<int>(u);
    const int y = static_cast<int>(v);
    const float fx = u - static_cast<float>(x);
    const float fy = v - static_cast<float>(y);
    const std::uint8_t* above = texture.at(x, y);
    const std::uint8_t* below = texture.at(x, std::min(y + 1, texture.height - 1));
    const int next = x + 1 < texture.width ? 3 : 0;
    for (int c = 0; c < 3; ++c) {
        const float top = kLinear[above[c]] * (1 - fx) + kLinear[above[next + c]] * fx;
        const float bottom = kLinear[below[c]] * (1 - fx) + kLinear[below[next + c]] * fx;
        out[c] = top * (1 - fy) + bottom * fy;
    }
}

/// A value that changes evenly over the picture within a triangle.
struct Slope {
    float start = 0;  ///< at the picture's origin
    float dx = 0;
    float dy = 0;

    [[nodiscard]] float at(float x, float y) const { return start + x * dx + y * dy; }
};

/// A triangle's corners as weights: wa + wb + wc = 1, all of them positive inside.
struct Weights {
    Slope a;
    Slope b;

    Weights(const Corner& p, const Corner& q, const Corner& r, float area) {
        const float inverse = 1 / area;
        a = {(q.x * r.y - r.x * q.y) * inverse, (q.y - r.y) * inverse, (r.x - q.x) * inverse};
        b = {(r.x * p.y - p.x * r.y) * inverse, (r.y - p.y) * inverse, (p.x - r.x) * inverse};
    }
    /// What is `p`, `q` and `r` in the corners.
    [[nodiscard]] Slope between(float p, float q, float r) const {
        return {r + (p - r) * a.start + (q - r) * b.start, (p - r) * a.dx + (q - r) * b.dx,
                (p - r) * a.dy + (q - r) * b.dy};
    }
};

/// Twice the area, positive for corners that go round clockwise in the picture.
float area_of(const Corner& a, const Corner& b, const Corner& c) {
    return (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
}

/// Which of the texture's halves to take for the whole surface: it is nearly fronto-parallel.
std::size_t level_for(const std::vector<Triangle>& triangles, const std::vector<Corner>& corners, std::size_t levels) {
    double texture_area = 0;
    double screen_area = 0;
    for (const Triangle& t : triangles) {
        const Corner& a = corners[t[0]];
        const Corner& b = corners[t[1]];
        const Corner& c = corners[t[2]];
        texture_area += std::abs((b.u - a.u) * (c.v - a.v) - (c.u - a.u) * (b.v - a.v));
        screen_area += std::abs(area_of(a, b, c));
    }
    const double shrink = std::sqrt(texture_area / std::max(screen_area, 1.0));
    return std::min<std::size_t>(levels - 1, shrink > 1 ? static_cast<std::size_t>(std::lround(std::log2(shrink))) : 0);
}

/// The surface's corners as the camera sees them, and the light on them.
std::vector<Corner> seen_from(const Lens& lens, const Surface& surface, const Placement& placement) {
    const Rotation rotation(placement);
    const auto focal = static_cast<float>(lens.focal_px);
    const auto middle_x = static_cast<float>(lens.width) / 2;
    const auto middle_y = static_cast<float>(lens.height) / 2;
    std::vector<Point3> points;
    for (const Vertex& vertex : surface.vertices) {
        const Point3 own{vertex.position.x + vertex.lid.x * placement.lids,
                         vertex.position.y + vertex.lid.y * placement.lids,
                         vertex.position.z + vertex.lid.z * placement.lids};
        const Point3 turned = rotation.turn(own);
        points.push_back({turned.x + placement.origin.x, turned.y + placement.origin.y, turned.z + placement.origin.z});
    }
    const std::vector<Point3> normals = normals_of(points, surface.triangles);
    std::vector<Corner> corners;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Point3& p = points[i];
        const float z = std::max(p.z, kNearestCm);
        const float ratio = kScreenReferenceCm / z;
        Corner corner{middle_x + focal * p.x / z,    middle_y + focal * p.y / z,  1 / z, surface.vertices[i].texture.x,
                      surface.vertices[i].texture.y, surface.vertices[i].opacity, 1,     0};
        const float facing = std::max(0.0F, -normals[i].z);
        if (surface.emits_light) {
            corner.screen = kScreenGloss;
        } else {
            corner.room = 1 - kRoomFromAbove + kRoomFromAbove * (0.6F * facing - 0.8F * normals[i].y);
            corner.screen = facing * ratio * ratio;
        }
        corners.push_back(corner);
    }
    return corners;
}

}  // namespace

float to_linear(std::uint8_t value) {
    return kLinear[value];
}

std::vector<media::Image> halves_of(const media::Image& texture) {
    std::vector<media::Image> levels{texture};
    while (levels.size() <= kHalvings && levels.back().width > 64 && levels.back().height > 64) {
        const media::Image& from = levels.back();
        media::Image half{from.width / 2, from.height / 2, {}};
        half.pixels.resize(static_cast<std::size_t>(half.width) * static_cast<std::size_t>(half.height) * 3);
        std::uint8_t* out = half.pixels.data();
        for (int y = 0; y < half.height; ++y) {
            for (int x = 0; x < half.width; ++x) {
                const std::uint8_t* a = from.at(2 * x, 2 * y);
                const std::uint8_t* b = from.at(2 * x, 2 * y + 1);
                for (int c = 0; c < 3; ++c)
                    *out++ = static_cast<std::uint8_t>((a[c] + a[c + 3] + b[c] + b[c + 3] + 2) / 4);
            }
        }
        levels.push_back(std::move(half));
    }
    return levels;
}

Canvas::Canvas(Lens lens)
    : lens_(lens),
      radiance_(static_cast<std::size_t>(lens.width) * static_cast<std::size_t>(lens.height) * 3),
      nearness_(static_cast<std::size_t>(lens.width) * static_cast<std::size_t>(lens.height)) {}

void Canvas::paint_wall(const std::vector<float>& albedo, double distance_cm, const Lighting& lighting) {
    const auto ratio = kScreenReferenceCm / static_cast<float>(distance_cm);
    Radiance light{};
    for (std::size_t c = 0; c < 3; ++c) light[c] = lighting.room[c] + lighting.screen[c] * ratio * ratio;
    for (std::size_t i = 0; i < radiance_.size(); i += 3) {
        for (std::size_t c = 0; c < 3; ++c) radiance_[i + c] = albedo[i + c] * light[c];
    }
    std::ranges::fill(nearness_, 1 / static_cast<float>(distance_cm));
}

void Canvas::draw(const Surface& surface, const std::vector<media::Image>& smaller, const Placement& placement,
                  const Lighting& lighting) {
    const std::vector<Corner> corners = seen_from(lens_, surface, placement);
    const std::size_t level = level_for(surface.triangles, corners, smaller.size());
    const media::Image& texture = smaller[level];
    const float texture_scale = 1 / static_cast<float>(1U << level);
    for (const Triangle& t : surface.triangles) {
        const Corner& a = corners[t[0]];
        const Corner& b = corners[t[1]];
        const Corner& c = corners[t[2]];
        const float area = area_of(a, b, c);
        if (std::abs(area) < 1e-6F) continue;
        const Weights weights(a, b, c, area);
        const Slope nearnesses = weights.between(a.nearness, b.nearness, c.nearness);
        const Slope opacities = weights.between(a.opacity, b.opacity, c.opacity);
        const Slope us = weights.between(a.u * texture_scale, b.u * texture_scale, c.u * texture_scale);
        const Slope vs = weights.between(a.v * texture_scale, b.v * texture_scale, c.v * texture_scale);
        const Slope rooms = weights.between(a.room, b.room, c.room);
        const Slope screens = weights.between(a.screen, b.screen, c.screen);
        const int left = std::max(0, static_cast<int>(std::ceil(std::min({a.x, b.x, c.x}) - 0.5F)));
        const int right = std::min(lens_.width - 1, static_cast<int>(std::floor(std::max({a.x, b.x, c.x}) - 0.5F)));
        const int top = std::max(0, static_cast<int>(std::ceil(std::min({a.y, b.y, c.y}) - 0.5F)));
        const int bottom = std::min(lens_.height - 1, static_cast<int>(std::floor(std::max({a.y, b.y, c.y}) - 0.5F)));
        for (int y = top; y <= bottom; ++y) {
            const float py = static_cast<float>(y) + 0.5F;
            const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(lens_.width);
            for (int x = left; x <= right; ++x) {
                const float px = static_cast<float>(x) + 0.5F;
                const float wa = weights.a.at(px, py);
                const float wb = weights.b.at(px, py);
                if (wa < 0 || wb < 0 || wa + wb > 1) continue;
                const std::size_t at = row + static_cast<std::size_t>(x);
                const float nearness = nearnesses.at(px, py);
                if (nearness <= nearness_[at]) continue;
                const float opacity = opacities.at(px, py);
                if (opacity <= 0.02F) continue;
                float albedo[3];
                sample(texture, us.at(px, py), vs.at(px, py), albedo);
                const float room = rooms.at(px, py);
                const float screen = screens.at(px, py);
                for (std::size_t k = 0; k < 3; ++k) {
                    const float seen = surface.emits_light
                                           ? albedo[k] + lighting.screen[k] * screen
                                           : albedo[k] * (room * lighting.room[k] + screen * lighting.screen[k]);
                    float& pixel = radiance_[at * 3 + k];
                    pixel += (seen - pixel) * opacity;
                }
                nearness_[at] = nearness;
            }
        }
    }
}

}  // namespace facegate::synthesis
