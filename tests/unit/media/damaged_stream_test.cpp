// Streams that are cut, damaged, late or not what they should be: always an answer, never a stopped decoder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "media/video_decoder.h"
#include "unit/media/clip_writer.h"
#include "unit/media/recording_sink.h"

namespace facegate::media {
namespace {

using testing::ClipOptions;
using testing::number_of;
using testing::RecordingSink;
using testing::stream_clip;
using testing::write_clip;

struct Kind {
    std::string name;
    ClipOptions options;
};

void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
}

/// Two seconds with a key frame every half second.
class EveryKind : public ::testing::TestWithParam<Kind> {
protected:
    static ClipOptions options() {
        ClipOptions options = GetParam().options;
        options.frames = 60;
        options.key_interval = 15;
        return options;
    }
};

INSTANTIATE_TEST_SUITE_P(Clips, EveryKind,
                         ::testing::Values(Kind{"WebmVp8", {}}, Kind{"WebmVp9", {.codec = "vp9"}},
                                           Kind{"MatroskaH264", {.container = "matroska", .codec = "h264"}},
                                           Kind{"Mp4H264", {.container = "mp4", .codec = "h264"}}),
                         [](const auto& one) { return one.param.name; });

/// A stream is refused for what it is, or read; its decoder is never stopped.
Result<VideoSummary> expect_answer(ByteView clip, FrameSink& sink, std::size_t piece = 10'000) {
    auto summary = stream_clip(clip, sink, piece);
    if (!summary) {
        EXPECT_EQ(stop_cause(summary.error()), std::nullopt);
        EXPECT_EQ(summary.error().code, ErrorCode::kInvalidImageFormat);
    }
    return summary;
}

Bytes without_middle(ByteView clip, std::size_t from, std::size_t count) {
    Bytes left(clip.begin(), clip.begin() + static_cast<std::ptrdiff_t>(from));
    left.insert(left.end(), clip.begin() + static_cast<std::ptrdiff_t>(from + count), clip.end());
    return left;
}

TEST_P(EveryKind, FramesComeOutWhileTheClipArrives) {
    const Bytes clip = write_clip(options());
    RecordingSink sink;
    const auto stream = testing::shared_host().open({}, sink);
    std::size_t fed = 0;
    for (const double part : {0.25, 0.5, 0.75, 1.0}) {
        const std::size_t before =
            std::exchange(fed, static_cast<std::size_t>(part * static_cast<double>(clip.size())));
        ASSERT_TRUE(stream->feed(ByteView(clip).subspan(before, fed - before)));
        EXPECT_GE(sink.frames.size(), static_cast<std::size_t>(60 * part * 0.6));
        EXPECT_LE(sink.frames.size(), static_cast<std::size_t>(60 * part * 1.4));
    }
    EXPECT_GE(sink.frames.size(), 54U) << "but for the last fragment all frames are there before the end is known";
    ASSERT_TRUE(stream->finish());
    EXPECT_EQ(sink.frames.size(), 60U);
}

TEST_P(EveryKind, ArrivesByteByByte) {
    ClipOptions small = options();
    small.width = small.height = 64;
    small.frames = 8;
    RecordingSink sink;
    const auto summary = expect_answer(write_clip(small), sink, 1);
    ASSERT_TRUE(summary) << summary.error().message;
    ASSERT_EQ(sink.frames.size(), 8U);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(number_of(sink.frames[static_cast<std::size_t>(i)].image), i);
}

TEST_P(EveryKind, DropsWhatComesBeforeTheFirstKeyFrame) {
    ClipOptions late = options();
    late.lost_frames = 5;
    RecordingSink sink;
    const auto summary = expect_answer(write_clip(late), sink);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->dropped_before_key, 10);
    EXPECT_EQ(summary->frames, 45);
    EXPECT_EQ(summary->key_frames, 3);
    EXPECT_EQ(number_of(sink.frames.front().image), 15);
    EXPECT_EQ(number_of(sink.frames.back().image), 59);
}

