#include "synthesis/take.h"

#include <gtest/gtest.h>

#include "liveness/signals/claims_check.h"
#include "media/video_decoder.h"
#include "unit/synthesis/sample_subjects.h"

namespace facegate::synthesis {
namespace {

using liveness::ChallengeType;
using testing::sample_subjects;

/// Small and slow: quickly rendered.
TakeOptions small(Species species, ChallengeType type = ChallengeType::kMovement, std::uint64_t seed = 1) {
    return {.species = species, .type = type, .seed = seed, .width = 320, .height = 240, .frames_per_second = 10};
}

media::VideoSummary decoded(const liveness::Clip& clip) {
    return media::decode_video(clip.video, {}, [](media::VideoFrame&&) { return true; }).value();
}

TEST(Take, TheSameSeedGivesTheSameTake) {
    const Take first = record(sample_subjects(), 0, small(Species::kGenuine));
    const Take again = record(sample_subjects(), 0, small(Species::kGenuine));
    EXPECT_TRUE(first.clip.video == again.clip.video);  // not printed: there are megabytes of it
    ASSERT_EQ(first.clip.chunks.size(), again.clip.chunks.size());
    for (std::size_t i = 0; i < first.clip.chunks.size(); ++i) {
        EXPECT_EQ(first.clip.chunks[i].arrived, again.clip.chunks[i].arrived);
        EXPECT_EQ(first.clip.chunks[i].bytes, again.clip.chunks[i].bytes);
    }
    EXPECT_EQ(first.clip.claims.video_end, again.clip.claims.video_end);
    EXPECT_EQ(first.face, sample_subjects()[0].name);
    EXPECT_NE(record(sample_subjects(), 0, small(Species::kGenuine, ChallengeType::kMovement, 2)).clip.video,
              first.clip.video);
    EXPECT_NE(record(sample_subjects(), 1, small(Species::kGenuine)).clip.video, first.clip.video);
}

TEST(Take, AClipIsWhatAServerWouldGet) {
    const Take take = record(sample_subjects(), 0, small(Species::kGenuine, ChallengeType::kMovementAndLight));
    EXPECT_EQ(take.challenge.video_width, 320);
    EXPECT_EQ(take.challenge.colors.size(), 8u);
    EXPECT_EQ(take.clip.claims.colors.size(), 8u);
    std::size_t bytes = 0;
    for (const liveness::ChunkArrival& chunk : take.clip.chunks) {
        EXPECT_GT(chunk.bytes, 0u);
        bytes += chunk.bytes;
    }
    EXPECT_EQ(bytes, take.clip.video.size());
    const media::VideoSummary video = decoded(take.clip);
    EXPECT_EQ(video.damaged, 0);
    EXPECT_NEAR(video.observed_fps, 10, 0.5);
    const auto length = *take.clip.claims.video_end - *take.clip.claims.video_start;
    EXPECT_NEAR(static_cast<double>(video.last_pts_ms), static_cast<double>(length.count()), 200);
}

TEST(Take, EveryFormatIsWhatItSays) {
    struct Format {
        media::VideoCodec codec;
        media::VideoContainer container;
        const char* codec_name;
        const char* container_name;
    };
    const Format formats[] = {
        {media::VideoCodec::kVp8, media::VideoContainer::kWebm, "vp8", "webm"},
        {media::VideoCodec::kVp9, media::VideoContainer::kWebm, "vp9", "webm"},
        {media::VideoCodec::kH264, media::VideoContainer::kMatroska, "h264", "matroska"},
        {media::VideoCodec::kH264, media::VideoContainer::kFragmentedMp4, "h264", "mp4"},
    };
    for (const Format& format : formats) {
        TakeOptions options = small(Species::kGenuine);
        options.codec = format.codec;
        options.container = format.container;
        const media::VideoSummary video = decoded(record(sample_subjects(), 0, options).clip);
        EXPECT_EQ(video.codec, format.codec_name);
        EXPECT_EQ(video.container, format.container_name);
    }
}

/// What the client says of these is true, or forged so well that no contradiction shows: other signals have to tell.
bool says_nothing_wrong(Species species) {
    return species != Species::kLateRender && species != Species::kShiftedTime && species != Species::kStretchedTime &&
           species != Species::kOtherSession;
}

/// Many takes: without a sanitizer only.
TEST(EverySpecies, IsRecordedAndForgesItsClaimsWell) {
    for (int i = 0; i < kSpeciesCount; ++i) {
        const auto species = static_cast<Species>(i);
        SCOPED_TRACE(name_of(species));
        const Take take = record(sample_subjects(), 0, small(species, ChallengeType::kMovementAndLight, 3));
        EXPECT_EQ(take.species, species);
        const media::VideoSummary video = decoded(take.clip);
        EXPECT_GT(video.frames, 40);
        const std::string problem =
            liveness::find_claims_problem(take.clip.claims, take.clip.chunks, take.challenge, video.last_pts_ms);
        if (says_nothing_wrong(species)) {
            EXPECT_EQ(problem, "");
        }
        if (species == Species::kOtherSession || species == Species::kLateRender) {
            EXPECT_NE(problem, "");
        }
    }
}

TEST(Species, NamesGoBothWays) {
    for (int i = 0; i < kSpeciesCount; ++i) {
        const auto species = static_cast<Species>(i);
        EXPECT_EQ(species_named(name_of(species)), species);
        EXPECT_FALSE(description_of(species).empty());
    }
    EXPECT_FALSE(species_named(""));
    EXPECT_FALSE(species_named("genuine "));
    EXPECT_FALSE(needs_colors(Species::kGenuine));
    EXPECT_TRUE(needs_colors(Species::kReplayOtherOrder));
}

}  // namespace
}  // namespace facegate::synthesis
