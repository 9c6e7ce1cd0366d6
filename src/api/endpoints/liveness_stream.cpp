#include <spdlog/spdlog.h>

#include <chrono>

#include "api/endpoints/liveness_start.h"
#include "api/services.h"
#include "api/visit_limit.h"
#include "base/log.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "http/host_limit.h"
#include "liveness/admission.h"
#include "liveness/clip_analyser.h"
#include "liveness/stream_session.h"
#include "liveness/verdict.h"
#include "media/decoder_host.h"

namespace facegate::api {

namespace {

using liveness::StreamActions;
using liveness::StreamException;

/// What the listener ends a connection with for a violation, as SocketPeer says: broken framing, text, too much.
bool is_violation(std::uint16_t close_code) {
    return close_code == 1002 || close_code == 1003 || close_code == 1009;
}

std::uint64_t seed_from(Random& random) {
    return (std::uint64_t{random.below(UINT32_MAX)} << 32) | random.below(UINT32_MAX);
}

liveness::ChallengeType type_of(domain::LivenessChallenge challenge) {
    return challenge == domain::LivenessChallenge::kMovement ? liveness::ChallengeType::kMovement
                                                             : liveness::ChallengeType::kMovementAndLight;
}

/// Names of the required signals that did not pass, as a JSON array.
std::string failed_signals(const liveness::Verdict& verdict) {
    boost::json::array names;
    for (const liveness::SignalJudgement& signal : verdict.signals) {
        if (signal.required && !signal.passed) names.emplace_back(signal.name);
    }
    return boost::json::serialize(names);
}

/// Container and encoder facts for the audit record. The sender's words, but nothing about the person.
boost::json::object facts_of(const media::VideoSummary& video) {
    return {{"container", video.container},     {"codec", video.codec},
            {"writing_app", video.writing_app}, {"frames", video.frames},
            {"key_frames", video.key_frames},   {"damaged", video.damaged},
            {"last_pts_ms", video.last_pts_ms}, {"irregular_pts", video.irregular_pts}};
}

/// A challenge that was seen and not answered: who may draw again and again gets the one his recording answers.
constexpr std::size_t kUnansweredChallenges = 30;  // of one network and tenant
constexpr std::chrono::minutes kUnansweredWithin{10};
/// The video may be as long as the stream is old, and this: its first chunk holds what was recorded before it came.
constexpr Milliseconds kVideoAhead{3000};

/// Hands frames to the analyser, one inference place for each: a decoder that dawdles holds up nobody else. Frames that
/// a camera cannot have taken yet are let go unseen.
class FrameGate final : public media::FrameSink {
public:
    FrameGate(liveness::ClipAnalyser& analyser, runtime::Limiter& inference)
        : analyser_(analyser), inference_(inference) {}

    bool wants(const media::FrameInfo& frame) override {
        ahead_ = ahead_ || frame.pts_ms > longest_.count();
        return !ahead_ && analyser_.wants(frame);
    }
    void take(media::VideoFrame&& frame) override {
        const auto lease = inference_.wait();
        analyser_.take(std::move(frame));
    }
    /// How long the video may be by now.
    void set_longest(Milliseconds longest) { longest_ = longest; }
    [[nodiscard]] bool ahead() const { return ahead_; }

private:
    liveness::ClipAnalyser& analyser_;
    runtime::Limiter& inference_;
    Milliseconds longest_{0};
    bool ahead_ = false;
};

/// The socket of one liveness stream: carries the state machine's actions out and stores what comes of it.
class LivenessStream final : public http::SocketPeer {
public:
    LivenessStream(Services& services, VisitLimit& unanswered, const CallContext& call)
        : services_(services),
          request_{call.request.path, call.request.query, std::string(call.request.header("host"))},
          request_id_(call.request.request_id),
          network_(http::host_of(call.client_address)),
          unanswered_(unanswered) {}

    /// A connection that vanished without a close frame (the server going down, say) still ends its session.
    ~LivenessStream() override { try_settle(failed_ ? "server_failed" : "connection_lost"); }

    Output on_open() override {
        return guarded([&] { return open(); });
    }

    Output on_message(Bytes message) override {
        if (!stream_) return {};
        return guarded([&] {
            StreamActions actions = stream_->on_message(message, services_.clock.now());
            return measure(std::move(actions));
        });
    }

    Output on_timer() override {
        if (!stream_) return {};
        return guarded([&] { return stream_->on_timer(services_.clock.now()); });
    }

    Output on_close(std::uint16_t code) override {
        if (!stream_) return {{}, liveness::kCloseNormal};
        Output output = guarded([&] { return stream_->on_close(code); });
        // The listener's own refusals keep their codes: at 1000 the widget would wait for a verdict for ever.
        if (is_violation(code)) output.close.reset();
        return output;
    }

