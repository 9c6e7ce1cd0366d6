#pragma once

#include <optional>
#include <span>
#include <vector>

#include "liveness/challenge.h"
#include "liveness/clip.h"
#include "liveness/signals/observations.h"

namespace facegate::liveness {

/// Colour without brightness on two opponent axes, 60 degrees between neighbouring saturated primaries.
struct Chroma {
    double red_green = 0;
    double blue_yellow = 0;
};

/// Of light: all six saturated primaries have the same length, black and white have none. Parts are 0-1.
Chroma chroma_of_light(double red, double green, double blue);
/// Of a surface, relative to its own brightness: a small additional light L on it changes this by
/// chroma_of_light(L) / brightness. Parts in any common unit; nothing for a black surface.
std::optional<Chroma> chroma_of_surface(double red, double green, double blue);

/// Mean colours of one frame.
struct ColorSample {
    double time_ms = 0;  ///< since the start of the video
    Chroma skin;
    std::optional<Chroma> surround;
};
/// Of the samples with a face.
std::vector<ColorSample> color_samples(std::span<const FrameSample> samples);

/// One colour of the sequence, when it was displayed.
struct DisplayedColor {
    double start_ms = 0;  ///< since the start of the video
    ColorStep step;
};

/// The displayed colours with the times that the client claims; empty if it claims other numbers than were sent.
std::vector<DisplayedColor> displayed_colors(const Challenge& challenge, const ClientClaims& claims);

/// From when until when the screen shows the colours; nothing if it shows none.
std::optional<TimeWindow> shown_window(std::span<const DisplayedColor> colors);
/// From when until when the face can show them: a camera's delay later.
std::optional<TimeWindow> flash_window(std::span<const DisplayedColor> colors);

inline constexpr double kMinColorLagMs = -200;
inline constexpr double kMaxColorLagMs = 800;
inline constexpr int kMinFlashFrames = 20;  ///< with fewer the correlation means nothing

struct ColorResponse {
    int frames = 0;          ///< skin samples while colours were displayed, at the best lag
    double correlation = 0;  ///< -1 to 1
    double gain = 0;         ///< change of the skin's chroma for a full change of the displayed chroma
    double lag_ms = 0;
    std::optional<double> lag_spread_ms;  ///< difference of the best lags of the first and the second half
    /// Gain of what surrounds the head over that of the face, at the face's lag: near 1 when a tint lies on all of the
    /// picture, far under it when a head is lit before a room, which is farther from the screen.
    std::optional<double> surround_ratio;
};

/// Pearson correlation of the skin's chroma with the displayed one, over both axes together, at the lag within
/// kMinColorLagMs to kMaxColorLagMs where it is highest. A colour scrolls down over the one before: in between, the
/// light is a mixture of both. Nothing if there are fewer than kMinFlashFrames samples at every lag. Pure.
std::optional<ColorResponse> measure_color_response(std::span<const ColorSample> samples,
                                                    std::span<const DisplayedColor> colors);

}  // namespace facegate::liveness
