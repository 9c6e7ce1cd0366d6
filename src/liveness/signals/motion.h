#pragma once

#include <optional>
#include <span>

#include "liveness/signals/observations.h"

namespace facegate::liveness {

/// How the face moves, from the detector's points.
struct FaceMotion {
    int samples = 0;
    /// Median over the second half of the clip of how far the face moves within 0.3 seconds, in thousandths of its
    /// width: what is left of people who hold still.
    double unrest = 0;
    /// 0-1: how much of the second half's movement a repetition with one period between 0.4 and 2.5 seconds leaves
    /// unexplained; near 0 for a loop.
    double novelty = 1;
    /// The largest jump between two neighbouring samples, in face widths a second.
    double fastest = 0;
};

inline constexpr int kMinMotionSamples = 12;

/// Nothing with fewer than kMinMotionSamples samples with a face in the second half. Pure.
std::optional<FaceMotion> measure_motion(std::span<const FrameSample> samples);

/// Closings of the eyes: their openness falls far under the clip's own median and soon returns.
struct BlinkCount {
    int blinks = 0;
    int samples = 0;     ///< frames in which the eyes were measured
    double deepest = 1;  ///< lowest openness between two open ones, as a share of the median
};

inline constexpr int kMinEyeSamples = 10;

/// Nothing with fewer than kMinEyeSamples frames with measured eyes. Pure.
std::optional<BlinkCount> count_blinks(std::span<const FaceLook> looks);

}  // namespace facegate::liveness
