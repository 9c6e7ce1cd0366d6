#include "liveness/clip_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "liveness/client_events.h"
#include "liveness/stream_session.h"
#include "media/video_decoder.h"

namespace facegate::liveness {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMaxDescriptionBytes = 1U << 20;
constexpr std::size_t kMaxTextBytes = 256;
constexpr std::size_t kMaxColors = 64;
constexpr int kMaxColorMs = 60'000;
constexpr double kMaxDt = 3'600'000;
constexpr double kLatestTime = 4102444800000.0;  // the year 2100
constexpr std::array<const char*, 3> kVideoExtensions = {".webm", ".mkv", ".mp4"};

/// What is wrong with a description; becomes an Error that names the file.
struct Flaw {
    const char* what;
};

const json::value& member(const json::value& parent, std::string_view name, const char* flaw) {
    const json::object* object = parent.if_object();
    const json::value* held = object ? object->if_contains(name) : nullptr;
    if (held == nullptr) throw Flaw{flaw};
    return *held;
}

std::string text(const json::value& value, const char* flaw) {
    const json::string* held = value.if_string();
    if (held == nullptr || held->size() > kMaxTextBytes) throw Flaw{flaw};
    return std::string(*held);
}

double number(const json::value& value, double low, double high, const char* flaw) {
    const double held = value.is_number() ? value.to_number<double>() : std::nan("");
    if (!(held >= low && held <= high)) throw Flaw{flaw};
    return held;
}

int integer(const json::value& value, int low, int high, const char* flaw) {
    const double held = number(value, low, high, flaw);
    if (held != std::floor(held)) throw Flaw{flaw};
    return static_cast<int>(held);
}

const json::array& array(const json::value& value, std::size_t most, const char* flaw) {
    const json::array* held = value.if_array();
    if (held == nullptr || held->size() > most) throw Flaw{flaw};
    return *held;
}

Oval parse_oval(const json::value& value) {
    constexpr const char* kFlaw = "the server's OvalParameters are malformed";
    const auto side = [&](const char* name) { return integer(member(value, name, kFlaw), 1, kMaxVideoSide, kFlaw); };
    return {side("Width"), side("Height"), side("CenterX"), side("CenterY")};
}

ColorStep parse_color(const json::value& value) {
    constexpr const char* kFlaw = "one of the server's ColorSequences is malformed";
    const json::array& parts = array(member(member(value, "FreshnessColor", kFlaw), "RGB", kFlaw), 3, kFlaw);
    if (parts.size() != 3) throw Flaw{kFlaw};
    ColorStep step;
    for (std::size_t i = 0; i < 3; ++i) step.rgb[i] = static_cast<std::uint8_t>(integer(parts[i], 0, 255, kFlaw));
    step.downscroll_ms = integer(member(value, "DownscrollDuration", kFlaw), 0, kMaxColorMs, kFlaw);
    step.flat_ms = integer(member(value, "FlatDisplayDuration", kFlaw), 0, kMaxColorMs, kFlaw);
    return step;
}

/// ServerSessionInformationEvent, without the frame's size.
Challenge parse_server_event(const json::value& event) {
    constexpr const char* kFlaw = "\"server\" is no ServerSessionInformationEvent";
    const json::value& sent = member(member(event, "SessionInformation", kFlaw), "Challenge", kFlaw);
    if (!sent.is_object() || sent.as_object().size() != 1) throw Flaw{kFlaw};
    Challenge challenge;
    const std::string_view name = sent.as_object().begin()->key();
    if (name == wire_name(ChallengeType::kMovement)) {
        challenge.type = ChallengeType::kMovement;
    } else if (name != wire_name(ChallengeType::kMovementAndLight)) {
        throw Flaw{"the server's challenge is of an unknown type"};
    }
    const json::value& body = sent.as_object().begin()->value();
    challenge.oval = parse_oval(member(body, "OvalParameters", kFlaw));
    if (!member(body, "ChallengeConfig", kFlaw).is_object()) throw Flaw{kFlaw};
    if (challenge.type == ChallengeType::kMovement) return challenge;
    if (text(member(body, "LightChallengeType", kFlaw), kFlaw) != "SEQUENTIAL") throw Flaw{kFlaw};
    for (const json::value& color : array(member(body, "ColorSequences", kFlaw), kMaxColors, kFlaw)) {
        challenge.colors.push_back(parse_color(color));
    }
    if (challenge.colors.empty()) throw Flaw{"the server's ColorSequences are empty"};
    return challenge;
}

void add_event(ClientClaims& claims, ClientEvent&& event, Milliseconds arrived) {
    if (auto* start = std::get_if<StartEvent>(&event.body)) {
        if (claims.video_start) throw Flaw{"there are two start events"};
        claims.challenge_id = std::move(event.challenge_id);
        claims.video_start = start->video_start;
        claims.initial_face = start->initial_face;
        claims.initial_face_detected = start->initial_face_detected;
    } else if (auto* color = std::get_if<ColorDisplayedClaim>(&event.body)) {
        color->arrived = arrived;
        claims.colors.push_back(*color);
    } else {
        const auto& end = std::get<EndEvent>(event.body);
        if (claims.video_end) throw Flaw{"there are two end events"};
        claims.video_end = end.video_end;
        claims.target_face = end.target_face;
    }
}

Milliseconds parse_dt(const json::value& value, Milliseconds earliest, const char* flaw) {
    const Milliseconds dt(std::llround(number(member(value, "dt", flaw), 0, kMaxDt, flaw)));
    if (dt < earliest) throw Flaw{flaw};
    return dt;
}

ClientClaims parse_events(const json::value& events, ChallengeType type) {
    constexpr const char* kFlaw = "\"events\" are not {dt, event} in order of time, or too many";
    ClientClaims claims;
    Milliseconds last{0};
    for (const json::value& entry : array(events, StreamLimits{}.max_client_events, kFlaw)) {
        last = parse_dt(entry, last, kFlaw);
        auto event = parse_client_event(json::serialize(member(entry, "event", kFlaw)), type);
        if (!event) throw Flaw{"one of the \"events\" is malformed or about another challenge"};
        add_event(claims, std::move(*event), last);
    }
    return claims;
}

std::vector<ChunkArrival> parse_chunks(const json::value& chunks) {
    constexpr const char* kFlaw = "\"chunks\" are not {dt, bytes} in order of time, or too many";
    constexpr auto kMostBytes = static_cast<double>(media::VideoLimits{}.max_bytes);
    std::vector<ChunkArrival> arrivals;
    Milliseconds last{0};
    for (const json::value& entry : array(chunks, StreamLimits{}.max_messages, kFlaw)) {
        last = parse_dt(entry, last, kFlaw);
        const double bytes = number(member(entry, "bytes", kFlaw), 1, kMostBytes, kFlaw);
        arrivals.push_back({last, static_cast<std::size_t>(bytes)});
    }
    return arrivals;
}

LabelledClip parse_description(const json::value& root) {
    LabelledClip clip;
    const std::string label = text(member(root, "label", "there is no \"label\""), "\"label\" is no text");
    if (label != "genuine" && label != "attack") throw Flaw{"\"label\" is neither genuine nor attack"};
    clip.genuine = label == "genuine";
    clip.species = text(member(root, "species", "there is no \"species\""), "\"species\" is no short text");
    const json::object& members = root.as_object();
    if (const json::value* seed = members.if_contains("seed")) {
        if (!seed->is_uint64() && !(seed->is_int64() && seed->as_int64() >= 0)) throw Flaw{"\"seed\" is no number"};
        clip.seed = seed->to_number<std::uint64_t>();
    }
    if (const json::value* face = members.if_contains("face")) clip.face = text(*face, "\"face\" is no short text");
    clip.challenge = parse_server_event(member(root, "server", "there is no \"server\" event"));
    clip.clip.claims = parse_events(member(root, "events", "there are no \"events\""), clip.challenge.type);
    clip.clip.chunks = parse_chunks(member(root, "chunks", "there are no \"chunks\""));
    constexpr const char* kNoStart = "\"video_start_ms\" is no time";
    (void)number(member(root, "video_start_ms", kNoStart), 0, kLatestTime, kNoStart);
    return clip;
}

Result<Bytes> read_file(const fs::path& file, std::size_t most) {
    std::error_code failed;
    const std::uintmax_t size = fs::file_size(file, failed);
    if (failed) return fail(ErrorCode::kNotFound, fmt::format("{}: {}", file.string(), failed.message()));
    if (size > most) return fail(ErrorCode::kPayloadTooLarge, fmt::format("{}: over {} bytes", file.string(), most));
    Bytes bytes(size);
    std::ifstream stream(file, std::ios::binary);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!stream) return fail(ErrorCode::kNotFound, fmt::format("{}: cannot be read", file.string()));
    return bytes;
}

