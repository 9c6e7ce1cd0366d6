#include "synthesis/subject.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace facegate::synthesis {
namespace {

constexpr float kMaxYaw = 18.5F;
constexpr float kMaxPitch = 24;
constexpr float kMaxMeshJitter = 0.0085F;  // the head takes its depth from the mesh: it has to be sure of it
constexpr double kMinEyesPx = 60;
constexpr float kMinPresence = 0.9F;
constexpr float kAround = 0.75F;  // of the face's width and height, kept beyond it on each side

media::Image crop(const media::Image& image, int left, int top, int right, int bottom) {
    media::Image out{right - left, bottom - top, {}};
    const std::size_t row = static_cast<std::size_t>(out.width) * 3;
    out.pixels.resize(row * static_cast<std::size_t>(out.height));
    for (int y = 0; y < out.height; ++y) {
        std::memcpy(out.pixels.data() + static_cast<std::size_t>(y) * row, image.at(left, top + y), row);
    }
    return out;
}

Subject cut_out(const std::string& name, const media::Image& photo, vision::FaceMesh mesh) {
    const auto [left, right] = std::ranges::minmax(mesh.points, {}, &Point3::x);
    const auto [top, bottom] = std::ranges::minmax(mesh.points, {}, &Point3::y);
    const float margin_x = (right.x - left.x) * kAround;
    const float margin_y = (bottom.y - top.y) * kAround;
    const int from_x = std::max(0, static_cast<int>(left.x - margin_x));
    const int from_y = std::max(0, static_cast<int>(top.y - margin_y));
    const int to_x = std::min(photo.width, static_cast<int>(right.x + margin_x));
    const int to_y = std::min(photo.height, static_cast<int>(bottom.y + margin_y));
    for (Point3& point : mesh.points) {
        point.x -= static_cast<float>(from_x);
        point.y -= static_cast<float>(from_y);
    }
    return {name, crop(photo, from_x, from_y, to_x, to_y), mesh};
}

bool makes_a_head(const vision::FaceAttributes& face) {
    const vision::Pose& pose = face.quality.pose;
    const bool eyes_open = !face.eyes || vision::eyes_open(*face.eyes).value;
    return face.presence >= kMinPresence && std::abs(pose.yaw) <= kMaxYaw && std::abs(pose.pitch) <= kMaxPitch &&
           double{face.quality.inter_ocular_px} >= kMinEyesPx && face.outside_frame == 0 &&
           face.occlusion.mesh_jitter <= kMaxMeshJitter && eyes_open;
}

}  // namespace

std::vector<Subject> find_subjects(const vision::FaceEngine& engine, std::span<const NamedPhoto> photos) {
    std::vector<Subject> subjects;
    for (const NamedPhoto& photo : photos) {
        int number = 0;
        for (const vision::Detection& face : engine.detect(photo.image)) {
            const vision::FaceMesh mesh = engine.landmarks(photo.image, face);
            ++number;
            if (!makes_a_head(engine.attributes(photo.image, face, mesh))) continue;
            subjects.push_back(cut_out(photo.name + "#" + std::to_string(number), photo.image, mesh));
        }
    }
    return subjects;
}

Variation vary(std::mt19937_64& random) {
    std::uniform_real_distribution<float> proportion(0.95F, 1.05F);
    std::uniform_real_distribution<float> depth(0.9F, 1.1F);
    std::uniform_real_distribution<float> tone(0.5F, 1.0F);
    std::uniform_real_distribution<float> hue(0.92F, 1.08F);
    Variation variation;
    variation.width = proportion(random);
    variation.height = proportion(random);
    variation.depth = depth(random);
    variation.eye_distance_cm = std::uniform_real_distribution<double>(5.8, 6.8)(random);
    const float dark = tone(random);
    for (float& channel : variation.tone) channel = std::min(1.0F, dark * hue(random));
    return variation;
}

media::Image toned(const media::Image& photo, const Variation& variation) {
    std::uint8_t table[3][256];
    for (int c = 0; c < 3; ++c) {
        const float factor = std::pow(variation.tone[c], 1 / 2.2F);  // linear in light, a power in the photo
        for (int value = 0; value < 256; ++value) {
            table[c][value] = static_cast<std::uint8_t>(std::lround(static_cast<float>(value) * factor));
        }
    }
    media::Image out = photo;
    for (std::size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = table[i % 3][out.pixels[i]];
    return out;
}

void reshape(Surface& surface, const Variation& variation) {
    for (Vertex& vertex : surface.vertices) {
        for (Point3* point : {&vertex.position, &vertex.lid}) {
            point->x *= variation.width;
            point->y *= variation.height;
            point->z *= variation.depth;
        }
    }
}

}  // namespace facegate::synthesis
