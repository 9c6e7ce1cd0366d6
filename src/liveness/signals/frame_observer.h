#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "liveness/challenge.h"
#include "liveness/signals/identity.h"
#include "liveness/signals/motion.h"
#include "liveness/signals/observations.h"
#include "media/video.h"
#include "vision/engine_set.h"

namespace facegate::liveness {

/// Looks at a clip's frames while they arrive and keeps numbers only: ten to sixteen samples a second, a closer look
/// three or four times a second (movement clips: seven), and of some of those the embedded face. Bounded, whatever the
/// clip. Nobody who does not know the seed knows which frames are looked at. One clip each; not thread-safe.
class FrameObserver {
public:
    static constexpr std::size_t kMaxSamples = 1600;
    static constexpr std::size_t kMaxLooks = 64;

    FrameObserver(const vision::EngineSet& engines, const Challenge& challenge, std::uint64_t seed);

    /// Whether the frame of that time is to be sampled; every frame is asked about once, in order.
    bool wants(double time_ms);
    void add(const media::VideoFrame& frame);

    [[nodiscard]] const std::vector<FrameSample>& samples() const { return samples_; }
    [[nodiscard]] const std::vector<FaceLook>& looks() const { return looks_; }
    /// Of the last kTextureSpanMs.
    [[nodiscard]] std::span<const Texture> textures() const { return textures_; }
    [[nodiscard]] IdentityTracker& identity() { return identity_; }

private:
    void look_closer(double time_ms, const media::Image& image, const vision::Detection& face);

    const vision::EngineSet& engines_;
    const Oval oval_;
    IdentityTracker identity_;
    std::vector<FrameSample> samples_;
    std::vector<FaceLook> looks_;
    std::vector<Texture> textures_;
    double next_sample_ms_ = 0;
    double next_look_ms_ = 0;
    double look_interval_ms_;
    std::mt19937_64 random_;
};

/// Mean colour of the inner part of a face, without hair, background and most of the shadows at its rim; nothing if it
/// lies outside the image.
bool skin_color(const media::Image& image, const vision::Box& face, RegionColor& color);
/// Mean colour of what lies beside and above the head; false if the frame shows next to nothing of it.
bool surround_color(const media::Image& image, const vision::Box& face, RegionColor& color);

}  // namespace facegate::liveness
