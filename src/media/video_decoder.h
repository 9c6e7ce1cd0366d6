#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "media/video.h"

namespace facegate::media {

/// Why a clip is refused. A closed set: the process that decodes is not trusted with words.
enum class VideoProblem : std::uint32_t {
    kTooManyBytes,
    kUnknownContainer,
    kDamagedContainer,
    kNoVideo,
    kDamagedVideo,
    kUnknownPixels,
    kTooLarge,
    kTooManyFrames,
    kTooLong,
    kTooCostly,
    kNoFrame,
    kNoDecoder,  // stays last
};

/// kInternalError for kNoDecoder, kInvalidImageFormat for all others.
Error error_of(VideoProblem problem);

/// Where a clip's bytes come from; read once from the start, never sought in.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Waits for at least one byte and gives how many there were; 0 at the end.
    virtual std::size_t read(std::span<std::uint8_t> out) = 0;
};

/// A clip that is wholly there. The bytes outlive it.
class WholeClip final : public ByteSource {
public:
    explicit WholeClip(ByteView bytes) : left_(bytes) {}
    std::size_t read(std::span<std::uint8_t> out) override;

private:
    ByteView left_;
};

/// A frame in the decoder's own form.
class DecodedFrame {
public:
    virtual ~DecodedFrame() = default;
    [[nodiscard]] virtual const FrameInfo& info() const = 0;
    /// Writes the upright frame as RGB into padded_size(width, height) bytes, rows padded_stride(width) apart.
    virtual void write_rgb(std::uint8_t* rows) const = 0;
};

/// Its pixels. `rows` is scratch, to be used again for the next frame.
VideoFrame frame_of(const DecodedFrame& frame, std::vector<std::uint8_t>& rows);

using FrameTaker = std::function<bool(const DecodedFrame&)>;
using Decoded = std::expected<VideoSummary, VideoProblem>;

/// The decoding core: reads a clip from `clip` while it arrives and gives each frame to `on_frame` as soon as it is
/// decodable, in presentation order; stops when that returns false. WebM and Matroska with VP8, VP9 or H.264 and
/// (fragmented) MP4 with H.264, told by their first bytes; no other demuxer or decoder is ever opened, and FFmpeg can
/// reach nothing but these bytes. Frames before the first key frame are dropped; damage is counted and stepped over
/// as far as the container allows. Thread-safe; decodes on the calling thread.
Decoded decode_stream(ByteSource& clip, const VideoLimits& limits, const FrameTaker& on_frame);

/// decode_stream on a whole clip in memory, in this process; `on_frame` gets every frame's pixels.
Result<VideoSummary> decode_video(ByteView clip, const VideoLimits& limits,
                                  const std::function<bool(VideoFrame&&)>& on_frame);

/// Opens and closes every decoder once, so that their tables are there before a process forks.
void warm_up_decoders();

}  // namespace facegate::media
