#include "liveness/stream_session.h"

#include <fmt/format.h>

#include <utility>

#include "liveness/client_events.h"

namespace facegate::liveness {
namespace {

std::unexpected<Error> broken(const char* reason) {
    return fail(ErrorCode::kValidationFailed, reason);
}

std::uint16_t close_code_after(StreamException kind) {
    switch (kind) {
        case StreamException::kValidation: return kClosePolicy;
        case StreamException::kInternalServer: return kCloseServerError;
        case StreamException::kThrottling:
        case StreamException::kServiceUnavailable:
        case StreamException::kServiceQuotaExceeded: return kCloseTryAgain;
    }
    return kCloseServerError;
}

constexpr std::uint16_t kConnectionBroke = 1006;

}  // namespace

const char* name_of(StreamOutcome outcome) {
    switch (outcome) {
        case StreamOutcome::kOpen: return "open";
        case StreamOutcome::kFinished: return "finished";
        case StreamOutcome::kCancelled: return "cancelled";
        case StreamOutcome::kTimedOut: return "timed_out";
        case StreamOutcome::kProtocolError: return "protocol_error";
    }
    return "?";
}

StreamActions refuse_stream(StreamException kind, std::string_view message) {
    StreamActions actions;
    actions.send.push_back(encode_exception(kind, message));
    actions.close = close_code_after(kind);
    return actions;
}

StreamSession::StreamSession(crypto::ChunkSignatureChain chain, Challenge challenge, StreamLimits limits)
    : chain_(std::move(chain)), challenge_(std::move(challenge)), limits_(limits) {}

StreamActions StreamSession::on_open(TimeMs now) {
    if (phase_ != Phase::kNew) return {};
    phase_ = Phase::kBeforeVideo;
    opened_ = now;
    StreamActions actions;
    actions.send.push_back(encode_event("ServerSessionInformationEvent", server_session_information(challenge_)));
    return actions;
}

StreamActions StreamSession::on_message(ByteView message, TimeMs now) {
    // Once the video has ended nothing the client sends counts any more, and nothing is kept of it.
    if (phase_ == Phase::kClosed || phase_ == Phase::kAnalysing) return {};
    if (phase_ == Phase::kNew) {
        return refuse(StreamOutcome::kProtocolError, StreamException::kValidation,
                      "a message came before the stream was open");
    }
    const auto event = open_chunk(message, now);
    const auto handled = event ? on_event(*event, now) : Result<void>(std::unexpected(event.error()));
    if (!handled) return refuse(StreamOutcome::kProtocolError, StreamException::kValidation, handled.error().message);

    StreamActions actions;
    actions.video = std::exchange(new_video_, {});
    if (phase_ == Phase::kAnalysing) {
        outcome_ = StreamOutcome::kFinished;
        reason_ = "the clip is complete";
        actions.begin_verdict = true;
    }
    return actions;
}

StreamActions StreamSession::on_timer(TimeMs now) {
    const auto due = deadline();
    if (!due || now < *due) return {};
    const bool started = phase_ != Phase::kBeforeVideo && phase_ != Phase::kBeforeStart;
    return refuse(StreamOutcome::kTimedOut, StreamException::kValidation,
                  started ? "the stream did not end in time" : "the stream did not start in time");
}

StreamActions StreamSession::on_close(std::uint16_t code) {
    if (phase_ == Phase::kClosed) return {};
    client_close_code_ = code;
    if (phase_ != Phase::kAnalysing) {
        outcome_ = StreamOutcome::kCancelled;
        reason_ = fmt::format("the client closed the stream with {}", code);
    }
    phase_ = Phase::kClosed;
    StreamActions actions;
    if (code != kConnectionBroke) actions.close = kCloseNormal;
    return actions;
}

StreamActions StreamSession::on_analysis_done(TimeMs now) {
    if (phase_ != Phase::kAnalysing) return {};
    phase_ = Phase::kClosed;
    StreamActions actions;
    actions.send.push_back(
        encode_event("DisconnectionEvent", fmt::format(R"({{"TimestampMillis":{}}})", to_unix_ms(now))));
    actions.close = kCloseNormal;
    return actions;
}

StreamActions StreamSession::on_analysis_failed(StreamException kind, std::string_view message) {
    if (phase_ == Phase::kClosed) return {};
    if (phase_ != Phase::kAnalysing) {
        outcome_ = StreamOutcome::kProtocolError;
        reason_ = message;
    }
    phase_ = Phase::kClosed;
    return refuse_stream(kind, message);
}

std::optional<TimeMs> StreamSession::deadline() const {
    switch (phase_) {
        case Phase::kBeforeVideo:
        case Phase::kBeforeStart: return opened_ + std::min(limits_.start_timeout, limits_.session_timeout);
        case Phase::kStreaming:
        case Phase::kEnded: return opened_ + limits_.session_timeout;
        case Phase::kNew:
        case Phase::kAnalysing:
        case Phase::kClosed: return std::nullopt;
    }
    return std::nullopt;
}

StreamActions StreamSession::refuse(StreamOutcome outcome, StreamException kind, std::string reason) {
    phase_ = Phase::kClosed;
    outcome_ = outcome;
    reason_ = std::move(reason);
    return refuse_stream(kind, reason_);
}

Result<EventStreamMessage> StreamSession::open_chunk(ByteView message, TimeMs now) {
    if (++messages_ > limits_.max_messages) return broken("too many messages");
    if (message.size() > limits_.max_message_bytes) return broken("message too long");
    received_bytes_ += message.size();
    if (received_bytes_ > limits_.max_session_bytes) return broken("the stream is too long");

    const EventStreamLimits codec_limits{.max_message_bytes = limits_.max_message_bytes};
    const auto outer = decode_message(message, codec_limits);
    if (!outer) return std::unexpected(outer.error());
    const HeaderValue* date_value = outer->find(":date");
    const HeaderValue* signature_value = outer->find(":chunk-signature");
    const auto* date = date_value ? std::get_if<TimeMs>(date_value) : nullptr;
    const auto* signature = signature_value ? std::get_if<Bytes>(signature_value) : nullptr;
    // A third header would be covered by no signature.
    if (date == nullptr || signature == nullptr || outer->headers.size() != 2) return broken("a chunk is not signed");
    if (*date < now - limits_.max_chunk_skew || *date > now + limits_.max_chunk_skew)
        return broken("a chunk's date is off");
    if (!chain_.accept(*date, encode_date_header(*date), outer->payload, *signature))
        return broken("wrong chunk signature");
    return decode_message(outer->payload, codec_limits);
}

Result<void> StreamSession::on_event(const EventStreamMessage& event, TimeMs now) {
    if (event.text(":message-type") != "event" || event.text(":content-type") != "application/json") {
        return broken("a chunk holds no JSON event");
    }
    const auto type = event.text(":event-type");
    if (type == "VideoEvent") return on_video(as_text(event.payload), now);
    if (type == "ClientSessionInformationEvent") return on_client_information(as_text(event.payload), now);
    return broken("unknown event type");
}

Result<void> StreamSession::on_video(std::string_view json, TimeMs now) {
    auto chunk = parse_video_event(json);
    if (!chunk) return std::unexpected(chunk.error());
    if (phase_ == Phase::kEnded) {
        if (!chunk->data.empty()) return broken("video after the end");
        phase_ = Phase::kAnalysing;
        return {};
    }
    // A recorder may hand out nothing at first; only after END that means something.
    if (chunk->data.empty()) return {};
    chunks_.push_back({now - opened_, chunk->data.size()});
    new_video_ = std::move(chunk->data);
    if (phase_ == Phase::kBeforeVideo) phase_ = Phase::kBeforeStart;
    return {};
}

Result<void> StreamSession::on_client_information(std::string_view json, TimeMs now) {
    if (++client_events_ > limits_.max_client_events) return broken("too many client events");
    auto event = parse_client_event(json, challenge_.type);
    if (!event) return std::unexpected(event.error());
    if (const auto* start = std::get_if<StartEvent>(&event->body)) {
        if (phase_ != Phase::kBeforeStart) return broken("a start event out of order");
        claims_.challenge_id = std::move(event->challenge_id);
        claims_.video_start = start->video_start;
        claims_.initial_face = start->initial_face;
        claims_.initial_face_detected = start->initial_face_detected;
        phase_ = Phase::kStreaming;
        return {};
    }
    if (phase_ != Phase::kStreaming) return broken("a client event out of order");
    if (event->challenge_id != claims_.challenge_id) return broken("the challenge id changed");
    if (auto* color = std::get_if<ColorDisplayedClaim>(&event->body)) {
        color->arrived = now - opened_;
        claims_.colors.push_back(*color);
        return {};
    }
    const auto& end = std::get<EndEvent>(event->body);
    claims_.video_end = end.video_end;
    claims_.target_face = end.target_face;
    phase_ = Phase::kEnded;
    return {};
}

}  // namespace facegate::liveness
