#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/sigv4.h"
#include "liveness/challenge.h"
#include "liveness/clip.h"
#include "liveness/event_stream.h"

namespace facegate::liveness {

struct StreamLimits {
    std::size_t max_message_bytes = 4u << 20;
    std::size_t max_session_bytes = 16u << 20;  ///< of all messages together
    std::size_t max_messages = 1024;
    std::size_t max_client_events = 64;        ///< ClientSessionInformationEvents
    Milliseconds start_timeout{30'000};        ///< from opening to the START event
    Milliseconds session_timeout{180'000};     ///< from opening to the end of the video
    Milliseconds max_chunk_skew{15 * 60'000};  ///< between a chunk's `:date` and our clock
};

/// WebSocket close codes this side sends.
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kClosePolicy = 1008;       ///< after an exception that is the client's fault
inline constexpr std::uint16_t kCloseServerError = 1011;  ///< after an InternalServerException
inline constexpr std::uint16_t kCloseTryAgain = 1013;  ///< after Throttling, ServiceUnavailable, ServiceQuotaExceeded

/// What the socket has to do, in this order.
struct StreamActions {
    std::vector<Bytes> send;             ///< binary messages
    std::optional<std::uint16_t> close;  ///< then close with this code
    Bytes video;                         ///< the clip's next bytes, to be decoded and measured now
    bool begin_verdict = false;          ///< the clip is complete: judge it, then call on_analysis_done or _failed
};

/// How a stream ended.
enum class StreamOutcome {
    kOpen,           ///< still running
    kFinished,       ///< the clip is complete (analysis may still run)
    kCancelled,      ///< the client went away or gave up
    kTimedOut,       ///< one of our timers ran out
    kProtocolError,  ///< the client broke the protocol
};

/// "open", "finished", "cancelled", "timed_out", "protocol_error"
const char* name_of(StreamOutcome outcome);

/// Refuses a client at the door: the socket is upgraded, gets this one exception and is closed. (An HTTP error would
/// leave the widget waiting.)
StreamActions refuse_stream(StreamException kind, std::string_view message);

/// One liveness stream after its upgrade request was admitted, as a state machine without sockets, clock or threads:
/// the caller carries the actions out. Calls come one at a time. After a close action every call returns nothing.
class StreamSession {
public:
    StreamSession(crypto::ChunkSignatureChain chain, Challenge challenge, StreamLimits limits = {});

    /// The socket is open: sends ServerSessionInformationEvent and starts the timers.
    StreamActions on_open(TimeMs now);
    /// One whole WebSocket message. What breaks the protocol is answered with an exception and a close. If the video of
    /// an answer cannot be measured, call on_analysis_failed.
    StreamActions on_message(ByteView message, TimeMs now);
    /// Call when `deadline()` has come.
    StreamActions on_timer(TimeMs now);
    /// The client sent a close frame (1005: without a code) or the connection broke (1006). Whatever its code, it is
    /// answered with 1000, or the widget would overwrite its own error screen.
    StreamActions on_close(std::uint16_t code);
    /// The analysis is stored: DisconnectionEvent, then Close 1000.
    StreamActions on_analysis_done(TimeMs now);
    /// The video cannot be measured or the verdict not stored: an exception, then a close.
    StreamActions on_analysis_failed(StreamException kind, std::string_view message);

    /// When on_timer has to be called; nothing while the analysis runs and after the end.
    [[nodiscard]] std::optional<TimeMs> deadline() const;
    [[nodiscard]] StreamOutcome outcome() const { return outcome_; }
    /// For the audit record: why the stream ended as it did; quotes nothing the client sent. Empty while open.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    /// The close code the client sent, if it closed.
    [[nodiscard]] std::optional<std::uint16_t> client_close_code() const { return client_close_code_; }
    [[nodiscard]] const Challenge& challenge() const { return challenge_; }
    [[nodiscard]] const StreamLimits& limits() const { return limits_; }
    /// What the client said so far.
    [[nodiscard]] const ClientClaims& claims() const { return claims_; }
    /// When video came so far.
    [[nodiscard]] const std::vector<ChunkArrival>& chunks() const { return chunks_; }

private:
    enum class Phase { kNew, kBeforeVideo, kBeforeStart, kStreaming, kEnded, kAnalysing, kClosed };

    Result<EventStreamMessage> open_chunk(ByteView message, TimeMs now);
    Result<void> on_event(const EventStreamMessage& event, TimeMs now);
    Result<void> on_video(std::string_view json, TimeMs now);
    Result<void> on_client_information(std::string_view json, TimeMs now);
    StreamActions refuse(StreamOutcome outcome, StreamException kind, std::string reason);

    crypto::ChunkSignatureChain chain_;
    Challenge challenge_;
    StreamLimits limits_;
    Phase phase_ = Phase::kNew;
    TimeMs opened_;
    std::size_t received_bytes_ = 0;
    std::size_t messages_ = 0;
    std::size_t client_events_ = 0;
    ClientClaims claims_;
    std::vector<ChunkArrival> chunks_;
    Bytes new_video_;  // of the message that is being handled
    StreamOutcome outcome_ = StreamOutcome::kOpen;
    std::string reason_;
    std::optional<std::uint16_t> client_close_code_;
};

}  // namespace facegate::liveness
