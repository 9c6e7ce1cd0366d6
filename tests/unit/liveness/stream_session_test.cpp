#include "liveness/stream_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "unit/liveness/recording.h"
#include "unit/liveness/signer.h"

namespace facegate::liveness {
namespace {

using testing::ChunkSigner;
using testing::load_recording;
using testing::Recording;
using testing::to_bytes;

const TimeMs kNow = *from_iso8601("2026-05-01T12:00:00.000Z");
const std::string kSeed(64, 'a');
const crypto::SecretAccessKey kSecret("secret");

constexpr const char* kVideo = R"({"VideoChunk":"AQIDBA==","TimestampMillis":1777636801000})";
constexpr const char* kEmptyVideo = R"({"VideoChunk":"","TimestampMillis":1777636801000})";
constexpr const char* kBox = R"({"Width":0.25,"Height":0.4,"Left":0.3,"Top":0})";

std::string challenge_json(const std::string& members, const char* name = "FaceMovementAndLightChallenge",
                           const char* id = "c1") {
    return fmt::format(R"({{"Challenge":{{"{}":{{"ChallengeId":"{}",{}}}}}}})", name, id, members);
}
std::string start_json() {
    return challenge_json(fmt::format(
        R"("VideoStartTimestamp":1777636800500,"InitialFace":{{"BoundingBox":{},"InitialFaceDetectedTimestamp":1777636800400}})",
        kBox));
}
std::string end_json() {
    return challenge_json(fmt::format(
        R"("VideoEndTimestamp":1777636806000,"TargetFace":{{"BoundingBox":{},"FaceDetectedInTargetPositionStartTimestamp":1777636803000,"FaceDetectedInTargetPositionEndTimestamp":1777636803000}})",
        kBox));
}
std::string color_json(int number) {
    return challenge_json(fmt::format(
        R"("ColorDisplayed":{{"CurrentColor":{{"RGB":[0,255,0]}},"SequenceNumber":{},"CurrentColorStartTimestamp":1777636803969,"PreviousColor":{{"RGB":[0,0,0]}}}})",
        number));
}

constexpr const char* kVideoEvent = "VideoEvent";
constexpr const char* kInformation = "ClientSessionInformationEvent";

/// A session and the client that signs for it.
struct Peer {
    explicit Peer(StreamLimits limits = {}) : session({kSecret, "eu-1", "rekognition", kSeed}, challenge(), limits) {}

    static Challenge challenge() {
        Challenge made;
        made.oval = {288, 465, 320, 240};
        made.video_width = 640;
        made.video_height = 480;
        made.colors = {{{0, 0, 0}, 0, 75}, {{0, 255, 0}, 475, 0}};
        return made;
    }
    StreamActions send(const char* type, const std::string& json) {
        return session.on_message(signer.event(type, json, now), now);
    }
    void open() { session.on_open(now); }
    void start() {
        open();
        EXPECT_TRUE(send(kVideoEvent, kVideo).send.empty());
        EXPECT_TRUE(send(kInformation, start_json()).send.empty());
    }

