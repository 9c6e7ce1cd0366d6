#pragma once

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/sigv4.h"
#include "liveness/challenge.h"
#include "liveness/client_events.h"
#include "liveness/event_stream.h"
#include "liveness/stream_session.h"

namespace facegate::liveness::testing {

/// One recorded stream out of tests/data/liveness.
struct Recording {
    struct Message {
        TimeMs at;
        Bytes bytes;
    };
    crypto::PresignedRequest request;
    crypto::SecretAccessKey secret;
    std::string access_key_id;
    TimeMs opened;
    std::vector<Message> client;
    std::vector<Message> server;
    std::optional<std::uint16_t> client_close;
    std::optional<std::uint16_t> server_close;
};

inline Recording load_recording(const std::string& name) {
    std::ifstream file(fmt::format("{}/liveness/{}.jsonl", FACEGATE_TEST_DATA, name));
    if (!file) throw std::runtime_error("no recording " + name);
    Recording recording;
    for (std::string line; std::getline(file, line);) {
        const boost::json::object entry = boost::json::parse(line).as_object();
        const std::string kind(entry.at("kind").as_string());
        const bool from_client = entry.at("dir").as_string() == "c2s";
        const TimeMs at = from_unix_ms(entry.at("t").to_number<std::int64_t>());
        if (kind == "http-upgrade") {
            const std::string url(entry.at("url").as_string());
            const std::size_t question = url.find('?');
            const auto& keys = entry.at("throwawayCredentials").as_object();
            recording.request = {url.substr(0, question), url.substr(question + 1),
                                 std::string(entry.at("headers").as_object().at("host").as_string())};
            recording.secret = crypto::SecretAccessKey(std::string(keys.at("secretAccessKey").as_string()));
            recording.access_key_id = std::string(keys.at("accessKeyId").as_string());
            recording.opened = at;
        } else if (kind == "binary") {
            const auto bytes = from_base64(entry.at("b64").as_string());
            (from_client ? recording.client : recording.server).push_back({at, bytes.value()});
        } else if (kind == "close") {
            (from_client ? recording.client_close : recording.server_close) =
                entry.at("code").to_number<std::uint16_t>();
        }
    }
    return recording;
}

inline crypto::PresignedClaims claims_of(const Recording& recording) {
    return crypto::read_presigned_claims(crypto::parse_query(recording.request.query).value()).value();
}

inline crypto::ChunkSignatureChain chain_of(const Recording& recording) {
    const auto claims = claims_of(recording);
    return {recording.secret, claims.region, claims.service, claims.signature};
}

/// The challenge that the recording's server sent.
inline Challenge challenge_of(const Recording& recording) {
    const auto message = decode_message(recording.server.at(0).bytes).value();
    const auto root = boost::json::parse(as_text(message.payload));
    const auto& sent = root.at("SessionInformation").at("Challenge").as_object();
    Challenge challenge;
    challenge.type =
        sent.contains("FaceMovementChallenge") ? ChallengeType::kMovement : ChallengeType::kMovementAndLight;
    const auto& body = sent.begin()->value().as_object();
    const auto& oval = body.at("OvalParameters").as_object();
    const auto side = [&](const char* member) { return oval.at(member).to_number<int>(); };
    challenge.oval = {side("Width"), side("Height"), side("CenterX"), side("CenterY")};
    challenge.video_width = 640;
    challenge.video_height = 480;
    if (const auto* colors = body.if_contains("ColorSequences")) {
        for (const auto& step : colors->as_array()) {
            const auto& rgb = step.at("FreshnessColor").at("RGB").as_array();
            const auto part = [&](std::size_t i) { return rgb.at(i).to_number<std::uint8_t>(); };
            challenge.colors.push_back({{part(0), part(1), part(2)},
                                        step.at("DownscrollDuration").to_number<int>(),
                                        step.at("FlatDisplayDuration").to_number<int>()});
        }
    }
    return challenge;
}

/// The clip of a finished recording, through the real session.
inline Clip clip_of(const Recording& recording) {
    StreamSession session(chain_of(recording), challenge_of(recording));
    session.on_open(recording.opened);
    Clip clip;
    for (const auto& message : recording.client) {
        const StreamActions actions = session.on_message(message.bytes, message.at);
        clip.video.insert(clip.video.end(), actions.video.begin(), actions.video.end());
        if (!actions.begin_verdict) continue;
        clip.claims = session.claims();
        clip.chunks = session.chunks();
        return clip;
    }
    throw std::runtime_error("the recording never finished: " + session.reason());
}

}  // namespace facegate::liveness::testing
