#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "liveness/challenge.h"
#include "liveness/clip.h"
#include "liveness/clip_signals.h"
#include "liveness/signals/frame_observer.h"
#include "media/video_stream.h"
#include "vision/engine_set.h"

namespace facegate::liveness {

struct ClipAnalysis {
    ClipSignals signals;
    vision::FaceVectors probes;  ///< from the best frames, weighted by quality; empty if there was no usable face
    int frames_used = 0;         ///< that the probes were averaged from, at most 5
    media::VideoSummary video;
    double work_ms = 0;  ///< time spent on the frames, decoding aside
};

/// Measures a clip while it arrives: give it to a media::VideoStream as its sink, say when a chunk is decoded, and ask
/// for the signals in the end. Holds no more than one frame and a few hundred numbers. One clip each; one thread at a
/// time. `engines` outlives it.
class ClipAnalyser final : public media::FrameSink {
public:
    /// `seed`: not to be known to whoever makes the clip, see FrameObserver.
    ClipAnalyser(const Challenge& challenge, const vision::EngineSet& engines, std::uint64_t seed);

    /// What a clip may be for this server: its limits for the decoder.
    static media::VideoLimits video_limits();

    bool wants(const media::FrameInfo& frame) override;
    void take(media::VideoFrame&& frame) override;
    /// Everything that can be decoded of the chunk that arrived then has been.
    void chunk_decoded(Milliseconds arrived);

    /// After the last frame, once. `chunks` in order of arrival.
    ClipAnalysis finish(const ClientClaims& claims, std::span<const ChunkArrival> chunks, media::VideoSummary video);

private:
    void measure_path(std::span<const DisplayedColor> colors, ClipSignals& signals) const;
    void measure_colors(const ClientClaims& claims, std::span<const DisplayedColor> colors, ClipSignals& signals) const;

    const Challenge challenge_;
    FrameObserver observer_;
    std::vector<ChunkTime> chunk_times_;
    std::int64_t last_pts_ms_ = 0;
    double work_ms_ = 0;
};

/// A whole clip at once, in this process: for benches and tests. kInvalidImageFormat if it cannot be decoded.
Result<ClipAnalysis> analyse_clip(const Clip& clip, const Challenge& challenge, const vision::EngineSet& engines,
                                  std::uint64_t seed = 1);

}  // namespace facegate::liveness