    [[nodiscard]] std::optional<TimeMs> deadline() const override {
        return stream_ ? stream_->deadline() : std::nullopt;
    }
    [[nodiscard]] std::size_t max_message_bytes() const override { return liveness::StreamLimits{}.max_message_bytes; }

private:
    /// A broken database or a bug costs this stream, with an exception message the widget understands.
    template <class F>
    Output guarded(F&& step) {
        try {
            return carry_out(step());
        } catch (const std::exception& failure) {
            spdlog::error(R"("event":"liveness_stream_failed","request_id":{},"what":{})",
                          log::json_string(request_id_), log::json_string(failure.what()));
            failed_ = true;
            try_settle("server_failed");
            const StreamActions refusal =
                liveness::refuse_stream(StreamException::kInternalServer, "The server failed");
            return {refusal.send, refusal.close};
        }
    }

    Output carry_out(StreamActions&& actions) {
        if (stream_ && stream_->outcome() != liveness::StreamOutcome::kOpen &&
            stream_->outcome() != liveness::StreamOutcome::kFinished) {
            settle(liveness::name_of(stream_->outcome()));
        }
        return {std::move(actions.send), actions.close};
    }

    StreamActions open() {
        const crypto::SecretKey key = services_.vault.server_key(domain::ServerKey::kStreamCredentials);
        Result<liveness::AdmittedStream> admitted = liveness::admit_stream(key, request_, services_.clock.now());
        if (!admitted) return liveness::refuse_stream(StreamException::kValidation, admitted.error().message);
        if (!network_.empty() && unanswered_.wait_of(visitor(admitted->scope), services_.clock.now()).count() > 0) {
            return liveness::refuse_stream(StreamException::kThrottling,
                                           "Too many liveness checks were not finished; try again later");
        }
        place_ = services_.streams.acquire(admitted->scope, network_);
        if (!place_) {
            // Before the session is started: it can be tried again.
            return liveness::refuse_stream(StreamException::kThrottling,
                                           "Too many liveness checks are running; try again");
        }
        Result<liveness::Challenge> challenge =
            services_.database.write(admitted->scope, [&](sql::TenantTx& tx) { return start(tx, *admitted); });
        if (!challenge) return liveness::refuse_stream(StreamException::kValidation, challenge.error().message);
        scope_ = admitted->scope;
        session_ = admitted->session;
        running_ = true;
        analyser_.emplace(*challenge, services_.engines, seed_from(services_.random));
        gate_.emplace(*analyser_, services_.inference);
        video_ = services_.decoders.open(liveness::ClipAnalyser::video_limits(), *gate_);
        stream_.emplace(std::move(admitted->chain), std::move(*challenge));
        return stream_->on_open(services_.clock.now());
    }

    /// Starts the session and draws its challenge. An error undoes the start: the session can be tried again.
    Result<liveness::Challenge> start(sql::TenantTx& tx, const liveness::AdmittedStream& admitted) {
        const auto started = domain::mark_started(tx, admitted.session, services_.clock.now());
        if (!started) return std::unexpected(started.error());
        const liveness::ChallengeType type = type_of(started->challenge);
        const bool known =
            type == liveness::ChallengeType::kMovement ? admitted.knows_movement : admitted.knows_movement_and_light;
        if (!known) return fail(ErrorCode::kValidationFailed, "The client does not know this session's challenge");
        return liveness::make_challenge(services_.random, admitted.video_width, admitted.video_height, type);
    }

    /// Measures the video that came, and with its last bytes judges the whole.
    StreamActions measure(StreamActions&& actions) {
        if (!actions.video.empty()) {
            const Milliseconds arrived = stream_->chunks().back().arrived;
            gate_->set_longest(arrived + kVideoAhead);
            const Result<void> fed = video_->feed(actions.video);
            if (!fed) return give_up(std::move(actions), fed.error());
            if (gate_->ahead()) {
                settle("video_ahead");
                return with(std::move(actions),
                            stream_->on_analysis_failed(StreamException::kValidation,
                                                        "The video came faster than it can have been recorded"));
            }
            analyser_->chunk_decoded(arrived);
        }
        return actions.begin_verdict ? judge(std::move(actions)) : std::move(actions);
    }

    StreamActions judge(StreamActions&& before) {
        const auto began = std::chrono::steady_clock::now();
        Result<media::VideoSummary> video = video_->finish();
        if (!video) return give_up(std::move(before), video.error());
        const liveness::ClipAnalysis analysis = [&] {
            const auto lease = services_.inference.wait();
            return analyser_->finish(stream_->claims(), stream_->chunks(), std::move(*video));
        }();
        const Result<domain::LivenessSession> stored = store(analysis, began);
        if (!stored) {
            settle("too_late");
            return with(std::move(before),
                        stream_->on_analysis_failed(StreamException::kValidation, stored.error().message));
        }
        return with(std::move(before), stream_->on_analysis_done(services_.clock.now()));
    }

