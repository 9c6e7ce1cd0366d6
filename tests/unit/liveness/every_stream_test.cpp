// Genuine rendered takes in every form in which browsers record them. Long: without a sanitizer only.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "liveness/clip_analyser.h"
#include "liveness/verdict.h"
#include "media/video_decoder.h"
#include "synthesis/take.h"
#include "unit/synthesis/sample_subjects.h"

namespace facegate::liveness {
namespace {

using media::VideoCodec;
using media::VideoContainer;
using synthesis::record;
using synthesis::Take;
using synthesis::TakeOptions;
using synthesis::testing::sample_subjects;

std::string described(const ClipAnalysis& analysis, const Verdict& verdict) {
    std::string text = fmt::format(
        "confidence {}; {} {}, {} frames at {:.1f} a second, {} damaged, largest gap {} ms; {} "
        "samples, {} flashed",
        verdict.confidence, analysis.video.container, analysis.video.codec, analysis.video.frames,
        analysis.video.observed_fps, analysis.video.damaged, analysis.video.largest_gap_ms,
        analysis.signals.sampled_frames, analysis.signals.flash_frames);
    for (const SignalJudgement& signal : verdict.signals) {
        text +=
            fmt::format("\n  {} {} {:.4g}", signal.passed ? "    " : "FAIL", signal.name, signal.value.value_or(-9999));
    }
    return text + "\n  " + analysis.signals.claims_problem;
}

struct Judged {
    ClipAnalysis analysis;
    Verdict verdict;
};

Judged judged(const Clip& clip, const Challenge& challenge) {
    auto analysis = analyse_clip(clip, challenge, vision::default_engines());
    if (!analysis) throw std::runtime_error(analysis.error().message);
    Verdict verdict = judge(analysis->signals, challenge.type);
    return {std::move(*analysis), std::move(verdict)};
}

/// Every signal was measured, and the clip is live.
void expect_live(const TakeOptions& options) {
    const Take take = record(sample_subjects(), options.seed % sample_subjects().size(), options);
    const auto [analysis, verdict] = judged(take.clip, take.challenge);
    SCOPED_TRACE(described(analysis, verdict));
    EXPECT_TRUE(verdict.live);
    EXPECT_EQ(analysis.video.damaged, 0);
    for (const SignalJudgement& signal : verdict.signals) {
        EXPECT_TRUE(signal.value) << signal.name;
    }
    if (options.type == ChallengeType::kMovementAndLight) {
        EXPECT_GE(2 * analysis.signals.flash_frames, 3 * kMinFlashFrames);
    }
}

TEST(EveryBrowsersStream, Vp8InWebm) {
    expect_live({.seed = 11, .frames_per_second = 30});
}
TEST(EveryBrowsersStream, Vp9InWebm) {
    expect_live({.seed = 12, .frames_per_second = 24, .codec = VideoCodec::kVp9});
}
TEST(EveryBrowsersStream, H264InMatroska) {
    expect_live(
        {.seed = 13, .frames_per_second = 24, .codec = VideoCodec::kH264, .container = VideoContainer::kMatroska});
}
TEST(EveryBrowsersStream, H264InFragmentedMp4) {
    expect_live(
        {.seed = 14, .frames_per_second = 24, .codec = VideoCodec::kH264, .container = VideoContainer::kFragmentedMp4});
}
TEST(EveryBrowsersStream, MovementOnly) {
    expect_live({.type = ChallengeType::kMovement, .seed = 15, .frames_per_second = 30});
}
TEST(EveryBrowsersStream, Portrait) {
    expect_live({.seed = 16, .width = 480, .height = 640, .frames_per_second = 24});
}
TEST(EveryBrowsersStream, Landscape720p) {
    expect_live({.seed = 17, .width = 1280, .height = 720, .frames_per_second = 20});
}
TEST(EveryBrowsersStream, Small240p) {
    expect_live({.seed = 18, .width = 320, .height = 240, .frames_per_second = 30});
}
TEST(EveryBrowsersStream, Large1080p) {
    expect_live({.seed = 19, .width = 1920, .height = 1080, .frames_per_second = 20});
}
TEST(EveryBrowsersStream, SlowAt15FramesASecond) {
    expect_live({.seed = 20, .width = 480, .height = 360, .frames_per_second = 15});
}
TEST(EveryBrowsersStream, FastAt60FramesASecond) {
    expect_live({.seed = 21, .width = 480, .height = 360, .frames_per_second = 60});
}

const Take& whole_take() {
    static const Take take =
        record(sample_subjects(), 0, {.seed = 22, .width = 480, .height = 360, .frames_per_second = 20});
    return take;
}

/// The take without those of its chunks.
Clip without(const Take& take, std::size_t first, std::size_t count) {
    Clip clip = take.clip;
    std::size_t from = 0;
    for (std::size_t i = 0; i < first; ++i) from += clip.chunks[i].bytes;
    std::size_t until = from;
    for (std::size_t i = first; i < first + count; ++i) until += clip.chunks[i].bytes;
    const auto begin = clip.video.begin();
    clip.video.erase(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(until));
    const auto chunks = clip.chunks.begin();
    clip.chunks.erase(chunks + static_cast<std::ptrdiff_t>(first), chunks + static_cast<std::ptrdiff_t>(first + count));
    return clip;
}

TEST(EveryBrowsersStream, ADroppedChunkIsNoticed) {
    const Take& take = whole_take();
    const Judged whole = judged(take.clip, take.challenge);
    EXPECT_TRUE(whole.verdict.live) << described(whole.analysis, whole.verdict);
    for (std::size_t dropped = 1; dropped < take.clip.chunks.size(); ++dropped) {
        const auto [analysis, verdict] = judged(without(take, dropped, 1), take.challenge);
        SCOPED_TRACE(fmt::format("chunk {} of {}: {}", dropped, take.clip.chunks.size(), described(analysis, verdict)));
        EXPECT_LT(analysis.video.frames, whole.analysis.video.frames);
        EXPECT_LT(verdict.confidence, whole.verdict.confidence);
    }
}

TEST(EveryBrowsersStream, WithoutTheChunksThatMatterItIsNeverLive) {
    const Take& take = whole_take();
    const std::size_t chunks = take.clip.chunks.size();
    // The way into the oval: all but the first chunk, which starts the file, until the colours.
    const auto first_color = take.clip.claims.colors.front().start - *take.clip.claims.video_start;
    const auto colors_from = static_cast<std::size_t>(first_color.count() / 1000);
    const Judged no_way = judged(without(take, 1, colors_from - 1), take.challenge);
    EXPECT_FALSE(no_way.verdict.live) << described(no_way.analysis, no_way.verdict);
    const Judged no_colors = judged(without(take, colors_from, chunks - colors_from), take.challenge);
    EXPECT_FALSE(no_colors.verdict.live) << described(no_colors.analysis, no_colors.verdict);
    EXPECT_EQ(no_colors.verdict.confidence, 0);
    const Judged half_the_colors = judged(without(take, chunks - 2, 2), take.challenge);
    EXPECT_FALSE(half_the_colors.verdict.live) << described(half_the_colors.analysis, half_the_colors.verdict);
    // Without its head a file is nothing.
    const auto headless = analyse_clip(without(take, 0, 1), take.challenge, vision::default_engines());
    EXPECT_TRUE(!headless || !judge(headless->signals, take.challenge.type).live);
}

/// The take recorded anew, with a key frame every `key_ms`; of what was written before `lost_ms` only the file's head
/// arrived.
Clip with_late_key_frame(const Take& take, int key_ms, int lost_ms) {
    media::VideoFormat format{.width = take.challenge.video_width, .height = take.challenge.video_height};
    format.frames_between_keys = key_ms * 20 / 1000;
    media::VideoWriter writer(format);
    Clip clip = take.clip;
    clip.video = writer.take();
    clip.chunks = {{take.clip.chunks.front().arrived - Milliseconds(900), clip.video.size()}};
    std::size_t next = 0;
    const auto cut = [&](const Bytes& bytes) {
        const Milliseconds arrived = take.clip.chunks[next++].arrived;
        clip.chunks.push_back({arrived, bytes.size()});
        clip.video.insert(clip.video.end(), bytes.begin(), bytes.end());
    };
    bool lost = lost_ms > 0;
    const auto decoded = media::decode_video(take.clip.video, {}, [&](media::VideoFrame&& frame) {
        if (lost && frame.pts_ms >= lost_ms) {
            lost = false;
            writer.take();
        }
        if (!lost && frame.pts_ms >= static_cast<std::int64_t>(next + 1) * 1000) cut(writer.take());
        writer.add(frame.image, frame.pts_ms);
        return true;
    });
    if (!decoded) throw std::runtime_error(decoded.error().message);
    cut(writer.finish());
    return clip;
}

TEST(EveryBrowsersStream, ALateKeyFrame) {
    const Take& take = whole_take();
    const Judged whole = judged(with_late_key_frame(take, 800, 0), take.challenge);
    EXPECT_TRUE(whole.verdict.live) << described(whole.analysis, whole.verdict);
    EXPECT_EQ(whole.analysis.video.dropped_before_key, 0);
    // The first half second is lost, and with it the first key frame: the picture starts at 0.8 s.
    const Judged late = judged(with_late_key_frame(take, 800, 500), take.challenge);
    EXPECT_GT(late.analysis.video.dropped_before_key, 0);
    EXPECT_LT(late.analysis.video.frames, whole.analysis.video.frames);
    EXPECT_TRUE(late.verdict.live) << described(late.analysis, late.verdict);
    // It starts when the face is in the oval: how it got there was not seen.
    const int too_late =
        static_cast<int>((take.clip.claims.target_face->start - *take.clip.claims.video_start).count());
    const Judged unseen = judged(with_late_key_frame(take, too_late, too_late - 200), take.challenge);
    EXPECT_FALSE(unseen.verdict.live) << described(unseen.analysis, unseen.verdict);
}

}  // namespace
}  // namespace facegate::liveness
