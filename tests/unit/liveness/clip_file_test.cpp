#include "liveness/clip_file.h"

#include <gmock/gmock.h>

#include "liveness/client_events.h"
#include "liveness/clip_analyser.h"
#include "liveness/verdict.h"
#include "unit/liveness/recording.h"
#include "unit/temporary_directory.h"
#include "unit/vision/default_engine.h"

namespace facegate::liveness {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::load_recording;
using testing::Recording;

/// A recording of the widget's own messages as a clip on disk, its JSON as it was on the wire.
std::string write_recording(const fs::path& folder, const std::string& name) {
    const Recording recording = load_recording(name);
    const auto dt = [&](TimeMs at) { return (at - recording.opened).count(); };
    std::string events;
    std::string chunks;
    Bytes video;
    for (const Recording::Message& message : recording.client) {
        const auto outer = decode_message(message.bytes).value();
        const auto inner = decode_message(outer.payload).value();
        const std::string_view body = as_text(inner.payload);
        if (inner.text(":event-type") == "ClientSessionInformationEvent") {
            events += fmt::format("{}{{\"dt\":{},\"event\":{}}}", events.empty() ? "" : ",", dt(message.at), body);
            continue;
        }
        const Bytes data = parse_video_event(body).value().data;
        if (data.empty()) continue;
        chunks += fmt::format("{}{{\"dt\":{},\"bytes\":{}}}", chunks.empty() ? "" : ",", dt(message.at), data.size());
        video.insert(video.end(), data.begin(), data.end());
    }
    const auto server = decode_message(recording.server.at(0).bytes).value();
    std::ofstream(folder / (name + ".webm"), std::ios::binary) << as_text(video);
    std::ofstream(folder / (name + ".json"))
        << fmt::format(R"({{"label":"attack","species":"photo_zoom","face":"sample6","video_start_ms":1795398820000,)"
                       R"("server":{},"events":[{}],"chunks":[{}]}})",
                       as_text(server.payload), events, chunks);
    return folder / (name + ".json");
}

Verdict verdict_on(const LabelledClip& clip) {
    const auto analysis = analyse_clip(clip.clip, clip.challenge, vision::default_engines());
    if (!analysis) throw std::runtime_error(analysis.error().message);
    return judge(analysis->signals, clip.challenge.type);
}

bool passed(const Verdict& verdict, std::string_view signal) {
    for (const SignalJudgement& judgement : verdict.signals) {
        if (judgement.name == signal) return judgement.passed;
    }
    throw std::runtime_error("no such signal");
}

TEST(ClipFile, RecordingsOfAFlatPhotoAreRefusedAsFlat) {
    const TemporaryDirectory folder;
    for (const char* name :
         {"light-genuine", "light-genuineweak", "light-success", "light-noreflect", "light-replay", "move-success"}) {
        SCOPED_TRACE(name);
        const auto clip = read_clip(write_recording(folder.path(), name));
        ASSERT_TRUE(clip) << clip.error().message;
        EXPECT_FALSE(clip->genuine);
        EXPECT_EQ(clip->challenge.video_width, 640);
        EXPECT_EQ(clip->challenge.video_height, 480);
        EXPECT_EQ(clip->challenge.oval.height, 465);
        const Verdict verdict = verdict_on(*clip);
        EXPECT_FALSE(verdict.live);
        EXPECT_FALSE(passed(verdict, "solid_head")) << to_json(verdict);
        EXPECT_TRUE(passed(verdict, "one_face"));
        EXPECT_TRUE(passed(verdict, "claims")) << to_json(verdict);
    }
    EXPECT_EQ(clip_files(folder.path())->size(), 6U);
}

TEST(ClipFile, WhatIsWrittenIsJudgedTheSame) {
    const TemporaryDirectory folder;
    auto first = read_clip(write_recording(folder.path(), "light-genuine"));
    ASSERT_TRUE(first) << first.error().message;
    first->seed = 18'446'744'073'709'551'615U;
    first->face = "a \"face\"\n";
    write_clip(folder.path(), "again", *first);
    EXPECT_TRUE(fs::exists(folder.path() / "again.webm"));
    const auto second = read_clip(folder.path() / "again.json");
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->seed, first->seed);
    EXPECT_EQ(second->face, first->face);
    EXPECT_EQ(second->species, "photo_zoom");
    EXPECT_EQ(second->clip.video, first->clip.video);
    EXPECT_EQ(second->clip.chunks.size(), first->clip.chunks.size());
    EXPECT_EQ(server_session_information(second->challenge), server_session_information(first->challenge));
    const ClientClaims& a = first->clip.claims;
    const ClientClaims& b = second->clip.claims;
    EXPECT_EQ(b.challenge_id, a.challenge_id);
    EXPECT_EQ(b.video_start, a.video_start);
    EXPECT_EQ(b.video_end, a.video_end);
    EXPECT_EQ(b.initial_face->left, a.initial_face->left);
    EXPECT_EQ(b.target_face->box.height, a.target_face->box.height);
    ASSERT_EQ(b.colors.size(), 8U);
    for (std::size_t i = 0; i < b.colors.size(); ++i) {
        EXPECT_EQ(b.colors[i].current, a.colors[i].current);
        EXPECT_EQ(b.colors[i].start, a.colors[i].start);
        EXPECT_EQ(b.colors[i].arrived, a.colors[i].arrived);
    }
    EXPECT_EQ(to_json(verdict_on(*second)), to_json(verdict_on(*first)));
}

