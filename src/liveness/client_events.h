#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "liveness/challenge.h"
#include "liveness/clip.h"

/// The JSON bodies a client sends. What is needed must be there with the right type and in sane bounds; members that
/// are not known are ignored. Errors are kValidationFailed and quote nothing.
namespace facegate::liveness {

/// `VideoEvent`
struct VideoChunk {
    Bytes data;  ///< empty: the end of the video
    TimeMs timestamp;
};
Result<VideoChunk> parse_video_event(std::string_view json);

/// `ClientSessionInformationEvent` of the three kinds the widget sends.
struct StartEvent {
    TimeMs video_start;
    FractionBox initial_face;
    TimeMs initial_face_detected;
};
struct EndEvent {
    TimeMs video_end;
    TargetFaceClaim target_face;
};
struct ClientEvent {
    std::string challenge_id;
    std::variant<StartEvent, ColorDisplayedClaim, EndEvent> body;
};
/// `type` is the challenge that was sent: an event about another one is refused. ColorDisplayedClaim::arrived is left
/// to the caller.
Result<ClientEvent> parse_client_event(std::string_view json, ChallengeType type);

}  // namespace facegate::liveness