Result<Bytes> read_video(const fs::path& description) {
    for (const char* extension : kVideoExtensions) {
        const fs::path file = fs::path(description).replace_extension(extension);
        if (fs::exists(file)) return read_file(file, media::VideoLimits{}.max_bytes);
    }
    return fail(ErrorCode::kNotFound,
                fmt::format("{}: there is no .webm, .mkv or .mp4 of that name beside it", description.string()));
}

/// Sets the frame to that of the first picture.
Result<void> measure_frame(ByteView video, Challenge& challenge) {
    media::WholeClip source(video);
    const auto decoded = media::decode_stream(source, {}, [&](const media::DecodedFrame& frame) {
        challenge.video_width = frame.info().width;
        challenge.video_height = frame.info().height;
        return false;
    });
    if (challenge.video_width > 0) return {};
    return std::unexpected(media::error_of(decoded ? media::VideoProblem::kNoFrame : decoded.error()));
}

const char* extension_of(ByteView video) {
    constexpr std::array<std::uint8_t, 4> kEbml = {0x1A, 0x45, 0xDF, 0xA3};
    if (video.size() < 64 || !std::equal(kEbml.begin(), kEbml.end(), video.begin())) return ".mp4";
    // The document type stands at the front of the header.
    return as_text(video.first(64)).find("webm") != std::string_view::npos ? ".webm" : ".mkv";
}

