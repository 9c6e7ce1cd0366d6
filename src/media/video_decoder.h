#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "media/image.h"

namespace facegate::media {

struct VideoLimits {
    std::size_t max_bytes = 16u << 20;
    int max_width = 1920;
    int max_height = 1920;
    int max_frames = 3600;
    std::int64_t max_duration_ms = 180'000;
    Milliseconds max_work{15'000};  ///< processor time of the call, callbacks included: frames can be small and costly
};

struct VideoFrame {
    std::int64_t pts_ms = 0;  ///< presentation time since the start of the stream, never decreasing
    Image image;
};

struct VideoSummary {
    int frames = 0;   ///< frames given to the callback
    int damaged = 0;  ///< packets or frames that could not be decoded
    std::int64_t last_pts_ms = 0;
    std::string container;  ///< "webm", ...
    std::string codec;      ///< "vp8", ...
};

/// Decodes a whole clip held in memory and hands each frame to `on_frame` in presentation order; decoding stops when
/// it returns false. Only the containers and codecs this server accepts are ever probed or opened.
/// Errors: kInvalidImageFormat when there is no such container, no video, or a limit is passed.
/// Thread-safe; one decoding thread a call.
Result<VideoSummary> decode_video(ByteView clip, const VideoLimits& limits,
                                  const std::function<bool(VideoFrame&&)>& on_frame);

}  // namespace facegate::media
