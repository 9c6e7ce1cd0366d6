#include "media/video_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace facegate::media {
namespace {

Bytes clip_of(const std::string& name) {
    std::ifstream file(std::string(FACEGATE_TEST_DATA) + "/liveness/" + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

struct Decoded {
    Result<VideoSummary> summary;
    std::vector<std::int64_t> pts;
    std::vector<std::array<int, 2>> sizes;
    Image last;
};

Decoded decode(ByteView clip, const VideoLimits& limits = {}) {
    Decoded decoded;
    decoded.summary = decode_video(clip, limits, [&](VideoFrame&& frame) {
        decoded.pts.push_back(frame.pts_ms);
        decoded.sizes.push_back({frame.image.width, frame.image.height});
        decoded.last = std::move(frame.image);
        return true;
    });
    return decoded;
}

void expect_refused(ByteView clip, const VideoLimits& limits = {}) {
    const auto summary = decode(clip, limits).summary;
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().code, ErrorCode::kInvalidImageFormat);
}

TEST(VideoDecoder, DecodesABrowserRecording) {
    for (const auto& [name, frames, last_pts] :
         {std::tuple{"move-usercancel.webm", 31, 2738}, std::tuple{"light-genuine.webm", 118, 6949}}) {
        SCOPED_TRACE(name);
        const auto decoded = decode(clip_of(name));
        ASSERT_TRUE(decoded.summary) << decoded.summary.error().message;
        EXPECT_EQ(decoded.summary->frames, frames);
        EXPECT_EQ(decoded.summary->damaged, 0);
        EXPECT_EQ(decoded.summary->last_pts_ms, last_pts);
        EXPECT_EQ(decoded.summary->container, "webm");
        EXPECT_EQ(decoded.summary->codec, "vp8");
        EXPECT_EQ(decoded.pts.size(), static_cast<std::size_t>(frames));
        EXPECT_TRUE(std::is_sorted(decoded.pts.begin(), decoded.pts.end()));
        EXPECT_THAT(decoded.sizes, ::testing::Each(std::array{640, 480}));
        EXPECT_EQ(decoded.last.pixels.size(), 640u * 480u * 3u);
    }
}

TEST(VideoDecoder, StopsWhenToldTo) {
    int seen = 0;
    const auto summary = decode_video(clip_of("light-genuine.webm"), {}, [&](VideoFrame&&) { return ++seen < 5; });
    ASSERT_TRUE(summary);
    EXPECT_EQ(seen, 5);
    EXPECT_EQ(summary->frames, 5);
}

TEST(VideoDecoder, KeepsEveryLimit) {
    const Bytes clip = clip_of("move-usercancel.webm");
    expect_refused(clip, {.max_bytes = clip.size() - 1});
    expect_refused(clip, {.max_width = 639});
    expect_refused(clip, {.max_height = 479});
    expect_refused(clip, {.max_frames = 30});
    expect_refused(clip, {.max_duration_ms = 2737});
    expect_refused(clip, {.max_work = Milliseconds(0)});
    const VideoLimits tight{
        .max_bytes = clip.size(), .max_width = 640, .max_height = 480, .max_frames = 31, .max_duration_ms = 2738};
    EXPECT_TRUE(decode(clip, tight).summary);
}

TEST(VideoDecoder, RefusesAFrameLargerThanTheContainerSays) {
    Bytes clip = clip_of("move-usercancel.webm");
    // PixelWidth and PixelHeight of the track: B0 82 .. .. and BA 82 .. ..
    const Bytes width = {0xB0, 0x82, 0x02, 0x80};
    const Bytes height = {0xBA, 0x82, 0x01, 0xE0};
    const auto at_width = std::search(clip.begin(), clip.end(), width.begin(), width.end());
    const auto at_height = std::search(clip.begin(), clip.end(), height.begin(), height.end());
    ASSERT_NE(at_width, clip.end());
    ASSERT_NE(at_height, clip.end());
    at_width[2] = at_height[2] = 0;
    at_width[3] = at_height[3] = 64;
    expect_refused(clip, {.max_width = 320, .max_height = 320});
}

TEST(VideoDecoder, SurvivesATruncatedClip) {
    const Bytes clip = clip_of("move-usercancel.webm");
    int previous = 0;
    for (std::size_t size = 0; size < clip.size(); size += size < 1500 ? 13 : 4801) {
        const Bytes cut(clip.begin(), clip.begin() + static_cast<std::ptrdiff_t>(size));
        const auto decoded = decode(cut);
        const int frames = decoded.summary ? decoded.summary->frames : 0;
        EXPECT_LE(frames, 31);
        EXPECT_GE(frames, previous) << "a longer piece holds at least as many frames";
        previous = frames;
    }
    EXPECT_GE(previous, 29);
}

TEST(VideoDecoder, CountsDamagedPacketsAndGoesOn) {
    Bytes clip = clip_of("light-genuine.webm");
    std::mt19937 random(5);
    int good = 0;
    for (int round = 0; round < 12; ++round) {
        Bytes damaged = clip;
        for (int hits = 0; hits < 40; ++hits) {
            damaged[1000 + random() % (damaged.size() - 1000)] = static_cast<std::uint8_t>(random());
        }
        const auto decoded = decode(damaged);
        if (!decoded.summary) continue;
        EXPECT_TRUE(std::is_sorted(decoded.pts.begin(), decoded.pts.end()));
        good += decoded.summary->frames > 10 ? 1 : 0;
    }
    EXPECT_GE(good, 6);
}

TEST(VideoDecoder, SurvivesDamagedHeaders) {
    const Bytes clip = clip_of("move-usercancel.webm");
    const Bytes start(clip.begin(), clip.begin() + 12'000);
    std::mt19937 random(9);
    for (int round = 0; round < 400; ++round) {
        Bytes damaged = start;
        for (int hits = 0; hits < 1 + round % 5; ++hits) {
            damaged[4 + random() % 400] = static_cast<std::uint8_t>(random());
        }
        const auto decoded = decode(damaged);
        if (decoded.summary) {
            EXPECT_EQ(decoded.summary->frames, static_cast<int>(decoded.pts.size()));
        }
    }
}

TEST(VideoDecoder, RefusesEverythingElse) {
    expect_refused({});
    expect_refused(as_bytes("\x1A\x45\xDF\xA3"));
    expect_refused(as_bytes("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"));
    expect_refused(
        as_bytes(std::string_view("\0\0\0\x18"
                                  "ftypisom\0\0\2\0isomiso2",
                                  24)));
    std::mt19937 random(13);
    for (int round = 0; round < 300; ++round) {
        Bytes noise = {0x1A, 0x45, 0xDF, 0xA3};
        for (int i = 0; i < 2000; ++i) noise.push_back(static_cast<std::uint8_t>(random()));
        expect_refused(noise);
    }
}

TEST(VideoDecoder, RefusesOtherCodecs) {
    Bytes clip = clip_of("move-usercancel.webm");
    const std::string_view vp8 = "V_VP8";
    const auto at = std::search(clip.begin(), clip.end(), vp8.begin(), vp8.end());
    ASSERT_NE(at, clip.end());
    at[4] = '7';
    expect_refused(clip);
}

TEST(VideoDecoder, IsSilent) {
    ::testing::internal::CaptureStderr();
    Bytes clip = clip_of("move-usercancel.webm");
    for (std::size_t i = 3000; i < clip.size(); i += 500) clip[i] = 0xFF;
    static_cast<void>(decode(clip));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace facegate::media
