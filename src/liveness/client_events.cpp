#include "liveness/client_events.h"

#include <boost/json.hpp>
#include <cmath>
#include <optional>

namespace facegate::liveness {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxChallengeId = 128;
constexpr double kMaxFraction = 10;
constexpr double kLatestTime = 4102444800000.0;  // the year 2100

std::unexpected<Error> malformed(const char* what) {
    return fail(ErrorCode::kValidationFailed, what);
}

std::optional<json::value> parse(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error) return std::nullopt;
    return value;
}

const json::value* member(const json::value* parent, std::string_view name) {
    const json::object* object = parent ? parent->if_object() : nullptr;
    return object ? object->if_contains(name) : nullptr;
}

std::optional<double> number(const json::value* value) {
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

std::optional<TimeMs> time_of(const json::value* value) {
    const auto ms = number(value);
    if (!ms || !(*ms >= 0 && *ms <= kLatestTime)) return std::nullopt;
    return from_unix_ms(std::llround(*ms));
}

std::optional<int> integer(const json::value* value, int low, int high) {
    const auto held = number(value);
    if (!held || *held < low || *held > high || *held != std::floor(*held)) return std::nullopt;
    return static_cast<int>(*held);
}

std::optional<FractionBox> box_of(const json::value* value) {
    const auto left = number(member(value, "Left"));
    const auto top = number(member(value, "Top"));
    const auto width = number(member(value, "Width"));
    const auto height = number(member(value, "Height"));
    if (!left || !top || !width || !height) return std::nullopt;
    for (const double side : {*left, *top}) {
        if (!(std::abs(side) <= kMaxFraction)) return std::nullopt;
    }
    for (const double side : {*width, *height}) {
        if (!(side > 0 && side <= kMaxFraction)) return std::nullopt;
    }
    return FractionBox{*left, *top, *width, *height};
}

std::optional<Rgb> rgb_of(const json::value* value) {
    const json::value* held = member(value, "RGB");
    const json::array* parts = held ? held->if_array() : nullptr;
    if (parts == nullptr || parts->size() != 3) return std::nullopt;
    Rgb rgb{};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto part = integer(&(*parts)[i], 0, 255);
        if (!part) return std::nullopt;
        rgb[i] = static_cast<std::uint8_t>(*part);
    }
    return rgb;
}

std::optional<StartEvent> start_of(const json::value* value) {
    const json::value* face = member(value, "InitialFace");
    const auto start = time_of(member(value, "VideoStartTimestamp"));
    const auto box = box_of(member(face, "BoundingBox"));
    const auto detected = time_of(member(face, "InitialFaceDetectedTimestamp"));
    if (!start || !box || !detected) return std::nullopt;
    return StartEvent{*start, *box, *detected};
}

std::optional<EndEvent> end_of(const json::value* value) {
    const json::value* face = member(value, "TargetFace");
    const auto video_end = time_of(member(value, "VideoEndTimestamp"));
    const auto box = box_of(member(face, "BoundingBox"));
    const auto from = time_of(member(face, "FaceDetectedInTargetPositionStartTimestamp"));
    const auto until = time_of(member(face, "FaceDetectedInTargetPositionEndTimestamp"));
    if (!video_end || !box || !from || !until) return std::nullopt;
    return EndEvent{*video_end, {*box, *from, *until}};
}

std::optional<ColorDisplayedClaim> color_of(const json::value* value) {
    const auto number_in_order = integer(member(value, "SequenceNumber"), 0, 1000);
    const auto current = rgb_of(member(value, "CurrentColor"));
    const auto previous = rgb_of(member(value, "PreviousColor"));
    const auto start = time_of(member(value, "CurrentColorStartTimestamp"));
    if (!number_in_order || !current || !previous || !start) return std::nullopt;
    return ColorDisplayedClaim{*number_in_order, *current, *previous, *start, Milliseconds(0)};
}

}  // namespace

Result<VideoChunk> parse_video_event(std::string_view text) {
    const auto root = parse(text);
    if (!root) return malformed("a video event is not JSON");
    const json::value* chunk = member(&*root, "VideoChunk");
    const json::string* base64 = chunk ? chunk->if_string() : nullptr;
    const auto timestamp = time_of(member(&*root, "TimestampMillis"));
    if (base64 == nullptr || !timestamp) return malformed("a video event lacks a member");
    auto data = from_base64(*base64);
    if (!data) return malformed("a video chunk is not base64");
    return VideoChunk{std::move(*data), *timestamp};
}

Result<ClientEvent> parse_client_event(std::string_view text, ChallengeType type) {
    const auto root = parse(text);
    if (!root) return malformed("a client event is not JSON");
    const json::value* challenge = member(member(&*root, "Challenge"), wire_name(type));
    if (challenge == nullptr) return malformed("a client event is not about this challenge");
    const json::value* id = member(challenge, "ChallengeId");
    const json::string* id_text = id ? id->if_string() : nullptr;
    if (id_text == nullptr || id_text->empty() || id_text->size() > kMaxChallengeId)
        return malformed("a client event has no challenge id");

    ClientEvent event{std::string(*id_text), StartEvent{}};
    if (const json::value* color = member(challenge, "ColorDisplayed")) {
        auto body = color_of(color);
        if (!body) return malformed("a colour event is malformed");
        event.body = *body;
    } else if (member(challenge, "VideoEndTimestamp") != nullptr) {
        auto body = end_of(challenge);
        if (!body) return malformed("an end event is malformed");
        event.body = *body;
    } else {
        auto body = start_of(challenge);
        if (!body) return malformed("a start event is malformed");
        event.body = *body;
    }
    return event;
}

}  // namespace facegate::liveness
