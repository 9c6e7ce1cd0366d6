#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <span>

#include "liveness/challenge.h"
#include "liveness/signals/observations.h"
#include "media/image.h"

namespace facegate::liveness {

/// What the place where the face has to stand looked like at one time: its fine structure, without brightness and
/// shading, which the screen's colours change.
struct Texture {
    static constexpr int kSide = 96;

    double time_ms = 0;
    cv::Mat detail;  ///< kSide x kSide, float, of mean 0 and length 1
};
/// Of the oval; what lies in the corners of its box does not count.
Texture texture_of(const media::Image& image, const Oval& oval, double time_ms);

/// How the picture of the face changes. Differences of textures are 1 minus their correlation: 0 for the same picture,
/// whatever light is on it, 1 for pictures that have nothing to do with one another.
struct FaceMotion {
    int samples = 0;
    /// Median difference between textures 0.3 seconds apart: what is left of people who hold still.
    double unrest = 0;
    /// 0-1: the difference that the best period between 0.4 and 2.5 seconds leaves, as a share of what periods leave on
    /// average; near 0 for a loop, and for a still picture where noise is all there is. Nothing if too few periods
    /// could be measured.
    std::optional<double> novelty;
};

inline constexpr std::size_t kMinTextures = 16;
inline constexpr double kTextureSpanMs = 6000;  ///< only the last so many milliseconds of a clip are kept

/// Nothing with fewer than kMinTextures textures. In order of time. Pure.
std::optional<FaceMotion> measure_motion(std::span<const Texture> textures);

/// The largest jump between two neighbouring samples, in face widths a second, by the detector's points. Nothing with
/// fewer than two samples with a face. Pure.
std::optional<double> fastest_movement(std::span<const FrameSample> samples);

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