TEST_P(EveryKind, GoesOnAfterADroppedChunk) {
    const Bytes clip = write_clip(options());
    for (double hole = 0.2; hole < 0.46; hole += 0.02) {
        SCOPED_TRACE(hole);
        const auto size = static_cast<double>(clip.size());
        RecordingSink sink;
        const auto summary = expect_answer(
            without_middle(clip, static_cast<std::size_t>(hole * size), static_cast<std::size_t>(0.2 * size)), sink);
        ASSERT_TRUE(summary) << summary.error().message;
        EXPECT_GE(summary->damaged, 1);
        EXPECT_GE(summary->frames, static_cast<int>(60 * hole * 0.6));
        EXPECT_LE(summary->frames, 54);
        EXPECT_GE(summary->largest_gap_ms, 100);
        EXPECT_EQ(number_of(sink.frames.back().image), 59) << "the last group of pictures is whole";
    }
}

TEST_P(EveryKind, SurvivesTruncation) {
    ClipOptions small = options();
    small.frames = 10;
    small.width = small.height = 64;
    const Bytes clip = write_clip(small);
    int previous = 0;
    for (std::size_t size = 0; size < clip.size(); size += 61) {
        RecordingSink sink;
        const auto summary = expect_answer(ByteView(clip).first(size), sink);
        const int frames = summary ? summary->frames : 0;
        EXPECT_EQ(frames, static_cast<int>(sink.frames.size()));
        EXPECT_GE(frames, previous);
        previous = frames;
    }
    EXPECT_GE(previous, 8);
}

TEST_P(EveryKind, SurvivesDamage) {
    ClipOptions small = options();
    small.width = small.height = 96;
    const Bytes clip = write_clip(small);
    std::mt19937 random(7);
    for (int round = 0; round < 60; ++round) {
        Bytes damaged = clip;
        const std::size_t reach = round % 2 == 0 ? damaged.size() : std::min<std::size_t>(damaged.size(), 900);
        for (int hits = 0; hits < 1 + round % 12; ++hits) {
            damaged[8 + random() % (reach - 8)] = static_cast<std::uint8_t>(random());
        }
        RecordingSink sink;
        static_cast<void>(expect_answer(damaged, sink));
    }
}

TEST_P(EveryKind, KeepsEveryLimit) {
    const Bytes clip = write_clip(options());
    const auto message = [&](const VideoLimits& limits) {
        RecordingSink sink;
        const auto summary = stream_clip(clip, sink, 10'000, limits);
        if (summary) return std::string("accepted");
        EXPECT_EQ(stop_cause(summary.error()), std::nullopt);
        return summary.error().message;
    };
    EXPECT_EQ(message({.max_bytes = clip.size() - 1}), error_of(VideoProblem::kTooManyBytes).message);
    EXPECT_EQ(message({.max_width = 319}), error_of(VideoProblem::kTooLarge).message);
    EXPECT_EQ(message({.max_height = 239}), error_of(VideoProblem::kTooLarge).message);
    EXPECT_EQ(message({.max_frames = 59}), error_of(VideoProblem::kTooManyFrames).message);
    EXPECT_EQ(message({.max_duration_ms = 1900}), error_of(VideoProblem::kTooLong).message);
    EXPECT_EQ(message({.max_work = Milliseconds(0)}), error_of(VideoProblem::kTooCostly).message);
    EXPECT_EQ(message({.max_bytes = clip.size(), .max_width = 320, .max_height = 240, .max_frames = 60}), "accepted");
}

TEST_P(EveryKind, UnwantedFramesAreCountedOnly) {
    RecordingSink sink;
    sink.choose = [](const FrameInfo& frame) { return frame.pts_ms >= 1000; };
    const auto summary = expect_answer(write_clip(options()), sink);
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->frames, 60);
    EXPECT_EQ(sink.offered.size(), 60U);
    EXPECT_NEAR(static_cast<double>(sink.frames.size()), 30, 1);
    for (const VideoFrame& frame : sink.frames) EXPECT_GE(frame.pts_ms, 1000);
}

