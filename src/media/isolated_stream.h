#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "media/decoder_wire.h"
#include "media/file_descriptor.h"
#include "media/video_stream.h"

namespace facegate::media {

/// The memory in which a decoder leaves a frame's pixels: as large as the largest frame, and it cannot be made smaller,
/// which would turn reading it into a crash.
class PictureMemory {
public:
    /// Throws std::system_error.
    explicit PictureMemory(const VideoLimits& limits);
    ~PictureMemory();
    PictureMemory(const PictureMemory&) = delete;
    PictureMemory& operator=(const PictureMemory&) = delete;

    [[nodiscard]] int descriptor() const { return file_.number(); }
    [[nodiscard]] const std::uint8_t* rows() const { return rows_; }
    /// Once the decoder has it, the mapping is enough.
    void close_descriptor() { file_.close(); }

private:
    FileDescriptor file_;
    std::size_t size_ = 0;
    const std::uint8_t* rows_ = nullptr;
};

/// The server's side of a stream that a decoder process works on. It believes nothing that it has not checked, waits
/// for at most VideoLimits::max_stall, and kills the decoder with the stream.
class IsolatedStream final : public VideoStream {
public:
    IsolatedStream(FileDescriptor socket, FileDescriptor process, std::unique_ptr<PictureMemory> picture,
                   const VideoLimits& limits, FrameSink& sink);
    ~IsolatedStream() override;

    Result<void> feed(ByteView chunk) override;
    Result<VideoSummary> finish() override;

private:
    using SteadyTime = std::chrono::steady_clock::time_point;

    /// Says something and carries out what the decoder answers, until it is hungry or done.
    Result<void> converse(wire::Command command, ByteView bytes, Milliseconds& patience);
    /// False if there is no room for it.
    bool say(wire::Command command, ByteView bytes);
    /// Nothing after a stop.
    std::optional<wire::Report> next_report(Milliseconds& patience);
    Result<void> offer(const FrameInfo& frame, Milliseconds& patience);
    Result<void> settle(const wire::Summary& summary);
    std::unexpected<Error> refuse(Error error);
    std::unexpected<Error> stop(std::string cause);
    void kill();

    FileDescriptor socket_;
    FileDescriptor process_;  // pidfd
    std::unique_ptr<PictureMemory> picture_;
    const VideoLimits limits_;
    FrameSink& sink_;
    std::size_t fed_ = 0;
    int frames_ = 0;
    std::int64_t last_pts_ms_ = 0;
    std::optional<VideoSummary> summary_;  // the decoder is done; what is still fed is beyond what can be read
    std::optional<Error> failed_;
};

}  // namespace facegate::media