/// What read_clip says about a good description with one text replaced by another.
class DamagedClip : public ::testing::Test {
protected:
    DamagedClip() : good_(write_recording(folder_.path(), "move-success")) {
        std::ifstream stream(good_);
        text_.assign(std::istreambuf_iterator<char>(stream), {});
    }
    [[nodiscard]] Error refusal(std::string_view from, std::string_view to) const {
        std::string text = text_;
        const std::size_t at = text.find(from);
        if (at == std::string::npos) throw std::runtime_error("not in the description: " + std::string(from));
        text.replace(at, from.size(), to);
        std::ofstream(good_) << text;
        const auto clip = read_clip(good_);
        if (clip) throw std::runtime_error("was read: " + std::string(to));
        return clip.error();
    }

    const TemporaryDirectory folder_;
    const std::string good_;
    std::string text_;
};

TEST_F(DamagedClip, NamesTheFileAndWhatIsWrong) {
    struct Case {
        const char* from;
        const char* to;
        const char* says;
    };
    const Case cases[] = {
        {"{\"label\"", "[\"label\"", "not JSON"},
        {"\"attack\"", "\"fake\"", "neither genuine nor attack"},
        {"\"attack\"", "7", "\"label\" is no text"},
        {"\"species\"", "\"kind\"", "no \"species\""},
        {"\"face\":\"sample6\"", "\"seed\":-1", "\"seed\""},
        {"\"face\":\"sample6\"", "\"face\":[]", "\"face\""},
        {"\"server\":{", "\"server\":null,\"was\":{", "ServerSessionInformationEvent"},
        {"FaceMovementChallenge", "FaceDanceChallenge", "unknown type"},
        {"\"Width\":288", "\"Width\":0", "OvalParameters"},
        {"\"Width\":288", "\"Width\":1e99", "OvalParameters"},
        {"\"ChallengeConfig\"", "\"Config\"", "ServerSessionInformationEvent"},
        {"\"events\":[{\"dt\":", "\"events\":[{\"dt\":-", "\"events\""},
        {"\"ChallengeId\"", "\"Id\"", "malformed"},
        {"\"chunks\":[{\"dt\":", "\"chunks\":[{\"dt\":9999999", "\"chunks\""},
        {"\"bytes\":", "\"bytes\":1", "the video beside it"},
        {"\"bytes\":", "\"bytes\":-", "\"chunks\""},
        {"\"video_start_ms\":1", "\"video_start_ms\":-1", "video_start_ms"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.to);
        EXPECT_THAT(refusal(c.from, c.to).message, AllOf(HasSubstr("move-success.json"), HasSubstr(c.says)));
    }
}

TEST_F(DamagedClip, TheVideoMustBeThereAndBeOne) {
    fs::rename(folder_.path() / "move-success.webm", folder_.path() / "other.webm");
    EXPECT_THAT(read_clip(good_).error().message, HasSubstr("no .webm, .mkv or .mp4"));
    const std::size_t size = fs::file_size(folder_.path() / "other.webm");
    std::ofstream(folder_.path() / "move-success.mp4") << std::string(size, 'x');
    const auto clip = read_clip(good_);
    ASSERT_FALSE(clip);
    EXPECT_EQ(clip.error().code, ErrorCode::kInvalidImageFormat);
    EXPECT_THAT(clip.error().message, HasSubstr("move-success.json"));
    fs::resize_file(folder_.path() / "move-success.mp4", 17U << 20);
    EXPECT_EQ(read_clip(good_).error().code, ErrorCode::kPayloadTooLarge);
}

TEST(ClipFile, AFolderWithoutClips) {
    const TemporaryDirectory folder;
    EXPECT_THAT(clip_files(folder.path()).error().message, HasSubstr("no clip found"));
    EXPECT_EQ(clip_files(folder.path() / "none").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(read_clip(folder.path() / "none.json").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace facegate::liveness