TEST(Stream, TellsAGapInTime) {
    RecordingSink sink;
    const auto summary = expect_answer(write_clip({.frames = 20, .stretched_after = 10}), sink);
    ASSERT_TRUE(summary);
    EXPECT_NEAR(static_cast<double>(summary->largest_gap_ms), 1033, 2);
    EXPECT_EQ(summary->irregular_pts, 0);
    EXPECT_NE(summary->writing_app.find("Lavf"), std::string::npos);
}

TEST(Stream, RefusesOtherCodecs) {
    for (const ClipOptions& other :
         {ClipOptions{.container = "matroska", .codec = "mpeg4"}, ClipOptions{.container = "matroska", .codec = "ffv1"},
          ClipOptions{.container = "mp4", .codec = "mpeg4"}, ClipOptions{.container = "mp4", .codec = "vp9"}}) {
        SCOPED_TRACE(other.container + " " + other.codec);
        RecordingSink sink;
        const auto summary = expect_answer(write_clip(other), sink);
        ASSERT_FALSE(summary);
        EXPECT_EQ(summary.error().message, error_of(VideoProblem::kNoVideo).message);
    }
}

TEST(Stream, RefusesOtherContainers) {
    std::mt19937 random(3);
    Bytes noise(5000);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    const Bytes avi = write_clip({.container = "avi", .codec = "h264", .frames = 3});
    const Bytes transport = write_clip({.container = "mpegts", .codec = "h264", .frames = 3});
    const std::string_view list = "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
    for (const ByteView clip : {ByteView(), ByteView(noise), ByteView(avi), ByteView(transport), as_bytes(list),
                                as_bytes("\x1A\x45\xDF"), as_bytes("0000fty")}) {
        RecordingSink sink;
        const auto summary = expect_answer(clip, sink);
        ASSERT_FALSE(summary);
        EXPECT_EQ(summary.error().message, error_of(VideoProblem::kUnknownContainer).message);
    }
}

TEST(Stream, RefusesHugeFramesWhateverTheContainerSays) {
    Bytes clip = write_clip({.width = 640, .height = 480, .frames = 3});
    // PixelWidth and PixelHeight of the track: B0 82 .. .. and BA 82 .. ..
    const auto set = [&](Bytes field, std::uint8_t high, std::uint8_t low) {
        const auto at = std::search(clip.begin(), clip.end(), field.begin(), field.end());
        ASSERT_NE(at, clip.end());
        at[2] = high;
        at[3] = low;
    };
    RecordingSink sink;
    set({0xB0, 0x82, 0x02, 0x80}, 0xFF, 0xFF);
    EXPECT_EQ(expect_answer(clip, sink).error().message, error_of(VideoProblem::kTooLarge).message);
    set({0xB0, 0x82, 0xFF, 0xFF}, 0x00, 0x40);
    const auto summary = stream_clip(clip, sink, 10'000, {.max_width = 320, .max_height = 320});
    ASSERT_FALSE(summary);
    EXPECT_EQ(stop_cause(summary.error()), std::nullopt);
    EXPECT_TRUE(sink.offered.empty());
}

TEST(Stream, TakesColourNumbersOfAnyValue) {
    Bytes clip = write_clip({.frames = 2, .bt709 = true});
    const Bytes matrix = {0x55, 0xB1, 0x81, 0x01};  // MatrixCoefficients: BT.709
    const auto at = std::search(clip.begin(), clip.end(), matrix.begin(), matrix.end());
    ASSERT_NE(at, clip.end());
    at[3] = 0x81;
    EXPECT_TRUE(decode_video(clip, {}, [](VideoFrame&&) { return true; }));
}

TEST(Stream, AnEmptyChunkIsNothing) {
    RecordingSink sink;
    const auto stream = testing::shared_host().open({}, sink);
    ASSERT_TRUE(stream->feed({}));
    ASSERT_TRUE(stream->feed(write_clip({.frames = 2})));
    ASSERT_TRUE(stream->feed({}));
    EXPECT_EQ(stream->finish().value().frames, 2);
}

}  // namespace
}  // namespace facegate::media