std::string box_json(const FractionBox& box) {
    return fmt::format(R"({{"Left":{},"Top":{},"Width":{},"Height":{}}})", box.left, box.top, box.width, box.height);
}

std::string rgb_json(const Rgb& rgb) {
    return fmt::format(R"({{"RGB":[{},{},{}]}})", rgb[0], rgb[1], rgb[2]);
}

/// The client's events as {dt, event}.
std::vector<std::string> event_entries(const LabelledClip& clip) {
    const ClientClaims& claims = clip.clip.claims;
    const Milliseconds first = clip.clip.chunks.empty() ? Milliseconds(0) : clip.clip.chunks.front().arrived;
    Milliseconds last = clip.clip.chunks.empty() ? Milliseconds(0) : clip.clip.chunks.back().arrived;
    std::vector<std::string> entries;
    const auto add = [&](Milliseconds dt, const std::string& body) {
        entries.push_back(fmt::format(R"({{"dt":{},"event":{{"Challenge":{{"{}":{{"ChallengeId":{},{}}}}}}}}})",
                                      dt.count(), wire_name(clip.challenge.type), log::json_string(claims.challenge_id),
                                      body));
    };
    if (claims.video_start && claims.initial_face && claims.initial_face_detected) {
        Milliseconds dt = first;
        for (const ColorDisplayedClaim& color : claims.colors) dt = std::min(dt, color.arrived);
        add(dt, fmt::format(
                    R"("VideoStartTimestamp":{},"InitialFace":{{"InitialFaceDetectedTimestamp":{},"BoundingBox":{}}})",
                    to_unix_ms(*claims.video_start), to_unix_ms(*claims.initial_face_detected),
                    box_json(*claims.initial_face)));
    }
    for (const ColorDisplayedClaim& color : claims.colors) {
        last = std::max(last, color.arrived);
        add(color.arrived, fmt::format(R"("ColorDisplayed":{{"CurrentColor":{},"PreviousColor":{},)"
                                       R"("SequenceNumber":{},"CurrentColorStartTimestamp":{}}})",
                                       rgb_json(color.current), rgb_json(color.previous), color.sequence_number,
                                       to_unix_ms(color.start)));
    }
    if (claims.video_end && claims.target_face) {
        const TargetFaceClaim& target = *claims.target_face;
        add(last, fmt::format(R"("VideoEndTimestamp":{},"TargetFace":{{"BoundingBox":{},)"
                              R"("FaceDetectedInTargetPositionStartTimestamp":{},)"
                              R"("FaceDetectedInTargetPositionEndTimestamp":{}}})",
                              to_unix_ms(*claims.video_end), box_json(target.box), to_unix_ms(target.start),
                              to_unix_ms(target.end)));
    }
    return entries;
}

