#pragma once

#include <optional>

#include "liveness/signals/aligned_face.h"
#include "vision/geometry.h"

/// What is kept of a clip's frames while they pass: a few numbers each and some small grey faces, never the
/// frames.
namespace facegate::liveness {

/// A part of the clip, milliseconds since the start of the video, both ends included.
struct TimeWindow {
    double from_ms = 0;
    double until_ms = 0;

    [[nodiscard]] bool contains(double time_ms) const { return time_ms >= from_ms && time_ms <= until_ms; }
};

/// Mean colour of a region, 0-255 each.
struct RegionColor {
    double red = 0;
    double green = 0;
    double blue = 0;
};

/// One sampled frame.
struct FrameSample {
    double time_ms = 0;  ///< since the start of the video
    int faces = 0;
    vision::Detection face;  ///< the largest; meaningless without a face
    RegionColor skin;        ///< the inner part of the face; meaningless without a face
    RegionColor surround;    ///< what is neither head nor body, as far as the frame shows any
    bool has_surround = false;
};

/// A closer look at one frame.
struct FaceLook {
    double time_ms = 0;
    AlignedFace face;
    std::optional<double> eye_openness = {};  ///< see vision::Eyes; nothing if the pack cannot measure it
};

}  // namespace facegate::liveness
