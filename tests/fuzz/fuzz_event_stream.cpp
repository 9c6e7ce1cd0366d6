// rooms: crypto media
// sources: liveness/event_stream.cpp liveness/client_events.cpp liveness/stream_session.cpp
// sources: liveness/challenge.cpp liveness/color_code.cpp
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "liveness/client_events.h"
#include "liveness/event_stream.h"
#include "liveness/stream_session.h"

using namespace facegate;
using namespace facegate::liveness;

namespace {

Challenge challenge() {
    Challenge made;
    made.oval = {288, 465, 320, 240};
    made.video_width = 640;
    made.video_height = 480;
    made.colors = {{{0, 0, 0}, 0, 75}, {{0, 255, 0}, 475, 0}};
    return made;
}

/// What decodes must encode to the same bytes.
void check_codec(ByteView bytes) {
    const auto message = decode_message(bytes);
    if (!message) return;
    const Bytes again = encode_message(*message);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
}

/// No unsigned message may ever do more than be refused.
void check_session(ByteView bytes) {
    StreamSession session({crypto::SecretAccessKey("secret"), "r", "rekognition", std::string(64, '0')}, challenge());
    session.on_open(from_unix_ms(0));
    const StreamActions actions = session.on_message(bytes, from_unix_ms(1));
    if (actions.begin_verdict || !actions.close || *actions.close == kCloseNormal) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    check_codec(bytes);
    check_session(bytes);
    (void)parse_video_event(as_text(bytes));
    (void)parse_client_event(as_text(bytes), ChallengeType::kMovementAndLight);
    (void)crypto::parse_query(as_text(bytes));
    return 0;
}
