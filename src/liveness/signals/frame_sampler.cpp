#include "liveness/signals/frame_sampler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

namespace facegate::liveness {
namespace {

constexpr double kSampleIntervalMs = 120;
constexpr double kKeepFactor = 2.4;  // side of what is kept of a frame, in face boxes

struct PixelRect {
    int left = 0;
    int top = 0;
    int right = 0;   // exclusive
    int bottom = 0;  // exclusive
};

PixelRect clipped(const media::Image& image, double center_x, double center_y, double half_width, double half_height) {
    const auto bound = [](double value, int limit) {
        return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(limit)));
    };
    return {
        bound(std::floor(center_x - half_width), image.width), bound(std::floor(center_y - half_height), image.height),
        bound(std::ceil(center_x + half_width), image.width), bound(std::ceil(center_y + half_height), image.height)};
}

media::Image crop(const media::Image& image, const PixelRect& rect) {
    media::Image out;
    out.width = rect.right - rect.left;
    out.height = rect.bottom - rect.top;
    const std::size_t row_bytes = static_cast<std::size_t>(out.width) * 3;
    out.pixels.resize(row_bytes * static_cast<std::size_t>(out.height));
    for (int y = 0; y < out.height; ++y) {
        std::memcpy(out.pixels.data() + static_cast<std::size_t>(y) * row_bytes, image.at(rect.left, rect.top + y),
                    row_bytes);
    }
    return out;
}

vision::Detection moved(vision::Detection face, int left, int top) {
    const auto dx = static_cast<float>(left);
    const auto dy = static_cast<float>(top);
    face.box.x -= dx;
    face.box.y -= dy;
    for (vision::Point2& point : face.keypoints) {
        point.x -= dx;
        point.y -= dy;
    }
    return face;
}

}  // namespace

std::optional<Chroma> skin_chroma(const media::Image& image, const vision::Box& face) {
    const double center_x = face.x + face.width / 2;
    const double center_y = face.y + face.height / 2;
    const double half_width = face.width * 0.32;
    const double half_height = face.height * 0.38;
    if (!(half_width >= 1 && half_height >= 1)) return std::nullopt;
    const PixelRect rect = clipped(image, center_x, center_y, half_width, half_height);
    // About 1,500 pixels are plenty for a mean, however large the face.
    const int step = std::max(1, static_cast<int>(std::max(half_width, half_height) / 24));
    double red = 0;
    double green = 0;
    double blue = 0;
    for (int y = rect.top; y < rect.bottom; y += step) {
        for (int x = rect.left; x < rect.right; x += step) {
            const double dx = (x - center_x) / half_width;
            const double dy = (y - center_y) / half_height;
            if (dx * dx + dy * dy > 1) continue;
            const std::uint8_t* pixel = image.at(x, y);
            red += pixel[0];
            green += pixel[1];
            blue += pixel[2];
        }
    }
    return chroma_of_surface(red, green, blue);
}

void FrameSampler::add(const media::VideoFrame& frame) {
    const auto time = static_cast<double>(frame.pts_ms);
    const bool flashed = flash_ && time >= flash_->from_ms && time <= flash_->until_ms;
    if (!flashed && time < next_sample_ms_) return;
    if (faces_.size() >= static_cast<std::size_t>(kMaxDetections)) return;
    next_sample_ms_ = time + kSampleIntervalMs;

    const auto started = std::chrono::steady_clock::now();
    const auto found = engine_.detect(frame.image);
    times_ms_ += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    faces_.push_back({time, static_cast<int>(found.size()), found.empty() ? vision::Detection{} : found.front()});
    if (found.empty()) return;
    if (flashed) {
        if (const auto chroma = skin_chroma(frame.image, found.front().box)) skin_.push_back({time, *chroma});
    }
    if (found.size() == 1 && time >= next_key_frame_ms_) keep(time, frame.image, found.front());
}

void FrameSampler::keep(double time_ms, const media::Image& image, const vision::Detection& face) {
    const double half_side = std::max(face.box.width, face.box.height) * kKeepFactor / 2;
    const PixelRect rect =
        clipped(image, face.box.x + face.box.width / 2, face.box.y + face.box.height / 2, half_side, half_side);
    if (rect.left >= rect.right || rect.top >= rect.bottom) return;
    if (key_frames_.size() == kMaxKeyFrames) {
        // Every second one goes and new ones come half as often: they stay spread over the clip, however long it is.
        for (std::size_t i = 0; i < kMaxKeyFrames / 2; ++i) key_frames_[i] = std::move(key_frames_[2 * i]);
        key_frames_.resize(kMaxKeyFrames / 2);
        key_frame_interval_ms_ *= 2;
    }
    key_frames_.push_back({time_ms, crop(image, rect), moved(face, rect.left, rect.top)});
    next_key_frame_ms_ = time_ms + key_frame_interval_ms_;
}

}  // namespace facegate::liveness