std::string description_of(const LabelledClip& clip) {
    std::string out = fmt::format("{{\"label\":\"{}\",\"species\":{}", clip.genuine ? "genuine" : "attack",
                                  log::json_string(clip.species));
    if (clip.seed) out += fmt::format(",\"seed\":{}", *clip.seed);
    if (!clip.face.empty()) out += ",\"face\":" + log::json_string(clip.face);
    const auto& start = clip.clip.claims.video_start;
    out += fmt::format(",\n\"video_start_ms\":{},\n\"server\":{},\n\"events\":[", start ? to_unix_ms(*start) : 0,
                       server_session_information(clip.challenge));
    for (const std::string& entry : event_entries(clip)) out += (out.back() == '[' ? "\n" : ",\n") + entry;
    out += "],\n\"chunks\":[";
    for (const ChunkArrival& chunk : clip.clip.chunks) {
        out += fmt::format("{}{{\"dt\":{},\"bytes\":{}}}", out.back() == '[' ? "" : ",", chunk.arrived.count(),
                           chunk.bytes);
    }
    return out + "]}\n";
}

void write_file(const fs::path& file, std::string_view content) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << content;
    stream.close();
    if (!stream) throw std::runtime_error(file.string() + ": cannot be written");
}

}  // namespace

Result<std::vector<fs::path>> clip_files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
        if (entry->path().extension() != ".json") continue;
        files.push_back(entry->path());
        if (files.size() > kMaxClipFiles) {
            return fail(ErrorCode::kPayloadTooLarge,
                        fmt::format("{}: more than {} clips; judge a part of them", folder.string(), kMaxClipFiles));
        }
    }
    if (failed) return fail(ErrorCode::kNotFound, fmt::format("{}: {}", folder.string(), failed.message()));
    if (files.empty()) {
        return fail(
            ErrorCode::kNotFound,
            fmt::format("{}: no clip found; expected NAME.json beside NAME.webm, .mkv or .mp4", folder.string()));
    }
    std::ranges::sort(files);
    return files;
}

Result<LabelledClip> read_clip(const fs::path& description) {
    const auto bytes = read_file(description, kMaxDescriptionBytes);
    if (!bytes) return std::unexpected(bytes.error());
    boost::system::error_code malformed;
    const json::value root = json::parse(as_text(*bytes), malformed);
    if (malformed) return fail(ErrorCode::kInvalidJson, description.string() + ": not JSON");
    LabelledClip clip;
    try {
        clip = parse_description(root);
    } catch (const Flaw& flaw) {
        return fail(ErrorCode::kValidationFailed, fmt::format("{}: {}", description.string(), flaw.what));
    }
    auto video = read_video(description);
    if (!video) return std::unexpected(video.error());
    clip.clip.video = std::move(*video);
    std::size_t arrived = 0;
    for (const ChunkArrival& chunk : clip.clip.chunks) arrived += chunk.bytes;
    if (arrived != clip.clip.video.size()) {
        return fail(ErrorCode::kValidationFailed, fmt::format("{}: the chunks hold {} bytes, the video beside it {}",
                                                              description.string(), arrived, clip.clip.video.size()));
    }
    if (auto measured = measure_frame(clip.clip.video, clip.challenge); !measured) {
        Error error = std::move(measured.error());
        error.message = fmt::format("the video beside {}: {}", description.string(), error.message);
        return std::unexpected(std::move(error));
    }
    return clip;
}

void write_clip(const fs::path& folder, const std::string& name, const LabelledClip& clip) {
    write_file(folder / (name + extension_of(clip.clip.video)), as_text(clip.clip.video));
    write_file(folder / (name + ".json"), description_of(clip));
}

}  // namespace facegate::liveness