    TimeMs now = kNow;
    ChunkSigner signer{kSecret, "eu-1", kSeed};
    StreamSession session;
};

std::string exception_of(const StreamActions& actions) {
    if (actions.send.size() != 1 || actions.begin_verdict) return "no exception";
    const auto message = decode_message(actions.send[0]);
    if (!message || message->text(":message-type") != "exception") return "no exception";
    return std::string(message->text(":exception-type").value_or("?"));
}

void expect_refused(Peer& peer, const StreamActions& actions) {
    EXPECT_EQ(exception_of(actions), "ValidationException");
    EXPECT_EQ(actions.close, kClosePolicy);
    EXPECT_EQ(peer.session.outcome(), StreamOutcome::kProtocolError);
    EXPECT_FALSE(peer.session.reason().empty());
    EXPECT_FALSE(peer.session.deadline());
    // Closed for good: nothing more is said or kept.
    const StreamActions after = peer.send(kVideoEvent, kVideo);
    EXPECT_TRUE(after.send.empty() && after.video.empty());
    EXPECT_FALSE(peer.session.on_close(1000).close);
}

TEST(StreamSession, AWholeStream) {
    Peer peer;
    const StreamActions opened = peer.session.on_open(kNow);
    ASSERT_EQ(opened.send.size(), 1u);
    const auto information = decode_message(opened.send[0]).value();
    EXPECT_EQ(information.text(":event-type"), "ServerSessionInformationEvent");
    EXPECT_EQ(as_text(information.payload), server_session_information(Peer::challenge()));
    EXPECT_FALSE(opened.close);

    const Bytes chunk{1, 2, 3, 4};
    EXPECT_EQ(peer.send(kVideoEvent, kVideo).video, chunk);
    EXPECT_TRUE(peer.send(kInformation, start_json()).video.empty());
    peer.now = kNow + Milliseconds(4000);
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(peer.send(kInformation, color_json(i)).close);
    EXPECT_EQ(peer.send(kVideoEvent, kVideo).video, chunk);
    EXPECT_FALSE(peer.send(kInformation, end_json()).begin_verdict);
    const StreamActions last = peer.send(kVideoEvent, kEmptyVideo);
    EXPECT_TRUE(last.begin_verdict);
    EXPECT_TRUE(last.send.empty());
    EXPECT_FALSE(last.close);
    EXPECT_EQ(peer.session.outcome(), StreamOutcome::kFinished);

    EXPECT_TRUE(last.video.empty());

    const ClientClaims& claims = peer.session.claims();
    const std::vector<ChunkArrival>& chunks = peer.session.chunks();
    EXPECT_EQ(claims.video_start, from_unix_ms(1777636800500));
    EXPECT_EQ(claims.video_end, from_unix_ms(1777636806000));
    EXPECT_EQ(claims.initial_face->width, 0.25);
    EXPECT_EQ(claims.target_face->start, from_unix_ms(1777636803000));
    ASSERT_EQ(claims.colors.size(), 2u);
    EXPECT_EQ(claims.colors[1].sequence_number, 1);
    EXPECT_EQ(claims.colors[1].current, (Rgb{0, 255, 0}));
    EXPECT_EQ(claims.colors[1].arrived, Milliseconds(4000));
    ASSERT_EQ(chunks.size(), 2u);
    EXPECT_EQ(chunks[1].bytes, 4u);

    const StreamActions done = peer.session.on_analysis_done(kNow + Milliseconds(5000));
    ASSERT_EQ(done.send.size(), 1u);
    const auto goodbye = decode_message(done.send[0]).value();
    EXPECT_EQ(goodbye.text(":event-type"), "DisconnectionEvent");
    EXPECT_EQ(as_text(goodbye.payload), R"({"TimestampMillis":1777636805000})");
    EXPECT_EQ(done.close, kCloseNormal);
}

TEST(StreamSession, EveryRecordingReplays) {
    struct Case {
        const char* name;
        StreamOutcome outcome;
        std::size_t video_bytes;
        std::size_t chunks;
        std::size_t colors;
    };
    const Case cases[] = {
        {"light-genuine", StreamOutcome::kFinished, 618693, 7, 8},
        {"light-genuineweak", StreamOutcome::kFinished, 876667, 7, 8},
        {"light-noreflect", StreamOutcome::kFinished, 657033, 7, 8},
        {"light-replay", StreamOutcome::kFinished, 792826, 7, 8},
        {"light-success", StreamOutcome::kFinished, 474242, 8, 8},
        {"move-success", StreamOutcome::kFinished, 157913, 4, 0},
        {"move-timeout", StreamOutcome::kCancelled, 349650, 7, 0},
        {"move-usercancel", StreamOutcome::kCancelled, 135024, 4, 0},
        {"move-noface", StreamOutcome::kCancelled, 0, 0, 0},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const Recording recording = load_recording(c.name);
        ASSERT_TRUE(crypto::verify_presigned(recording.request, testing::claims_of(recording), recording.secret,
                                             recording.opened));
        StreamSession session(testing::chain_of(recording), testing::challenge_of(recording));
        ASSERT_EQ(session.on_open(recording.opened).send.size(), 1u);
        int analyses = 0;
        std::size_t video_bytes = 0;
        for (const auto& message : recording.client) {
            const StreamActions actions = session.on_message(message.bytes, message.at);
            EXPECT_TRUE(actions.send.empty()) << session.reason();
            EXPECT_FALSE(actions.close);
            analyses += actions.begin_verdict ? 1 : 0;
            video_bytes += actions.video.size();
        }
        EXPECT_EQ(video_bytes, c.video_bytes);
        EXPECT_EQ(session.chunks().size(), c.chunks);
        EXPECT_EQ(session.claims().colors.size(), c.colors);
        if (c.outcome == StreamOutcome::kFinished) {
            EXPECT_EQ(analyses, 1);
            EXPECT_EQ(session.on_analysis_done(recording.opened + Milliseconds(9000)).close, recording.server_close);
        } else {
            EXPECT_EQ(session.on_close(*recording.client_close).close, recording.server_close);
            EXPECT_EQ(session.client_close_code(), recording.client_close);
        }
        EXPECT_EQ(session.outcome(), c.outcome);
    }
}

TEST(StreamSession, AFlippedBitAnywhereIsRefused) {
    const Recording recording = load_recording("move-success");
    const Bytes& good = recording.client.at(1).bytes;  // START: small enough to try every byte
    for (std::size_t at = 0; at < good.size(); ++at) {
        StreamSession session(testing::chain_of(recording), testing::challenge_of(recording));
        session.on_open(recording.opened);
        session.on_message(recording.client.at(0).bytes, recording.client.at(0).at);
        Bytes bad = good;
        bad[at] = static_cast<std::uint8_t>(bad[at] ^ 0x10);
        const StreamActions actions = session.on_message(bad, recording.client.at(1).at);
        ASSERT_EQ(exception_of(actions), "ValidationException") << at;
        ASSERT_EQ(session.outcome(), StreamOutcome::kProtocolError) << at;
    }
}

TEST(StreamSession, TheChainHoldsTheOrder) {
    const Recording recording = load_recording("light-genuine");
    using Change = std::function<void(std::vector<Recording::Message>&)>;
    const std::pair<const char*, Change> changes[] = {
        {"dropped", [](auto& messages) { messages.erase(messages.begin() + 4); }},
        {"swapped", [](auto& messages) { std::swap(messages[4], messages[5]); }},
        {"repeated", [](auto& messages) { messages.insert(messages.begin() + 4, messages[4]); }},
        {"replayed later", [](auto& messages) { messages.insert(messages.begin() + 9, messages[2]); }},
        {"first dropped", [](auto& messages) { messages.erase(messages.begin()); }},
    };
    for (const auto& [name, change] : changes) {
        auto messages = recording.client;
        change(messages);
        StreamSession session(testing::chain_of(recording), testing::challenge_of(recording));
        session.on_open(recording.opened);
        for (const auto& message : messages) session.on_message(message.bytes, message.at);
        EXPECT_EQ(session.outcome(), StreamOutcome::kProtocolError) << name;
        EXPECT_EQ(session.reason(), "wrong chunk signature") << name;
    }
}

TEST(StreamSession, AnotherStreamsChunksAreRefused) {
    const Recording victim = load_recording("light-genuine");
    const Recording other = load_recording("light-replay");
    StreamSession session(testing::chain_of(victim), testing::challenge_of(victim));
    session.on_open(other.opened);
    session.on_message(other.client.at(0).bytes, other.client.at(0).at);
    EXPECT_EQ(session.reason(), "wrong chunk signature");
}

TEST(StreamSession, AStreamMayPassMidnight) {
    Peer peer;
    peer.now = *from_iso8601("2026-05-01T23:59:59.500Z");
    peer.start();
    peer.now += Milliseconds(1000);
    EXPECT_FALSE(peer.send(kVideoEvent, kVideo).close);
}

TEST(StreamSession, UnsignedOrMissignedChunksAreRefused) {
    const Bytes inner = encode_event(kVideoEvent, kVideo);
    const auto with_headers = [&](std::vector<EventStreamHeader> headers) {
        return encode_message({std::move(headers), inner});
    };
    const auto signed_chunk = [](Peer& peer) {
        return decode_message(peer.signer.event(kVideoEvent, kVideo, kNow)).value();
    };
    using Make = std::function<Bytes(Peer&)>;
    const std::pair<const char*, Make> cases[] = {
        {"no headers", [&](Peer&) { return with_headers({}); }},
        {"no signature", [&](Peer&) { return with_headers({{":date", kNow}}); }},
        {"wrong signature", [&](Peer&) { return with_headers({{":date", kNow}, {":chunk-signature", Bytes(32)}}); }},
        {"short signature", [&](Peer&) { return with_headers({{":date", kNow}, {":chunk-signature", Bytes{}}}); }},
        {"signature as text",
         [&](Peer&) { return with_headers({{":date", kNow}, {":chunk-signature", std::string(32, 'a')}}); }},
        {"date as number",
         [&](Peer&) { return with_headers({{":date", to_unix_ms(kNow)}, {":chunk-signature", Bytes(32)}}); }},
        {"an unsigned header more",
         [&](Peer& peer) {
             auto message = signed_chunk(peer);
             message.headers.push_back({"extra", true});
             return encode_message(message);
         }},
        {"a date long ago", [&](Peer& peer) { return peer.signer.sign(inner, kNow - Milliseconds(16 * 60'000)); }},
        {"a date far ahead",
         [&](Peer& peer) { return peer.signer.sign(inner, from_unix_ms(std::numeric_limits<std::int64_t>::max())); }},
        {"garbage", [&](Peer&) { return Bytes(1000, 0x5a); }},
        {"nothing", [&](Peer&) { return Bytes{}; }},
        {"signed garbage", [&](Peer& peer) { return peer.signer.sign(Bytes(1000, 0x5a), kNow); }},
        {"signed nothing", [&](Peer& peer) { return peer.signer.sign({}, kNow); }},
        {"an exception",
         [&](Peer& peer) { return peer.signer.sign(encode_exception(StreamException::kValidation, "x"), kNow); }},
        {"10 MB", [&](Peer& peer) { return peer.signer.event(kVideoEvent, std::string(10u << 20, ' '), kNow); }},
    };
    for (const auto& [name, make] : cases) {
        SCOPED_TRACE(name);
        Peer peer;
        peer.open();
        expect_refused(peer, peer.session.on_message(make(peer), kNow));
    }
}

TEST(StreamSession, BadBodiesAreRefused) {
    const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
    const std::pair<const char*, std::string> cases[] = {
        {kVideoEvent, "not json"},
        {kVideoEvent, "[]"},
        {kVideoEvent, deep},
        {kVideoEvent, "{}"},
        {kVideoEvent, R"({"VideoChunk":1,"TimestampMillis":1})"},
        {kVideoEvent, R"({"VideoChunk":"AQIDBA==","TimestampMillis":"1"})"},
        {kVideoEvent, R"({"VideoChunk":"AQIDBA==","TimestampMillis":-1})"},
        {kVideoEvent, R"({"VideoChunk":"AQIDBA==","TimestampMillis":1e300})"},
        {kVideoEvent, R"({"VideoChunk":"AQIDBA=","TimestampMillis":1})"},
        {kVideoEvent, R"({"VideoChunk":"AQ IDBA==","TimestampMillis":1})"},
        {kInformation, "{}"},
        {kInformation, deep},
        {kInformation, R"({"Challenge":[]})"},
        {kInformation, challenge_json(R"("VideoStartTimestamp":1)")},
        {kInformation,
         challenge_json(
             R"("VideoStartTimestamp":1,"InitialFace":{"BoundingBox":{"Width":1e9,"Height":1,"Left":0,"Top":0},"InitialFaceDetectedTimestamp":1})")},
        {"SomethingElse", "{}"},
    };
    for (const auto& [type, json] : cases) {
        SCOPED_TRACE(json.substr(0, 80));
        Peer peer;
        peer.open();
        if (std::string_view(type) != kVideoEvent) peer.send(kVideoEvent, kVideo);
        expect_refused(peer, peer.send(type, json));
    }
    const std::string colors[] = {
        challenge_json(R"("ColorDisplayed":{})"),
        challenge_json(
            R"("ColorDisplayed":{"CurrentColor":{"RGB":[0,256,0]},"SequenceNumber":1,"CurrentColorStartTimestamp":1,"PreviousColor":{"RGB":[0,0,0]}})"),
        challenge_json(
            R"("ColorDisplayed":{"CurrentColor":{"RGB":[0,0]},"SequenceNumber":1,"CurrentColorStartTimestamp":1,"PreviousColor":{"RGB":[0,0,0]}})"),
        challenge_json(
            R"("ColorDisplayed":{"CurrentColor":{"RGB":[0,0,0]},"SequenceNumber":1.5,"CurrentColorStartTimestamp":1,"PreviousColor":{"RGB":[0,0,0]}})"),
        challenge_json(
            R"("ColorDisplayed":{"CurrentColor":{"RGB":[0,0,0]},"SequenceNumber":1,"CurrentColorStartTimestamp":1,"PreviousColor":{"RGB":[0,0,0]}})",
            "FaceMovementChallenge"),
        challenge_json(
            R"("ColorDisplayed":{"CurrentColor":{"RGB":[0,0,0]},"SequenceNumber":1,"CurrentColorStartTimestamp":1,"PreviousColor":{"RGB":[0,0,0]}})",
            "FaceMovementAndLightChallenge", "c2"),
    };
    for (const std::string& json : colors) {
        SCOPED_TRACE(json);
        Peer peer;
        peer.start();
        expect_refused(peer, peer.send(kInformation, json));
    }
}

TEST(StreamSession, TheOrderIsKept) {
    using Step = std::pair<const char*, std::string>;
    const Step video{kVideoEvent, kVideo}, empty{kVideoEvent, kEmptyVideo}, start{kInformation, start_json()},
        end{kInformation, end_json()}, color{kInformation, color_json(0)};
    const std::pair<const char*, std::vector<Step>> cases[] = {
        {"start before video", {start}},
        {"start after an empty chunk", {empty, start}},
        {"start twice", {video, start, start}},
        {"colour before start", {video, color}},
        {"end before start", {video, end}},
        {"end twice", {video, start, end, end}},
        {"video after end", {video, start, end, video}},
        {"colour after end", {video, start, end, color}},
        {"start after end", {video, start, end, start}},
    };
    for (const auto& [name, steps] : cases) {
        SCOPED_TRACE(name);
        Peer peer;
        peer.open();
        for (std::size_t i = 0; i + 1 < steps.size(); ++i)
            EXPECT_FALSE(peer.send(steps[i].first, steps[i].second).close);
        expect_refused(peer, peer.send(steps.back().first, steps.back().second));
    }
    Peer early;
    expect_refused(early, early.send(kVideoEvent, kVideo));
}

TEST(StreamSession, AmountsAreBounded) {
    Peer events;
    events.start();
    StreamActions last;
    int sent = 0;
    for (; sent < 1000 && !last.close; ++sent) last = events.send(kInformation, color_json(0));
    EXPECT_EQ(sent, 64);  // with START the 65th
    expect_refused(events, last);

    Peer messages(StreamLimits{.max_messages = 20});
    messages.start();
    for (int i = 2; i < 20; ++i) EXPECT_FALSE(messages.send(kVideoEvent, kEmptyVideo).close);
    expect_refused(messages, messages.send(kVideoEvent, kEmptyVideo));

    Peer bytes;
    bytes.start();
    const std::string chunk = fmt::format(R"({{"VideoChunk":"{}","TimestampMillis":1}})", std::string(3'999'992, 'A'));
    int accepted = 0;
    for (last = {}; accepted < 100; ++accepted) {
        last = bytes.send(kVideoEvent, chunk);
        if (last.close) break;
    }
    EXPECT_EQ(accepted, 4);
    expect_refused(bytes, last);
}

TEST(StreamSession, SilenceEndsByOurOwnTimers) {
    Peer silent;
    EXPECT_FALSE(silent.session.deadline());
    silent.open();
    EXPECT_EQ(silent.session.deadline(), kNow + Milliseconds(30'000));
    EXPECT_TRUE(silent.session.on_timer(kNow + Milliseconds(29'999)).send.empty());
    const StreamActions late = silent.session.on_timer(kNow + Milliseconds(30'000));
    EXPECT_EQ(exception_of(late), "ValidationException");
    EXPECT_EQ(late.close, kClosePolicy);
    EXPECT_EQ(silent.session.outcome(), StreamOutcome::kTimedOut);
    EXPECT_FALSE(silent.session.deadline());

    // Video alone is no start.
    Peer video;
    video.open();
    video.send(kVideoEvent, kVideo);
    EXPECT_EQ(video.session.deadline(), kNow + Milliseconds(30'000));

    Peer started;
    started.start();
    EXPECT_EQ(started.session.deadline(), kNow + Milliseconds(180'000));
    EXPECT_EQ(exception_of(started.session.on_timer(kNow + Milliseconds(180'000))), "ValidationException");
    EXPECT_EQ(started.session.outcome(), StreamOutcome::kTimedOut);
}

TEST(StreamSession, EveryClientCloseIsAnsweredWith1000) {
    constexpr std::uint16_t kCodes[] = {4003, 4001, 4005, 4000, 4007, 1000, 1001, 1005};
    for (const std::uint16_t code : kCodes) {
        Peer peer;
        peer.start();
        const StreamActions actions = peer.session.on_close(code);
        EXPECT_EQ(actions.close, kCloseNormal) << code;
        EXPECT_TRUE(actions.send.empty());
        EXPECT_EQ(peer.session.outcome(), StreamOutcome::kCancelled);
        EXPECT_EQ(peer.session.client_close_code(), code);
        EXPECT_FALSE(peer.session.deadline());
        EXPECT_TRUE(peer.session.on_timer(kNow + Milliseconds(1'000'000)).send.empty());
    }
    Peer broken;
    broken.start();
    EXPECT_FALSE(broken.session.on_close(1006).close);
    EXPECT_EQ(broken.session.outcome(), StreamOutcome::kCancelled);
}

Peer analysing() {
    Peer peer;
    peer.start();
    peer.send(kInformation, end_json());
    EXPECT_TRUE(peer.send(kVideoEvent, kEmptyVideo).begin_verdict);
    return peer;
}

TEST(StreamSession, WhatComesDuringTheAnalysisIsIgnored) {
    Peer peer = analysing();
    EXPECT_FALSE(peer.session.deadline());
    const StreamActions actions = peer.session.on_message(Bytes(100), kNow);
    EXPECT_TRUE(actions.send.empty() && !actions.close && !actions.begin_verdict);
    EXPECT_EQ(peer.session.on_analysis_done(kNow).close, kCloseNormal);
    EXPECT_FALSE(peer.session.on_analysis_done(kNow).close);
}

TEST(StreamSession, AClientThatLeavesDuringTheAnalysisHasFinished) {
    Peer peer = analysing();
    EXPECT_EQ(peer.session.on_close(1000).close, kCloseNormal);
    EXPECT_EQ(peer.session.outcome(), StreamOutcome::kFinished);
    EXPECT_TRUE(peer.session.on_analysis_done(kNow).send.empty());
}

TEST(StreamSession, AFailedAnalysisIsAnExceptionAndNever1000) {
    const std::pair<StreamException, std::uint16_t> cases[] = {{StreamException::kInternalServer, 1011},
                                                               {StreamException::kServiceUnavailable, 1013},
                                                               {StreamException::kThrottling, 1013}};
    for (const auto& [kind, code] : cases) {
        Peer peer = analysing();
        const StreamActions actions = peer.session.on_analysis_failed(kind, "try again");
        EXPECT_EQ(exception_of(actions), name_of(kind));
        EXPECT_EQ(actions.close, code);
    }
    Peer early;
    early.start();
    EXPECT_TRUE(early.session.on_analysis_done(kNow).send.empty());
    // Video is decoded while it arrives: that can fail before the stream's end.
    EXPECT_EQ(exception_of(early.session.on_analysis_failed(StreamException::kInternalServer, "x")),
              name_of(StreamException::kInternalServer));
    EXPECT_TRUE(early.session.on_analysis_failed(StreamException::kInternalServer, "x").send.empty());
}

TEST(StreamSession, RefusedAtTheDoor) {
    const StreamActions actions = refuse_stream(StreamException::kServiceQuotaExceeded, "too many");
    EXPECT_EQ(exception_of(actions), "ServiceQuotaExceededException");
    EXPECT_EQ(actions.close, kCloseTryAgain);
}

}  // namespace
}  // namespace facegate::liveness
