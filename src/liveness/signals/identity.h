#pragma once

#include <optional>
#include <span>

#include "liveness/signals/color_response.h"
#include "liveness/signals/frame_sampler.h"
#include "vision/engine_set.h"

namespace facegate::liveness {

/// Who is in the clip, and whether it is one person all along.
struct Identity {
    vision::FaceVectors probes;  ///< mean of the best frames, weighted by quality; empty if no frame was usable
    int probe_frames = 0;
    int compared_frames = 0;
    std::optional<double> lowest_score;  ///< lowest fused score S between two compared frames
    std::optional<double> highest_fmr;   ///< false match rate of that score
};

inline constexpr int kMaxComparedFrames = 8;
inline constexpr int kMaxProbeFrames = 5;

/// Cuts the clip into kMaxComparedFrames parts and embeds the best frame of each; all are compared with one another,
/// the kMaxProbeFrames best make the probe. Frames that coloured light falls on (`flash`) count half for the probe.
Identity measure_identity(std::span<const KeyFrame> frames, const std::optional<FlashWindow>& flash,
                          const vision::EngineSet& engines);

}  // namespace facegate::liveness
