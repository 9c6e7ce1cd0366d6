#include <algorithm>
#include <cmath>
#include <numbers>

#include "vision/geometry.h"

namespace facegate::vision {
namespace {

/// A level head reads this much: the mesh's brow lies before its chin.
constexpr float kPitchOffset = 3.5F;

float dot(const Point3& a, const Point3& b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
Point3 minus(const Point3& a, const Point3& b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}
Point3 times(const Point3& a, float k) {
    return {a.x * k, a.y * k, a.z * k};
}
Point3 unit(const Point3& a) {
    return times(a, 1 / std::max(std::sqrt(dot(a, a)), 1e-6F));
}
float degrees(float radians) {
    return radians * 180 / std::numbers::pi_v<float>;
}

}  // namespace

Pose pose_of(const FaceMesh& mesh) {
    const Point3 x = unit(minus(mesh.points[263], mesh.points[33]));
    const Point3 down = minus(mesh.points[152], mesh.points[10]);
    const Point3 y = unit(minus(down, times(x, dot(down, x))));
    const float z_depth = x.x * y.y - x.y * y.x;
    return {degrees(std::asin(std::clamp(-x.z, -1.0F, 1.0F))), degrees(std::atan2(y.z, z_depth)) - kPitchOffset,
            degrees(std::atan2(x.y, x.x))};
}

}  // namespace facegate::vision
