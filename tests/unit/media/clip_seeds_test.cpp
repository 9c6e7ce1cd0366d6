// The seeds of the fuzz target for clips are drawn here: FACEGATE_UPDATE_SEEDS=1 writes them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "media/video_decoder.h"
#include "unit/media/clip_writer.h"

namespace facegate::media {
namespace {

using testing::ClipOptions;

const std::filesystem::path kSeeds = FACEGATE_TEST_DATA "/../fuzz/corpus/fuzz_clip";

ClipOptions small(ClipOptions options) {
    options.width = options.width == 320 ? 64 : options.width;
    options.height = options.height == 240 ? 64 : options.height;
    options.frames = 4;
    options.key_interval = 2;
    return options;
}

TEST(ClipSeeds, AreClipsOfEveryKind) {
    const std::pair<const char*, ClipOptions> seeds[] = {
        {"vp8.webm", {}},
        {"vp8_sound.webm", {.audio = true}},
        {"vp9.webm", {.codec = "vp9"}},
        {"h264.mkv", {.container = "matroska", .codec = "h264"}},
        {"h264_start_codes.mkv", {.container = "matroska", .codec = "h264", .annex_b = true}},
        {"h264.mp4", {.container = "mp4", .codec = "h264"}},
        {"h264_turned.mp4", {.container = "mp4", .codec = "h264", .width = 96, .rotation = 90}},
        {"h264_b_frames.mp4", {.container = "mp4", .codec = "h264", .b_frames = 2}},
    };
    const char* update = std::getenv("FACEGATE_UPDATE_SEEDS");
    const bool writing = update != nullptr && std::string_view(update) == "1";
    if (writing) std::filesystem::create_directories(kSeeds);
    for (const auto& [name, options] : seeds) {
        SCOPED_TRACE(name);
        const std::filesystem::path path = kSeeds / name;
        if (writing) {
            const Bytes bytes = testing::write_clip(small(options));
            std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
        }
        std::ifstream file(path, std::ios::binary);
        ASSERT_TRUE(file) << path << " is missing; run this test with FACEGATE_UPDATE_SEEDS=1";
        const std::string stored{std::istreambuf_iterator<char>(file), {}};
        EXPECT_LT(stored.size(), 8192U);
        const auto summary = decode_video(as_bytes(stored), {}, [](VideoFrame&&) { return true; });
        ASSERT_TRUE(summary) << summary.error().message;
        EXPECT_EQ(summary->frames, 4);
        EXPECT_EQ(summary->codec, options.codec);
    }
}

}  // namespace
}  // namespace facegate::media
