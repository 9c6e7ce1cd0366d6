#pragma once

#include <optional>
#include <vector>

#include "liveness/signals/color_response.h"
#include "liveness/signals/forensics.h"
#include "vision/engine_set.h"

namespace facegate::liveness {

/// Who is in the clip, and whether it is one person all along.
struct Identity {
    vision::FaceVectors probes;  ///< mean of the best frames, weighted by quality; empty if no frame was usable
    int probe_frames = 0;
    int compared_frames = 0;
    std::optional<double> lowest_score;       ///< lowest fused score S between two compared frames
    std::optional<double> highest_fmr;        ///< false match rate of that score
    std::optional<ImageForensics> forensics;  ///< median of the embedded frames
};

inline constexpr std::size_t kMaxComparedFrames = 24;
inline constexpr std::size_t kMaxProbeFrames = 5;

/// Embeds the best frame of each 1.2 seconds of a clip (of a long one, of each 2.4 or 4.8) while it arrives and
/// holds on to one frame only: whoever is there for two such windows on end is embedded. One clip each; not
/// thread-safe.
class IdentityTracker {
public:
    explicit IdentityTracker(const vision::EngineSet& engines) : engines_(engines) {}

    void offer(double time_ms, const media::Image& image, const vision::FaceMesh& mesh);
    /// Compares every embedded frame with every other one; the kMaxProbeFrames best make the probe. Frames that
    /// coloured light falls on (`flash`) count half for it.
    [[nodiscard]] Identity finish(const std::optional<FlashWindow>& flash);

private:
    struct Candidate {
        double time_ms = 0;
        double weight = 0;
        vision::FaceVectors vectors;
    };
    void embed_best();

    const vision::EngineSet& engines_;
    std::vector<Candidate> embedded_;
    std::vector<ImageForensics> forensics_;
    double window_start_ms_ = 0;
    double window_ms_ = 1200;
    double best_time_ms_ = 0;
    double best_weight_ = 0;  // 0: none waits
    media::Image best_image_;
    vision::FaceMesh best_mesh_;
};

}  // namespace facegate::liveness
