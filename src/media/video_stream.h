#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "media/video.h"

namespace facegate::media {

/// Receives a stream's frames, on the thread that feeds it.
class FrameSink {
public:
    virtual ~FrameSink() = default;
    /// Called for every decoded frame, in presentation order. Pixels that nobody wants are never computed.
    virtual bool wants(const FrameInfo& frame) = 0;
    /// Called right after wants() said yes.
    virtual void take(VideoFrame&& frame) = 0;
};

/// A clip decoded while it arrives. One thread at a time; nothing of the stream outlives it.
///
/// Errors: kInvalidImageFormat for media that cannot be used (no such container or codec, a limit passed, no frame at
/// all) and for a decoder that was stopped: stop_cause() tells them apart. kInternalError if FFmpeg lacks a decoder.
/// After an error every further call gives the same one.
class VideoStream {
public:
    virtual ~VideoStream() = default;
    /// Gives the next bytes, in pieces of any size. Frames completed by them were handed to the sink before it returns.
    virtual Result<void> feed(ByteView chunk) = 0;
    /// No more bytes: flushes the decoder, whose last frames go to the sink. Called once.
    virtual Result<VideoSummary> finish() = 0;
};

/// Why the decoder of a stream was stopped or died ("time", "violation", "memory", "signal 11", …); nothing if the
/// error is about the media itself. The stream of an honest browser never has one: worth an audit record.
std::optional<std::string> stop_cause(const Error& error);

}  // namespace facegate::media