    /// The video cannot be read, or cost more than any honest one does.
    StreamActions give_up(StreamActions&& before, const Error& error) {
        detail_ = media::stop_cause(error).value_or("");
        settle(detail_.empty() ? "video_unreadable" : "decoder_stopped");
        return with(std::move(before),
                    stream_->on_analysis_failed(StreamException::kValidation, "The video could not be read"));
    }

    Result<domain::LivenessSession> store(const liveness::ClipAnalysis& analysis,
                                          std::chrono::steady_clock::time_point began) {
        const liveness::Verdict verdict = liveness::judge(analysis.signals, stream_->challenge().type);
        domain::LivenessOutcome outcome;
        outcome.live = verdict.live;
        outcome.confidence = verdict.confidence;
        outcome.signals = liveness::to_json(verdict);
        outcome.probes = analysis.probes;
        Result<domain::LivenessSession> stored = services_.database.write(scope_, [&](sql::TenantTx& tx) {
            const TimeMs now = services_.clock.now();
            auto finished = domain::finish_liveness_session(tx, services_.vault, session_, outcome, now);
            if (finished) {
                boost::json::object details{{"challenge", domain::name_of(finished->challenge)},
                                            {"live", finished->live},
                                            {"confidence", verdict.confidence}};
                details["signals"] = boost::json::parse(outcome.signals);
                details["video"] = facts_of(analysis.video);
                services_.audit.append(
                    tx, {"stream", "liveness.finished", session_.value, boost::json::serialize(details)}, now);
            }
            return finished;
        });
        running_ = !stored;
        const double verdict_ms =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        spdlog::info(
            R"("event":"liveness_finished","request_id":{},"live":{},"confidence":{},"failed":{},"frames":{},"work_ms":{:.1f},"verdict_ms":{:.1f})",
            log::json_string(request_id_), stored && stored->live, verdict.confidence, failed_signals(verdict),
            analysis.video.frames, analysis.work_ms, verdict_ms);
        return stored;
    }

    /// Ends a session that got no verdict. Does nothing if there is none running. To be tried again if it throws.
    void settle(std::string_view reason) {
        if (!running_) return;
        services_.database.write(scope_, [&](sql::TenantTx& tx) {
            const TimeMs now = services_.clock.now();
            domain::fail_liveness_session(tx, session_, reason, now);
            const boost::json::object details{{"reason", reason},
                                              {"detail", detail_.empty() && stream_ ? stream_->reason() : detail_}};
            services_.audit.append(tx, {"stream", "liveness.broken", session_.value, boost::json::serialize(details)},
                                   now);
        });
        running_ = false;
        if (!network_.empty() && !failed_) unanswered_.try_visit(visitor(scope_), services_.clock.now());
    }

    [[nodiscard]] std::string visitor(const Scope& scope) const { return scope.tenant.value + ' ' + network_; }

    void try_settle(std::string_view reason) {
        try {
            settle(reason);
        } catch (const std::exception& failure) {
            // The session's own time limit ends it as well.
            spdlog::error(R"("event":"liveness_settle_failed","request_id":{},"what":{})",
                          log::json_string(request_id_), log::json_string(failure.what()));
        }
    }

    static StreamActions with(StreamActions&& first, StreamActions&& second) {
        for (Bytes& message : second.send) first.send.push_back(std::move(message));
        first.close = second.close;
        first.begin_verdict = false;
        return std::move(first);
    }

    Services& services_;
    crypto::PresignedRequest request_;
    std::string request_id_;
    std::string network_;  ///< where the stream comes from; empty for this machine
    VisitLimit& unanswered_;
    std::optional<StreamPlaces::Lease> place_;
    Scope scope_;
    LivenessSessionId session_;
    bool running_ = false;  ///< the session's row says IN_PROGRESS because of us
    bool failed_ = false;   ///< the server did, not the client
    std::string detail_;    ///< why the decoder was stopped, if it was
    std::optional<liveness::StreamSession> stream_;
    std::optional<liveness::ClipAnalyser> analyser_;
    std::optional<FrameGate> gate_;
    std::unique_ptr<media::VideoStream> video_;
};

}  // namespace

void add_liveness_stream_route(RouteTable& routes, Services& services) {
    routes.add_socket({.method = "GET",
                       .path = std::string(kStreamPrefix) + liveness::kStreamPath,
                       .summary = "The liveness widget's stream",
                       .doc = "WebSocket of AWS event-stream messages, signed with the session's credentials.",
                       .tag = "Authentication",
                       .auth = Auth::kNone},
                      [&services, unanswered = std::make_shared<VisitLimit>(kUnansweredChallenges, kUnansweredWithin)](
                          CallContext& call) -> std::unique_ptr<http::SocketPeer> {
                          return std::make_unique<LivenessStream>(services, *unanswered, call);
                      });
}

}  // namespace facegate::api
