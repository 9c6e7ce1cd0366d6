#pragma once

#include <cstdint>
#include <optional>
#include <random>
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
    int compared_in_flash = 0;  ///< of those, in the window that coloured light falls on the face
    /// Weakest link of the embedded frames: the lowest fused score S that has to be crossed to get from any of them to
    /// any other (single linkage). A small or blurred frame is like those next to it, though not like all; two people
    /// stay apart.
    std::optional<double> lowest_score;
    std::optional<double> highest_fmr;        ///< false match rate of that score
    std::optional<ImageForensics> forensics;  ///< median of the best frames
};

inline constexpr std::size_t kMaxComparedFrames = 32;
inline constexpr std::size_t kMaxProbeFrames = 5;

/// Embeds the best frame of each 1.6 seconds of a clip, and another one drawn by lot (of a long clip, of each 3.2):
/// whoever can show somebody else's best frames cannot have only those compared. Works while the clip arrives and
/// holds on to two faces at a time. One clip each; not thread-safe.
class IdentityTracker {
public:
    IdentityTracker(const vision::EngineSet& engines, std::uint64_t seed) : engines_(engines), random_(seed) {}

    void offer(double time_ms, const media::Image& image, const vision::FaceMesh& mesh);
    /// The kMaxProbeFrames best make the probe, by their mean; frames that coloured light falls on (`flash`) count half
    /// for it.
    [[nodiscard]] Identity finish(const std::optional<TimeWindow>& flash);

private:
    struct Waiting {
        double time_ms = 0;
        double weight = 0;  // 0: none waits
        media::Image image;
        vision::FaceMesh mesh;
    };
    struct Candidate {
        double time_ms = 0;
        double weight = 0;
        bool drawn = false;
        vision::FaceVectors vectors;
    };
    void embed_window();
    void embed(Waiting& face, bool drawn);
    [[nodiscard]] std::optional<double> weakest_link() const;

    const vision::EngineSet& engines_;
    std::vector<Candidate> embedded_;
    std::vector<ImageForensics> forensics_;
    double window_start_ms_ = 0;
    double window_ms_ = 1600;
    int windows_ = 0;
    int offered_ = 0;  // in this window
    Waiting best_;
    Waiting drawn_;
    std::mt19937_64 random_;
};

}  // namespace facegate::liveness
