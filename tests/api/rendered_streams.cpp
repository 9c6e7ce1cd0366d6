#include "api/rendered_streams.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "media/image_decoder.h"
#include "unit/vision/default_engine.h"

namespace facegate::testing {

namespace {

const std::vector<synthesis::Subject>& people() {
    static const std::vector<synthesis::Subject> kPeople = [] {
        std::vector<synthesis::NamedPhoto> photos;
        for (const char* name : {"sample3.jpg", "sample5.jpg", "sample6.jpg"}) {
            std::ifstream file(std::filesystem::path(FACEGATE_SHARE) / "samples" / name, std::ios::binary);
            const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
            photos.push_back({name, media::decode_image(bytes).value()});
        }
        return synthesis::find_subjects(vision::default_engines().current(), photos);
    }();
    return kPeople;
}

json::object box_json(const liveness::FractionBox& box) {
    return {{"Width", box.width}, {"Height", box.height}, {"Left", box.left}, {"Top", box.top}};
}

json::object rgb_json(const liveness::Rgb& rgb) {
    return {{"RGB", {rgb[0], rgb[1], rgb[2]}}};
}

std::string event_json(const synthesis::Take& take, json::object members) {
    members["ChallengeId"] = "c1";
    return json::serialize(json::object{{"Challenge", {{liveness::wire_name(take.challenge.type), members}}}});
}

}  // namespace

synthesis::Take rendered_for(const liveness::Challenge& challenge, synthesis::Species species, std::size_t who) {
    return synthesis::record(people(), who % people().size(),
                             {.species = species, .type = challenge.type, .challenge = challenge, .seed = who + 11});
}

std::vector<RecordedEvent> events_of(const synthesis::Take& take, TimeMs opened) {
    const liveness::ClientClaims& claims = take.clip.claims;
    const Milliseconds latency(80);
    // When the video began, by the server's clock: the first chunk came a second into it.
    const TimeMs start = opened + take.clip.chunks.front().arrived - Milliseconds(1000) - latency;
    const auto told = [&](TimeMs time) { return to_unix_ms(start + (time - *claims.video_start)); };
    std::vector<RecordedEvent> events;
    std::size_t at = 0;
    for (const liveness::ChunkArrival& chunk : take.clip.chunks) {
        const Bytes bytes(take.clip.video.begin() + static_cast<std::ptrdiff_t>(at),
                          take.clip.video.begin() + static_cast<std::ptrdiff_t>(at + chunk.bytes));
        at += chunk.bytes;
        events.push_back({chunk.arrived, "VideoEvent",
                          json::serialize(json::object{{"VideoChunk", to_base64(bytes)},
                                                       {"TimestampMillis", to_unix_ms(opened + chunk.arrived)}})});
    }
    const auto tell = [&](Milliseconds when, json::object members) {
        events.push_back({when, "ClientSessionInformationEvent", event_json(take, std::move(members))});
    };
    for (const liveness::ColorDisplayedClaim& color : claims.colors) {
        tell(color.arrived, {{"ColorDisplayed",
                              {{"CurrentColor", rgb_json(color.current)},
                               {"PreviousColor", rgb_json(color.previous)},
                               {"SequenceNumber", color.sequence_number},
                               {"CurrentColorStartTimestamp", told(color.start)}}}});
    }
    std::ranges::stable_sort(events, {}, &RecordedEvent::at);
    // The widget's own order: video, START, the rest, END, an empty chunk.
    const json::object start_members{{"VideoStartTimestamp", told(*claims.video_start)},
                                     {"InitialFace",
                                      {{"BoundingBox", box_json(*claims.initial_face)},
                                       {"InitialFaceDetectedTimestamp", told(*claims.initial_face_detected)}}}};
    events.insert(events.begin() + 1,
                  {events.front().at, "ClientSessionInformationEvent", event_json(take, start_members)});
    const Milliseconds last = events.back().at + Milliseconds(1);
    tell(last, {{"VideoEndTimestamp", told(*claims.video_end)},
                {"TargetFace",
                 {{"BoundingBox", box_json(claims.target_face->box)},
                  {"FaceDetectedInTargetPositionStartTimestamp", told(claims.target_face->start)},
                  {"FaceDetectedInTargetPositionEndTimestamp", told(claims.target_face->end)}}}});
    events.push_back(
        {last, "VideoEvent",
         json::serialize(json::object{{"VideoChunk", ""}, {"TimestampMillis", to_unix_ms(opened + last)}})});
    return events;
}

}  // namespace facegate::testing
