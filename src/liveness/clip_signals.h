#pragma once

#include <optional>
#include <string>

#include "liveness/signals/color_response.h"
#include "liveness/signals/forensics.h"
#include "liveness/signals/motion.h"
#include "liveness/signals/solid_head.h"
#include "liveness/signals/timing.h"

namespace facegate::liveness {

/// What was measured in one clip. An empty optional: it could not be measured.
struct ClipSignals {
    // One face.
    int sampled_frames = 0;
    /// Of the sampled frames, those with exactly one face: in all of the clip or while colours were displayed,
    /// whichever is less.
    std::optional<double> one_face_fraction;

    // The way into the oval, measured in the video.
    std::optional<double> oval_overlap;  ///< intersection over union of head and oval at the end of the movement
    std::optional<double> growth;        ///< head width at the end over that at the start

    std::optional<SolidHead> solid;

    // The same person throughout.
    int compared_frames = 0;
    std::optional<int> compared_in_flash;   ///< while colours were displayed; nothing without colours
    std::optional<double> same_person_fmr;  ///< false match rate of the weakest link between them

    // The face's colours against the displayed ones.
    int flash_frames = 0;  ///< frames with a face while colours were displayed
    std::optional<ColorResponse> color;

    std::optional<FaceMotion> motion;
    std::optional<double> fastest_movement;  ///< face widths a second
    std::optional<BlinkCount> blinks;

    // What the client said against what is so.
    bool claims_consistent = false;
    std::string claims_problem;  ///< the first contradiction; empty if there is none
    std::optional<Timing> timing;
    double largest_gap_ms = 0;  ///< between two frames
    double frames_per_second = 0;

    std::optional<ImageForensics> forensics;  ///< of the best frame
};

}  // namespace facegate::liveness
