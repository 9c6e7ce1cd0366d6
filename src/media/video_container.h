#pragma once

extern "C" {
#include <libavformat/avformat.h>
}

#include <memory>
#include <string>

#include "media/container_guard.h"
#include "media/video_decoder.h"

namespace facegate::media {

/// A clip's bytes as libavformat reads them: one after the other, but for small steps back.
class StreamInput {
public:
    StreamInput(ByteSource& clip, ContainerKind kind, ByteView start, std::size_t max_bytes);
    ~StreamInput();
    StreamInput(const StreamInput&) = delete;
    StreamInput& operator=(const StreamInput&) = delete;

    [[nodiscard]] AVIOContext* context() const { return context_; }
    /// How often bytes had to be dropped.
    [[nodiscard]] int damaged() const { return guard_.damaged(); }

private:
    static int read(void* self, std::uint8_t* out, int size);
    static std::int64_t seek(void* self, std::int64_t offset, int whence);

    ContainerGuard guard_;
    Bytes recent_;            // the last bytes read from the guard
    std::int64_t end_ = 0;    // position after recent_
    std::size_t behind_ = 0;  // bytes of recent_ that are to be read again
    AVIOContext* context_ = nullptr;
};

/// An opened container and its one accepted video track. One thread.
class VideoContainer {
public:
    /// Reads the header. Errors: kUnknownContainer, kDamagedContainer, kNoVideo, kTooLarge.
    static std::expected<VideoContainer, VideoProblem> open(ByteSource& clip, const VideoLimits& limits);

    [[nodiscard]] const AVStream& track() const { return *track_; }
    [[nodiscard]] const AVCodecParameters& video() const { return *track_->codecpar; }
    /// How frames are to be turned, as EXIF counts it: 1, 3, 6 or 8. Mirroring is left alone.
    [[nodiscard]] int orientation() const { return orientation_; }
    /// Container, codec, writing program, rotation and nominal frame rate.
    [[nodiscard]] VideoSummary facts() const;

    struct Read {
        int status = 0;        ///< 0 or an AVERROR
        bool damaged = false;  ///< something was stepped over before this packet
    };
    /// The next packet of any track.
    Read read(AVPacket& packet);

private:
    struct Close {
        void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
    };

    std::unique_ptr<StreamInput> input_;
    std::unique_ptr<AVFormatContext, Close> context_;
    AVStream* track_ = nullptr;
    const char* kind_ = "";
    int orientation_ = 1;
};

/// FFmpeg's messages go nowhere, but complaints about containers are counted; no single allocation of it is large.
void configure_ffmpeg();

}  // namespace facegate::media
