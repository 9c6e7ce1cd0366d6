#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "media/image.h"

namespace facegate::media {

enum class VideoCodec { kVp8, kVp9, kH264 };
enum class VideoContainer { kWebm, kMatroska, kFragmentedMp4 };

struct VideoFormat {
    VideoCodec codec = VideoCodec::kVp8;
    VideoContainer container = VideoContainer::kWebm;
    int width = 640;
    int height = 480;
    int bits_per_second = 2'000'000;
    int frames_between_keys = 3000;  ///< a browser's recorder sends one or two key frames a clip
};

/// Writes a video the way a browser's recorder does, in real-time quality and without an index, for benches and tests.
/// One clip, one thread. Throws std::runtime_error when FFmpeg lacks the encoder or refuses.
class VideoWriter {
public:
    explicit VideoWriter(const VideoFormat& format);
    ~VideoWriter();
    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    /// `image` has the format's size; `pts_ms` rises.
    void add(const Image& image, std::int64_t pts_ms);
    /// What has been written since the last call: the start of the file or its continuation.
    Bytes take();
    /// Ends the file; what is left of it.
    Bytes finish();

private:
    struct Encoder;
    std::unique_ptr<Encoder> encoder_;
};

}  // namespace facegate::media
