#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace facegate::liveness {

enum class ChallengeType { kMovementAndLight, kMovement };

/// "FaceMovementAndLightChallenge" or "FaceMovementChallenge": the member name on the wire.
const char* wire_name(ChallengeType type);

/// Ellipse in camera pixels, not mirrored.
struct Oval {
    int width = 0;
    int height = 0;
    int center_x = 0;
    int center_y = 0;
};

using Rgb = std::array<std::uint8_t, 3>;

/// One colour: it scrolls down over the one before during `downscroll_ms`, then stands for `flat_ms`.
struct ColorStep {
    Rgb rgb{};
    int downscroll_ms = 0;
    int flat_ms = 0;
};

/// What one session asks of the person: nobody can know it before the stream is open.
struct Challenge {
    ChallengeType type = ChallengeType::kMovementAndLight;
    int video_width = 0;
    int video_height = 0;
    Oval oval;
    std::vector<ColorStep> colors;  ///< eight, the first black; empty for kMovement
};

inline constexpr int kMinVideoSide = 240;
inline constexpr int kMaxVideoSide = 1920;

/// Draws a challenge: an oval wholly inside the frame, up to 15 % smaller than the reference (465/480 of the frame's
/// smaller side high, 1.618 times as high as wide), its centre up to 8 % of the frame off the frame's; and an order of
/// colours out of a code whose orders keep a guaranteed distance from one another (color_code.h). kValidationFailed for
/// a video size outside kMinVideoSide to kMaxVideoSide.
Result<Challenge> make_challenge(Random& random, int video_width, int video_height, ChallengeType type);

/// The JSON body of ServerSessionInformationEvent.
std::string server_session_information(const Challenge& challenge);

}  // namespace facegate::liveness
