#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "liveness/challenge.h"

namespace facegate::liveness {

/// Fractions of the video's width and height, not mirrored.
struct FractionBox {
    double left = 0;
    double top = 0;
    double width = 0;
    double height = 0;
};

/// `ColorDisplayed`: when the client says it began to show a colour.
struct ColorDisplayedClaim {
    int sequence_number = 0;
    Rgb current{};
    Rgb previous{};
    TimeMs start;          ///< client's clock
    Milliseconds arrived;  ///< since the stream opened, server's clock
};

/// `TargetFace`: where and when the client says the face stood in the oval.
struct TargetFaceClaim {
    FractionBox box;
    TimeMs start;
    TimeMs end;
};

/// Everything the client said beside the video. Claims: only good for being checked against the video.
struct ClientClaims {
    std::string challenge_id;
    std::optional<TimeMs> video_start;
    std::optional<TimeMs> video_end;
    std::optional<FractionBox> initial_face;
    std::optional<TimeMs> initial_face_detected;
    std::optional<TargetFaceClaim> target_face;
    std::vector<ColorDisplayedClaim> colors;
};

/// One VideoEvent: tells whether the video came while it was recorded.
struct ChunkArrival {
    Milliseconds arrived;   ///< since the stream opened, server's clock
    std::size_t bytes = 0;  ///< of video
};

/// A finished stream with its video, as benches and tests keep it. The server keeps no video: it is measured as it
/// comes.
struct Clip {
    Bytes video;  ///< all chunks in order: one file in whatever container the browser records
    ClientClaims claims;
    std::vector<ChunkArrival> chunks;  ///< in order of arrival, none empty
};

}  // namespace facegate::liveness
