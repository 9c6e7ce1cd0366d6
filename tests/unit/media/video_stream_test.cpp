#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/decoder_host.h"
#include "media/orientation.h"
#include "media/video_decoder.h"
#include "unit/media/clip_writer.h"
#include "unit/media/recording_sink.h"

namespace facegate::media {
namespace {

using testing::ClipOptions;
using testing::colour_of_field;
using testing::drawn_colour;
using testing::number_of;
using testing::RecordingSink;
using testing::stream_clip;
using testing::write_clip;

/// Numbers and fields survive lossy coding, whatever is between.
void expect_pattern(const Image& frame, int number, double tolerance) {
    EXPECT_EQ(number_of(frame), number);
    for (int field = 0; field < 4; ++field) {
        SCOPED_TRACE(field);
        const auto seen = colour_of_field(frame, field);
        const auto drawn = drawn_colour(field);
        EXPECT_NEAR(seen.red, drawn.red, tolerance);
        EXPECT_NEAR(seen.green, drawn.green, tolerance);
        EXPECT_NEAR(seen.blue, drawn.blue, tolerance);
    }
}

struct Case {
    std::string name;
    ClipOptions options;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}

class EveryBrowser : public ::testing::TestWithParam<Case> {};

TEST_P(EveryBrowser, FramesArriveInOrderWithTheirTimesAndColours) {
    const ClipOptions& options = GetParam().options;
    RecordingSink sink;
    const auto summary = stream_clip(write_clip(options), sink);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->container, options.container);
    EXPECT_EQ(summary->codec, options.codec);
    EXPECT_EQ(summary->frames, options.frames);
    EXPECT_EQ(summary->damaged, 0);
    EXPECT_EQ(summary->dropped_before_key, 0);
    EXPECT_EQ(summary->irregular_pts, 0);
    EXPECT_EQ(summary->key_frames, (options.frames + options.key_interval - 1) / options.key_interval);
    EXPECT_EQ(summary->rotation, options.rotation);
    EXPECT_NEAR(summary->observed_fps, options.fps, 0.6);
    EXPECT_NEAR(static_cast<double>(summary->largest_gap_ms), 1000.0 / options.fps, 1.01);
    ASSERT_EQ(sink.frames.size(), static_cast<std::size_t>(options.frames));
    for (int number = 0; number < options.frames; ++number) {
        SCOPED_TRACE(number);
        const VideoFrame& frame = sink.frames[static_cast<std::size_t>(number)];
        ASSERT_EQ(frame.image.width, options.width);
        ASSERT_EQ(frame.image.height, options.height);
        expect_pattern(frame.image, number, 5);
        EXPECT_NEAR(static_cast<double>(frame.pts_ms - sink.frames.front().pts_ms), number * 1000.0 / options.fps, 1);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Clips, EveryBrowser,
    ::testing::Values(
        Case{"ChromiumVp8", {.width = 640, .height = 480, .frames = 45, .key_interval = 45}},
        Case{"ChromiumVp9", {.codec = "vp9", .width = 640, .height = 480, .frames = 20}},
        Case{"ChromiumH264", {.container = "matroska", .codec = "h264", .width = 640, .height = 480}},
        Case{"ChromiumH264StartCodes",
             {.container = "matroska", .codec = "h264", .width = 640, .height = 480, .frames = 12, .annex_b = true}},
        Case{"SafariH264", {.container = "mp4", .codec = "h264", .width = 640, .height = 480}},
        Case{"PortraitVp8", {.width = 480, .height = 640, .frames = 15}},
        Case{"PortraitVp9", {.codec = "vp9", .width = 240, .height = 426, .fps = 15, .frames = 10}},
        Case{"PortraitH264", {.container = "matroska", .codec = "h264", .width = 360, .height = 640, .frames = 10}},
        Case{"PortraitMp4", {.container = "mp4", .codec = "h264", .width = 720, .height = 1280, .frames = 6}},
        Case{"SlowVp8", {.fps = 15}}, Case{"FastVp8", {.fps = 60, .frames = 60}},
        Case{"SlowH264", {.container = "matroska", .codec = "h264", .fps = 15}},
        Case{"FastMp4", {.container = "mp4", .codec = "h264", .fps = 60, .frames = 60}},
        Case{"FullHdVp8", {.width = 1920, .height = 1080, .frames = 4, .bit_rate = 8'000'000}},
        Case{"FullHdVp9", {.codec = "vp9", .width = 1920, .height = 1080, .frames = 4, .bit_rate = 8'000'000}},
        Case{"FullHdH264",
             {.container = "matroska",
              .codec = "h264",
              .width = 1920,
              .height = 1080,
              .frames = 4,
              .bit_rate = 8'000'000}},
        Case{"FullHdMp4",
             {.container = "mp4", .codec = "h264", .width = 1080, .height = 1920, .frames = 4, .bit_rate = 8'000'000}},
        Case{"OddSides", {.width = 322, .height = 182}},
        Case{"BFramesMatroska",
             {.container = "matroska", .codec = "h264", .frames = 40, .key_interval = 20, .b_frames = 3}},
        Case{"BFramesMp4", {.container = "mp4", .codec = "h264", .frames = 40, .key_interval = 20, .b_frames = 3}},
        Case{"Bt709", {.container = "mp4", .codec = "h264", .bt709 = true}},
        Case{"FullRange", {.container = "matroska", .codec = "h264", .full_range = true}},
        Case{"Bt709Vp8", {.bt709 = true}}, Case{"WithSound", {.audio = true}},
        Case{"WithSoundMp4", {.container = "mp4", .codec = "h264", .audio = true}}),
    [](const auto& one) { return one.param.name; });

class Turned : public ::testing::TestWithParam<int> {};

TEST_P(Turned, FramesComeUpright) {
    const int degrees = GetParam();
    RecordingSink sink;
    const auto summary = stream_clip(
        write_clip(
            {.container = "mp4", .codec = "h264", .width = 320, .height = 180, .frames = 5, .rotation = degrees}),
        sink);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->rotation, degrees);
    ASSERT_EQ(sink.frames.size(), 5U);
    const bool portrait = degrees != 180;
    // As EXIF counts: what turns the upright frame back to how it was stored.
    const int back = degrees == 90 ? 8 : degrees == 180 ? 3 : 6;
    for (int number = 0; number < 5; ++number) {
        const Image& frame = sink.frames[static_cast<std::size_t>(number)].image;
        ASSERT_EQ(frame.width, portrait ? 180 : 320);
        ASSERT_EQ(frame.height, portrait ? 320 : 180);
        expect_pattern(upright(frame, back), number, 5);
    }
    // Stored: red green above blue grey. A quarter turn clockwise brings the blue one above the left.
    const int above_left = degrees == 90 ? 2 : degrees == 180 ? 3 : 1;
    EXPECT_NEAR(colour_of_field(sink.frames.front().image, 0).red, drawn_colour(above_left).red, 5);
}

INSTANTIATE_TEST_SUITE_P(Clips, Turned, ::testing::Values(90, 180, 270));

}  // namespace
}  // namespace facegate::media
