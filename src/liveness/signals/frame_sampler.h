#pragma once

#include <optional>
#include <vector>

#include "liveness/signals/color_response.h"
#include "liveness/signals/face_path.h"
#include "media/image.h"
#include "media/video_decoder.h"
#include "vision/face_engine.h"

namespace facegate::liveness {

/// A frame kept for landmarks and embeddings: the surroundings of its one face.
struct KeyFrame {
    double time_ms = 0;
    media::Image image;
    vision::Detection face;  ///< in pixels of `image`
};

/// Looks at a clip's frames as they are decoded, so that only a few are ever held: finds faces about eight times a
/// second and on every frame that colours may show on, measures the skin there, and keeps some frames around the face.
/// Bounded: kMaxDetections detections, kMaxKeyFrames kept frames, whatever the clip. One clip each; not thread-safe.
class FrameSampler {
public:
    static constexpr int kMaxDetections = 1000;
    static constexpr std::size_t kMaxKeyFrames = 32;

    FrameSampler(const vision::FaceEngine& engine, std::optional<FlashWindow> flash) : engine_(engine), flash_(flash) {}

    void add(const media::VideoFrame& frame);

    [[nodiscard]] const std::vector<FaceSample>& faces() const { return faces_; }
    [[nodiscard]] const std::vector<SkinSample>& skin() const { return skin_; }
    [[nodiscard]] const std::vector<KeyFrame>& key_frames() const { return key_frames_; }
    [[nodiscard]] double milliseconds() const { return times_ms_; }

private:
    void keep(double time_ms, const media::Image& image, const vision::Detection& face);

    const vision::FaceEngine& engine_;
    std::optional<FlashWindow> flash_;
    std::vector<FaceSample> faces_;
    std::vector<SkinSample> skin_;
    std::vector<KeyFrame> key_frames_;
    double next_sample_ms_ = 0;
    double next_key_frame_ms_ = 0;
    double key_frame_interval_ms_ = 250;
    double times_ms_ = 0;
};

/// Mean colour of the inner part of a face, without hair, background and most of the shadows at its rim; nothing if it
/// lies outside the image.
std::optional<Chroma> skin_chroma(const media::Image& image, const vision::Box& face);

}  // namespace facegate::liveness
