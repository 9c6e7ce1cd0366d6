#include "api/liveness_streams.h"

#include <fmt/format.h>

#include "crypto/secret.h"
#include "crypto/sigv4.h"
#include "domain/audit/audit.h"
#include "liveness/admission.h"

namespace facegate::testing {

namespace {

using Output = http::SocketPeer::Output;

const std::string kPath = std::string("/liveness") + liveness::kStreamPath;
constexpr std::string_view kBox = R"({"Width":0.25,"Height":0.4,"Left":0.3,"Top":0.2})";

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-_.~").contains(c);
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string client_event(std::string_view members) {
    return fmt::format(R"({{"Challenge":{{"FaceMovementAndLightChallenge":{{"ChallengeId":"c1",{}}}}}}})", members);
}

void move_times(json::value& value, Milliseconds shift) {
    constexpr std::int64_t kYear2001 = 1'000'000'000'000;
    if (auto* object = value.if_object()) {
        for (auto& member : *object) move_times(member.value(), shift);
    } else if (const auto* number = value.if_int64(); number != nullptr && *number > kYear2001) {
        value = *number + shift.count();
    }
}

json::object color_json(const liveness::Rgb& rgb) {
    return {{"RGB", {rgb[0], rgb[1], rgb[2]}}};
}

}  // namespace

std::string percent_encoded(const StreamQuery& query) {
    std::string out;
    for (const auto& [name, value] : query) {
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", percent_encoded(name), percent_encoded(value));
    }
    return out;
}

StreamQuery widget_query(const WidgetSession& session, TimeMs now) {
    const std::string date = crypto::to_amz_date(now);
    return {
        {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
        {"X-Amz-Credential",
         fmt::format("{}/{}/us-east-1/rekognition/aws4_request", session.access_key_id, date.substr(0, 8))},
        {"X-Amz-Date", date},
        {"X-Amz-Expires", "299"},
        {"X-Amz-Security-Token", session.session_token},
        {"X-Amz-SignedHeaders", "host"},
        {"attempt-count", "1"},
        {"challenge-versions", "FaceMovementAndLightChallenge_2.0.0,FaceMovementChallenge_1.0.0"},
        {"precheck-view-enabled", "1"},
        {"session-id", session.id},
        {"video-height", "480"},
        {"video-width", "640"},
        {"x-amz-user-agent", "aws-sdk-js/3.1112.0 ua/2.1 lang/js"},
    };
}

std::string presigned(const StreamQuery& query, const std::string& secret_access_key, const std::string& host) {
    const std::string canonical_query = percent_encoded(query);
    const std::string canonical = fmt::format("GET\n{}\n{}\nhost:{}\n\nhost\n{}", kPath, canonical_query, host,
                                              to_hex(crypto::sha256(ByteView())));
    const std::string& credential = query.at("X-Amz-Credential");
    const std::string scope = credential.substr(credential.find('/') + 1);
    const std::string text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", query.at("X-Amz-Date"), scope,
                                         to_hex(crypto::sha256(as_bytes(canonical))));
    Bytes key = liveness::testing::to_bytes("AWS4" + secret_access_key);
    const auto step = [&](std::string_view part) {
        const crypto::Digest mac = crypto::hmac_sha256(key, as_bytes(part));
        key.assign(mac.begin(), mac.end());
    };
    for (std::size_t at = 0; at < scope.size();) {
        const std::size_t end = std::min(scope.find('/', at), scope.size());
        step(scope.substr(at, end - at));
        at = end + 1;
    }
    step(text);
    return fmt::format("{}&X-Amz-Signature={}", canonical_query, to_hex(key));
}

Output Stream::send_video(const Bytes& data) {
    return send("VideoEvent",
                fmt::format(R"({{"VideoChunk":"{}","TimestampMillis":{}}})", to_base64(data), to_unix_ms(clock.now())));
}

Output Stream::send_start() {
    const std::int64_t now = to_unix_ms(clock.now());
    return send("ClientSessionInformationEvent",
                client_event(fmt::format(
                    R"("VideoStartTimestamp":{},"InitialFace":{{"BoundingBox":{},"InitialFaceDetectedTimestamp":{}}})",
                    now, kBox, now)));
}

Bytes video_opening() {
    constexpr std::ptrdiff_t kEnough = 4000;
    static const Bytes video = liveness::testing::clip_of(liveness::testing::load_recording("light-genuine")).video;
    return {video.begin(), video.begin() + kEnough};
}

void Stream::start() {
    EXPECT_TRUE(send_video(video_opening()).send.empty());
    const Output output = send_start();
    EXPECT_TRUE(output.send.empty());
    EXPECT_FALSE(output.close);
}

Output Stream::end() {
    const std::int64_t now = to_unix_ms(clock.now());
    const Output output = send(
        "ClientSessionInformationEvent",
        client_event(fmt::format(
            R"("VideoEndTimestamp":{0},"TargetFace":{{"BoundingBox":{1},"FaceDetectedInTargetPositionStartTimestamp":{0},"FaceDetectedInTargetPositionEndTimestamp":{0}}})",
            now, kBox)));
    EXPECT_TRUE(output.send.empty());
    return send_video({});
}

std::vector<RecordedEvent> events_of(const liveness::testing::Recording& recording) {
    std::vector<RecordedEvent> events;
    for (const auto& message : recording.client) {
        const auto chunk = liveness::decode_message(message.bytes).value();
        const auto event = liveness::decode_message(chunk.payload).value();
        events.push_back({message.at - recording.opened, std::string(event.text(":event-type").value()),
                          std::string(as_text(event.payload))});
    }
    return events;
}

std::string moved(const std::string& text, Milliseconds shift) {
    json::value value = json::parse(text);
    move_times(value, shift);
    return json::serialize(value);
}

std::string forged_for(const liveness::Challenge& challenge, const std::string& text) {
    json::value value = json::parse(text);
    json::object& claims = value.at("Challenge").at("FaceMovementAndLightChallenge").as_object();
    if (json::value* displayed = claims.if_contains("ColorDisplayed")) {
        const auto number = displayed->at("SequenceNumber").to_number<std::size_t>();
        displayed->as_object()["CurrentColor"] = color_json(challenge.colors.at(number).rgb);
        displayed->as_object()["PreviousColor"] = color_json(challenge.colors.at(number == 0 ? 0 : number - 1).rgb);
    }
    if (json::value* target = claims.if_contains("TargetFace")) {
        const liveness::Oval& oval = challenge.oval;
        const double width = challenge.video_width;
        const double height = challenge.video_height;
        target->as_object()["BoundingBox"] = json::object{{"Width", oval.width / width},
                                                          {"Height", oval.height / height},
                                                          {"Left", (oval.center_x - oval.width / 2.0) / width},
                                                          {"Top", (oval.center_y - oval.height / 2.0) / height}};
    }
    return json::serialize(value);
}

WidgetSession LivenessStreamTest::new_session(const Client& client, const json::object& request) {
    const Answer answer = post(client, "/v1/liveness/session", request);
    EXPECT_EQ(answer.status, 200U) << answer;
    return {answer.text_at("/session_id"), answer.text_at("/credentials/accessKeyId"),
            answer.text_at("/credentials/secretAccessKey"), answer.text_at("/credentials/sessionToken")};
}

Stream LivenessStreamTest::open(const std::string& query, const std::string& secret_access_key,
                                const std::string& host) {
    http::Request request;
    request.method = "GET";
    request.path = kPath;
    request.query = query;
    request.target = kPath + "?" + query;
    request.headers = {{"host", host}, {"upgrade", "websocket"}, {"origin", "http://localhost:8080"}};
    request.remote_address = "127.0.0.1";
    request.request_id = "stream";
    const http::Plan plan = application().service().plan(request);
    // Always upgraded, whatever is wrong: the widget would wait ten seconds at an HTTP error.
    EXPECT_TRUE(plan.is_websocket);
    EXPECT_FALSE(plan.refuse);
    auto peer = application().service().open_socket(std::move(request));
    auto opening = peer->on_open();
    const std::size_t signature = query.find("X-Amz-Signature=");
    const std::string seed = signature == std::string::npos ? std::string() : query.substr(signature + 16, 64);
    return {std::move(peer), std::move(opening),
            liveness::testing::ChunkSigner(crypto::SecretAccessKey(secret_access_key), "us-east-1", seed),
            clock().now(), clock()};
}

std::string LivenessStreamTest::status_of(const Client& client, const WidgetSession& session) {
    const Answer answer = get(client, "/v1/liveness/result/" + session.id);
    EXPECT_EQ(answer.status, 200U) << answer;
    const std::string status = answer.text_at("/status");
    const bool ended = status == "SUCCEEDED" || status == "FAILED";
    EXPECT_EQ(answer.at("/is_live"), status == "SUCCEEDED");
    return ended ? fmt::format("{} {}", status, answer.number_at("/confidence")) : status;
}

::testing::AssertionResult LivenessStreamTest::is_exception(const Output& output, std::string_view kind,
                                                            const WidgetSession& session) const {
    if (output.send.size() != 1) return ::testing::AssertionFailure() << output.send.size() << " messages";
    const auto message = liveness::decode_message(output.send.front());
    if (!message) return ::testing::AssertionFailure() << message.error().message;
    const std::string body(as_text(message->payload));
    if (message->text(":message-type") != "exception" || message->text(":exception-type") != kind) {
        return ::testing::AssertionFailure() << "not a " << kind << ": " << body;
    }
    const std::map<std::string_view, std::uint16_t> closes = {
        {"ValidationException", 1008}, {"InternalServerException", 1011}, {"ThrottlingException", 1013}};
    if (output.close != closes.at(kind)) return ::testing::AssertionFailure() << "closes with another code: " << body;
    const std::string all(as_text(output.send.front()));
    for (const std::string& secret : {session.id, session.access_key_id, session.secret_access_key,
                                      session.session_token, client_.key, client_.scope.tenant.value}) {
        if (all.find(secret) != std::string::npos) return ::testing::AssertionFailure() << "tells a secret: " << body;
    }
    return ::testing::AssertionSuccess() << body;
}

::testing::AssertionResult LivenessStreamTest::is_open(const Stream& stream) {
    const Output& output = stream.opening;
    if (output.close || output.send.size() != 1) return ::testing::AssertionFailure() << "refused";
    const auto message = liveness::decode_message(output.send.front());
    if (!message) return ::testing::AssertionFailure() << message.error().message;
    if (message->text(":event-type") == "ServerSessionInformationEvent") return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << as_text(message->payload);
}

liveness::Challenge LivenessStreamTest::challenge_in(const Stream& stream) {
    liveness::testing::Recording seen;
    seen.server.push_back({stream.opened, stream.opening.send.at(0)});
    return liveness::testing::challenge_of(seen);
}

std::vector<std::pair<std::string, json::object>> LivenessStreamTest::audit() const {
    std::vector<std::pair<std::string, json::object>> records;
    application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        const domain::ChainCheck check = services().audit.verify_chain(tx);
        EXPECT_TRUE(check.intact) << check.broken_at;
        const auto rows = tx.query(
            "SELECT action, details FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND actor = 'stream' "
            "ORDER BY seq");
        for (const sql::Row& row : rows) records.emplace_back(row.text(0), json::parse(row.text(1)).as_object());
    });
    return records;
}

}  // namespace facegate::testing
