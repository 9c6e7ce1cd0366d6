#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "media/image.h"

namespace facegate::media {

/// What a clip may cost, wherever it is decoded.
struct VideoLimits {
    std::size_t max_bytes = 16u << 20;
    int max_width = 1920;   ///< pixels, as shown and as stored: a turned clip must fit either way
    int max_height = 1920;  ///< pixels, likewise
    int max_frames = 3600;
    std::int64_t max_duration_ms = 180'000;
    /// Processor time of decoding; decode_video counts its callbacks too. Frames can be small and costly.
    Milliseconds max_work{15'000};
    Milliseconds max_stall{10'000};  ///< how long one call on a VideoStream waits for its decoder, all in all
};

/// A decoded frame before its pixels are asked for; upright, so a clip turned by 90 degrees has its sides swapped.
struct FrameInfo {
    std::int64_t pts_ms = 0;  ///< presentation time since the start of the stream, never negative, never decreasing
    int width = 0;
    int height = 0;
};

struct VideoFrame {
    std::int64_t pts_ms = 0;  ///< as in FrameInfo
    Image image;
};

/// What container and codec told about a clip. All of it is the sender's word, but for what was counted while decoding.
struct VideoSummary {
    std::string container;    ///< "webm", "matroska" or "mp4"
    std::string codec;        ///< "vp8", "vp9" or "h264"
    std::string writing_app;  ///< the program that wrote the container, if named: at most 64 printable ASCII characters
    int frames = 0;           ///< decoded and offered to the caller
    int key_frames = 0;       ///< of those
    int damaged = 0;          ///< places in the container, packets and frames that could not be read
    int dropped_before_key = 0;  ///< packets before the first key frame: nothing can be made of them
    int rotation = 0;            ///< degrees clockwise by which the frames were turned upright: 0, 90, 180, 270
    int irregular_pts = 0;       ///< frames whose time did not increase
    std::int64_t first_pts_ms = 0;
    std::int64_t last_pts_ms = 0;
    std::int64_t largest_gap_ms = 0;  ///< between the times of two frames that follow each other
    double nominal_fps = 0;           ///< frames a second as the container says; 0 if it does not
    double observed_fps = 0;          ///< by count and times; 0 with fewer than two frames
};

}  // namespace facegate::media
