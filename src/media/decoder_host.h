#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "media/file_descriptor.h"
#include "media/video_stream.h"

namespace facegate::media {

/// Decodes each clip in a process of its own. One decoder host (see decoder_process.h) is started at the first stream
/// and again when it is gone; for each stream it forks a child that lives as long as the stream, shut in by seccomp and
/// resource limits. A child that crashes, misbehaves or stalls costs that one stream and is logged.
/// Outlives its streams. Thread-safe.
class DecoderHost {
public:
    /// `command` runs run_decoder_host(): {"/proc/self/exe", "decoder-host"} in the server. Nothing is started yet.
    explicit DecoderHost(std::vector<std::string> command);
    /// Ends the host, and with it every child.
    ~DecoderHost();
    DecoderHost(const DecoderHost&) = delete;
    DecoderHost& operator=(const DecoderHost&) = delete;

    /// Starts the host now, so that the first stream need not wait for it; throws std::system_error if it cannot.
    void start();

    /// `sink` must outlive the stream. Takes about a millisecond, and what starting the host takes if it is not
    /// running. Throws std::runtime_error if no decoder process can be started.
    std::unique_ptr<VideoStream> open(const VideoLimits& limits, FrameSink& sink);

private:
    void start_locked();
    void stop_locked();

    const std::vector<std::string> command_;
    std::mutex mutex_;
    FileDescriptor control_;  // to the host; closed: it is not running
    pid_t pid_ = -1;
};

}  // namespace facegate::media
