#include "liveness/signals/frame_observer.h"

#include <algorithm>
#include <cmath>

#include "vision/quality.h"

namespace facegate::liveness {
namespace {

constexpr double kSampleIntervalMs = 64;
constexpr double kLightLookMs = 280;
constexpr double kMovementLookMs = 140;  // its clips are half as long, and all of them movement
constexpr double kLookJitter = 0.4;      // either way: who knows which frames count shows others in between
constexpr std::size_t kMaxTextures = 2 * static_cast<std::size_t>(kTextureSpanMs / kSampleIntervalMs);
constexpr float kMinPresence = 0.5F;

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

/// Sum of pixels, and how many.
class ColorMean {
public:
    void add(const std::uint8_t* pixel) {
        sum_.red += pixel[0];
        sum_.green += pixel[1];
        sum_.blue += pixel[2];
        ++count_;
    }
    [[nodiscard]] int count() const { return count_; }
    [[nodiscard]] RegionColor mean() const {
        const double n = std::max(count_, 1);
        return {sum_.red / n, sum_.green / n, sum_.blue / n};
    }

private:
    RegionColor sum_;
    int count_ = 0;
};

}  // namespace

bool skin_color(const media::Image& image, const vision::Box& face, RegionColor& color) {
    const double center_x = face.x + face.width / 2;
    const double center_y = face.y + face.height / 2;
    const double half_width = face.width * 0.32;
    const double half_height = face.height * 0.38;
    if (!(half_width >= 1 && half_height >= 1)) return false;
    const PixelRect rect = clipped(image, center_x, center_y, half_width, half_height);
    // About 1,500 pixels are plenty for a mean, however large the face.
    const int step = std::max(1, static_cast<int>(std::max(half_width, half_height) / 24));
    ColorMean mean;
    for (int y = rect.top; y < rect.bottom; y += step) {
        for (int x = rect.left; x < rect.right; x += step) {
            const double dx = (x - center_x) / half_width;
            const double dy = (y - center_y) / half_height;
            if (dx * dx + dy * dy <= 1) mean.add(image.at(x, y));
        }
    }
    color = mean.mean();
    return mean.count() > 0;
}

bool surround_color(const media::Image& image, const vision::Box& face, RegionColor& color) {
    constexpr int kGrid = 48;
    constexpr int kMinPoints = 60;
    const double center_x = face.x + face.width / 2;
    const double center_y = face.y + face.height / 2;
    // The detector's box leaves out forehead, hair and ears.
    const double half_width = face.width * 0.95;
    const double half_height = face.height * 1.25;
    const double chin = face.y + face.height * 1.05;
    ColorMean mean;
    for (int row = 0; row < kGrid; ++row) {
        const int y = (2 * row + 1) * image.height / (2 * kGrid);
        if (y > chin) break;
        for (int column = 0; column < kGrid; ++column) {
            const int x = (2 * column + 1) * image.width / (2 * kGrid);
            const double dx = (x - center_x) / half_width;
            const double dy = (y - center_y) / half_height;
            if (dx * dx + dy * dy > 1) mean.add(image.at(x, y));
        }
    }
    color = mean.mean();
    return mean.count() >= kMinPoints;
}

FrameObserver::FrameObserver(const vision::EngineSet& engines, const Challenge& challenge, std::uint64_t seed)
    : engines_(engines),
      oval_(challenge.oval),
      identity_(engines, seed + 1),
      look_interval_ms_(challenge.type == ChallengeType::kMovement ? kMovementLookMs : kLightLookMs),
      random_(seed) {}

bool FrameObserver::wants(double time_ms) {
    if (time_ms < next_sample_ms_ || samples_.size() >= kMaxSamples) return false;
    next_sample_ms_ = time_ms + kSampleIntervalMs;
    return true;
}

void FrameObserver::add(const media::VideoFrame& frame) {
    const vision::FaceEngine& engine = engines_.current();
    const auto found = engine.detect(frame.image);
    FrameSample sample;
    sample.time_ms = static_cast<double>(frame.pts_ms);
    sample.faces = static_cast<int>(found.size());
    if (!found.empty()) {
        sample.face = found.front();
        const bool has_skin = skin_color(frame.image, sample.face.box, sample.skin);
        sample.has_surround = has_skin && surround_color(frame.image, sample.face.box, sample.surround);
        if (!has_skin) sample.faces = 0;
    }
    samples_.push_back(sample);
    // Twice as many as a clip needs, then the older half goes: nothing is moved for each frame.
    if (textures_.size() >= kMaxTextures) {
        textures_.erase(textures_.begin(), textures_.begin() + static_cast<std::ptrdiff_t>(kMaxTextures / 2));
    }
    textures_.push_back(texture_of(frame.image, oval_, sample.time_ms));
    if (sample.faces == 1 && sample.time_ms >= next_look_ms_) look_closer(sample.time_ms, frame.image, sample.face);
}

void FrameObserver::look_closer(double time_ms, const media::Image& image, const vision::Detection& face) {
    next_look_ms_ =
        time_ms + look_interval_ms_ * std::uniform_real_distribution<>(1 - kLookJitter, 1 + kLookJitter)(random_);
    const vision::FaceMesh mesh = engines_.current().landmarks(image, face);
    if (mesh.presence < kMinPresence || !(vision::inter_ocular_distance(mesh) > 0)) {
        samples_.back().faces = 0;  // what nobody can recognise is no face to answer with
        return;
    }
    if (looks_.size() == kMaxLooks) {
        // Every second one goes: they stay spread over the clip, however long it is.
        for (std::size_t i = 0; i < kMaxLooks / 2; ++i) looks_[i] = std::move(looks_[2 * i]);
        looks_.resize(kMaxLooks / 2);
        look_interval_ms_ *= 2;
    }
    FaceLook look{time_ms, align_face(image, mesh), {}};
    if (const auto eyes = engines_.current().eyes(image, mesh)) look.eye_openness = eyes->openness();
    looks_.push_back(std::move(look));
    identity_.offer(time_ms, image, mesh);
}

}  // namespace facegate::liveness
