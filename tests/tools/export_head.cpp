// export_head SHARE PHOTO FACE head|flat|bent: prints, as JSON, the surface that the browser tests' camera renders: a
// head, or a sheet of paper with it, made from one face of a photo. SHARE is the folder with packs/ and onnxruntime/;
// FACE counts the faces of the photo from 0, the largest first. Only a face that looks into the camera is taken.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "media/image_decoder.h"
#include "media/jpeg_encoder.h"
#include "synthesis/surface.h"
#include "vision/face_engine.h"

namespace {

using namespace facegate;
namespace json = boost::json;
using synthesis::Surface;
using vision::Point2;
using vision::Point3;

constexpr double kEyeDistanceCm = 6.3;  // the mean of adults
constexpr float kMaxYaw = 15;
constexpr float kMaxPitch = 16;
constexpr float kMinEyeDistancePx = 80;
constexpr float kFacePx = 400;  // of the texture: a little more than the camera ever shows
constexpr int kTextureQuality = 90;
constexpr double kPaperBorder = 0.45;
constexpr double kPaperRadiusCm = 14;

/// Points of the mesh that the liveness widget's detector finds too.
constexpr std::pair<const char*, std::array<std::size_t, 2>> kMarks[] = {
    {"right_eye", {33, 133}}, {"left_eye", {362, 263}}, {"nose", {1, 1}}, {"mouth", {13, 14}}};

media::Image read_photo(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    auto photo = media::decode_image(bytes);
    if (!photo) throw std::runtime_error(fmt::format("{}: {}", path, photo.error().message));
    return std::move(*photo);
}

Point2 mark_in_photo(const vision::FaceMesh& mesh, const std::array<std::size_t, 2>& pair) {
    const Point3& a = mesh.points[pair[0]];
    const Point3& b = mesh.points[pair[1]];
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}

vision::FaceMesh frontal_mesh(const std::string& share, const media::Image& photo, std::size_t index) {
    const auto engine = vision::FaceEngine::load(
        {.pack_dir = share + "/packs/default", .onnxruntime_path = share + "/onnxruntime/libonnxruntime.so.1"});
    if (!engine) throw std::runtime_error(engine.error().message);
    const auto faces = (*engine)->detect(photo);
    if (index >= faces.size()) throw std::runtime_error(fmt::format("the photo has {} faces", faces.size()));
    vision::FaceMesh mesh = (*engine)->landmarks(photo, faces[index]);
    const vision::Pose pose = vision::pose_of(mesh);
    const Point2 right = mark_in_photo(mesh, kMarks[0].second);
    const Point2 left = mark_in_photo(mesh, kMarks[1].second);
    const float eyes = std::hypot(left.x - right.x, left.y - right.y);
    if (std::abs(pose.yaw) > kMaxYaw || std::abs(pose.pitch) > kMaxPitch || eyes < kMinEyeDistancePx)
        throw std::runtime_error(fmt::format("yaw {:.0f} and pitch {:.0f} degrees, eyes {:.0f} px apart: not usable",
                                             pose.yaw, pose.pitch, eyes));
    return mesh;
}

Surface model(const std::string& shape, const media::Image& photo, const vision::FaceMesh& mesh) {
    if (shape == "head") return synthesis::model_head(photo, mesh, kEyeDistanceCm);
    if (shape == "flat") return synthesis::model_picture(photo, mesh, kEyeDistanceCm, kPaperBorder, {});
    if (shape == "bent")
        return synthesis::model_picture(photo, mesh, kEyeDistanceCm, kPaperBorder, {.radius_cm = kPaperRadiusCm});
    throw std::runtime_error("the shape is head, flat or bent");
}

/// Where on the surface a pixel of its texture lies.
Point3 position_at(const Surface& surface, Point2 at) {
    for (const synthesis::Triangle& triangle : surface.triangles) {
        const auto& [a, b, c] = triangle;
        const auto& va = surface.vertices[a];
        const auto& vb = surface.vertices[b];
        const auto& vc = surface.vertices[c];
        const auto cross = [](Point2 p, Point2 q, Point2 r) {
            return (q.x - p.x) * (r.y - p.y) - (r.x - p.x) * (q.y - p.y);
        };
        const float area = cross(va.texture, vb.texture, vc.texture);
        if (std::abs(area) < 1e-6F) continue;
        const float wa = cross(at, vb.texture, vc.texture) / area;
        const float wb = cross(va.texture, at, vc.texture) / area;
        const float wc = 1 - wa - wb;
        if (std::min({wa, wb, wc}) < -1e-4F) continue;
        const auto mix = [&](float Point3::* axis) {
            return wa * (va.position.*axis) + wb * (vb.position.*axis) + wc * (vc.position.*axis);
        };
        return {mix(&Point3::x), mix(&Point3::y), mix(&Point3::z)};
    }
    throw std::runtime_error("a mark of the face is not on the surface");
}

/// Cuts away the part of the texture that the surface does not show and makes the rest small.
void shrink_texture(Surface& surface, float face_width) {
    Point2 from{std::numeric_limits<float>::max(), std::numeric_limits<float>::max()};
    Point2 to{0, 0};
    for (const auto& vertex : surface.vertices) {
        from = {std::min(from.x, vertex.texture.x), std::min(from.y, vertex.texture.y)};
        to = {std::max(to.x, vertex.texture.x), std::max(to.y, vertex.texture.y)};
    }
    media::Image& photo = surface.texture;
    const cv::Rect part = cv::Rect(cv::Point(static_cast<int>(from.x) - 1, static_cast<int>(from.y) - 1),
                                   cv::Point(static_cast<int>(to.x) + 3, static_cast<int>(to.y) + 3)) &
                          cv::Rect(0, 0, photo.width, photo.height);
    const double scale = std::min(1.0, static_cast<double>(kFacePx / face_width));
    media::Image small{
        static_cast<int>(std::lround(part.width * scale)), static_cast<int>(std::lround(part.height * scale)), {}};
    small.pixels.resize(static_cast<std::size_t>(small.width) * static_cast<std::size_t>(small.height) * 3);
    const cv::Mat source(photo.height, photo.width, CV_8UC3, photo.pixels.data());
    cv::Mat target(small.height, small.width, CV_8UC3, small.pixels.data());
    cv::resize(source(part), target, target.size(), 0, 0, cv::INTER_AREA);
    const float scale_x = static_cast<float>(small.width) / static_cast<float>(part.width);
    const float scale_y = static_cast<float>(small.height) / static_cast<float>(part.height);
    for (auto& vertex : surface.vertices) {
        vertex.texture = {(vertex.texture.x - static_cast<float>(part.x)) * scale_x,
                          (vertex.texture.y - static_cast<float>(part.y)) * scale_y};
    }
    photo = std::move(small);
}

void append(json::array& list, std::initializer_list<float> values) {
    for (const float value : values) list.emplace_back(std::round(static_cast<double>(value) * 1e4) / 1e4);
}

json::object to_json(const Surface& surface) {
    json::array positions;
    json::array texture;
    json::array opacity;
    json::array lids;
    for (const auto& vertex : surface.vertices) {
        append(positions, {vertex.position.x, vertex.position.y, vertex.position.z});
        append(texture, {vertex.texture.x, vertex.texture.y});
        append(opacity, {vertex.opacity});
        append(lids, {vertex.lid.x, vertex.lid.y, vertex.lid.z});
    }
    json::array triangles;
    for (const auto& triangle : surface.triangles) triangles.insert(triangles.end(), triangle.begin(), triangle.end());
    return {{"positions", std::move(positions)},
            {"texture", std::move(texture)},
            {"opacity", std::move(opacity)},
            {"lids", std::move(lids)},
            {"triangles", std::move(triangles)},
            {"picture", to_base64(media::encode_jpeg(surface.texture, kTextureQuality))}};
}

json::object export_head(const std::string& share, const std::string& path, std::size_t face,
                         const std::string& shape) {
    const media::Image photo = read_photo(path);
    const vision::FaceMesh mesh = frontal_mesh(share, photo, face);
    Surface surface = model(shape, photo, mesh);
    json::object marks;
    for (const auto& [name, pair] : kMarks) {
        json::array at;
        const Point3 position = position_at(surface, mark_in_photo(mesh, pair));
        append(at, {position.x, position.y, position.z});
        marks[name] = std::move(at);
    }
    const auto [left, right] = std::ranges::minmax(mesh.points, {}, &Point3::x);
    shrink_texture(surface, right.x - left.x);
    json::object answer = to_json(surface);
    answer["shape"] = shape;
    answer["marks"] = std::move(marks);
    return answer;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        fmt::print(stderr, "usage: export_head SHARE PHOTO FACE head|flat|bent\n");
        return 2;
    }
    try {
        fmt::print("{}\n",
                   json::serialize(export_head(arguments[1], arguments[2], std::stoul(arguments[3]), arguments[4])));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "export_head: {}\n", error.what());
        return 1;
    }
}
