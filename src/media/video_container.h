#pragma once

extern "C" {
#include <libavformat/avformat.h>
}

#include <array>
#include <memory>
#include <string>

#include "media/video_decoder.h"

namespace facegate::media {

/// A clip's bytes as libavformat reads them: one after the other. Keeps the first ones, by which formats are told.
class StreamInput {
public:
    explicit StreamInput(ByteSource& clip);
    ~StreamInput();
    StreamInput(const StreamInput&) = delete;
    StreamInput& operator=(const StreamInput&) = delete;

    /// The first `count` bytes, at most 64; fewer if the clip has no more. They will still be read.
    ByteView peek(std::size_t count);
    /// Of what was read, the first 64 bytes at most.
    [[nodiscard]] ByteView start() const { return ByteView(start_).first(held_); }
    [[nodiscard]] AVIOContext* context() const { return context_; }

private:
    static int read(void* self, std::uint8_t* out, int size);

    ByteSource& clip_;
    std::array<std::uint8_t, 64> start_{};
    std::size_t held_ = 0;    // of start_
    std::size_t passed_ = 0;  // bytes of start_ given to libavformat
    std::size_t peeked_ = 0;  // bytes of start_ that were read for peek()
    AVIOContext* context_ = nullptr;
};

/// An opened container and its one accepted video track. One thread.
class VideoContainer {
public:
    /// Reads the header. Errors: kUnknownContainer, kDamagedContainer, kNoVideo, kTooLarge.
    static std::expected<VideoContainer, VideoProblem> open(StreamInput& input, const VideoLimits& limits);

    [[nodiscard]] const AVStream& track() const { return *track_; }
    [[nodiscard]] const AVCodecParameters& video() const { return *track_->codecpar; }
    /// How frames are to be turned, as EXIF counts it: 1, 3, 6 or 8. Mirroring is left alone.
    [[nodiscard]] int orientation() const { return orientation_; }
    /// Container, codec, writing program, rotation and nominal frame rate.
    [[nodiscard]] VideoSummary facts() const;

    /// The next packet of any track: 0 or an AVERROR. `complaints` grows by one if the demuxer met damage, which it
    /// steps over by itself where it can.
    int read(AVPacket& packet, int& complaints);

private:
    struct Close {
        void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
    };

    std::unique_ptr<AVFormatContext, Close> context_;
    AVStream* track_ = nullptr;
    const char* kind_ = "";
    int orientation_ = 1;
};

/// FFmpeg's messages go nowhere, but complaints about containers are counted; no single allocation of it is large.
void configure_ffmpeg();

}  // namespace facegate::media
