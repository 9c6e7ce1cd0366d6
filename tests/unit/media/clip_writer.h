#pragma once

#include <string>

#include "base/bytes.h"
#include "media/image.h"

namespace facegate::media::testing {

/// A clip as a browser would record it; by default what Chromium does.
struct ClipOptions {
    std::string container = "webm";  ///< "webm", "matroska" or "mp4" (fragmented)
    std::string codec = "vp8";       ///< "vp8", "vp9", "h264", or any encoder of FFmpeg's for what is to be refused
    int width = 320;
    int height = 240;
    int fps = 30;
    int frames = 30;
    int key_interval = 30;     ///< frames from one key frame to the next
    int b_frames = 0;          ///< between two others; H.264 only
    int rotation = 0;          ///< degrees clockwise by which a player must turn the frames; MP4 only
    int lost_frames = 0;       ///< so many of the first encoded frames are not written
    int stretched_after = -1;  ///< from this frame on times are a second later
    bool audio = false;        ///< a track of silence beside
    bool annex_b = false;      ///< H.264 with start codes and without a codec header; Matroska only
    bool bt709 = false;        ///< else BT.601
    bool full_range = false;   ///< else 16-235
    int noise = 0;             ///< of the camera: every pixel is off by up to so many levels
    std::int64_t bit_rate = 1'000'000;
};

/// Encodes frames of moving_pattern(); every part of the result is generated. Throws std::runtime_error.
Bytes write_clip(const ClipOptions& options);

/// Frame `number` (0-4095): four fields, red and green above, blue and grey below, a moving white bar, and in the
/// middle the number as black and white squares. Sides of at least 64 pixels.
Image moving_pattern(int number, int width, int height);

/// The number read from a decoded frame.
int number_of(const Image& frame);

/// Mean colour of a square in the middle of a field: 0 above left, 1 above right, 2 below left, 3 below right.
struct Colour {
    double red = 0;
    double green = 0;
    double blue = 0;
};
Colour colour_of_field(const Image& frame, int field);
/// What moving_pattern() draws there.
Colour drawn_colour(int field);

}  // namespace facegate::media::testing
