#include "liveness/signals/claims_check.h"

#include <gtest/gtest.h>

#include <functional>

namespace facegate::liveness {
namespace {

const Oval kOval{288, 465, 320, 240};
const TimeMs kStart = from_unix_ms(1'000'000);

Challenge light_challenge() {
    Challenge challenge;
    challenge.video_width = 640;
    challenge.video_height = 480;
    challenge.oval = kOval;
    challenge.colors = {{{0, 0, 0}, 0, 75}, {{0, 255, 0}, 475, 0}, {{255, 0, 0}, 475, 0}, {{0, 0, 255}, 475, 0}};
    return challenge;
}

ClientClaims honest_claims() {
    ClientClaims claims;
    const Challenge challenge = light_challenge();
    claims.video_start = kStart;
    claims.video_end = kStart + Milliseconds(6000);
    claims.target_face =
        TargetFaceClaim{{0.275, 0.015625, 0.45, 0.96875}, kStart + Milliseconds(2000), kStart + Milliseconds(2000)};
    for (int i = 0; i < 4; ++i) {
        const Milliseconds at(4500 + std::max(0, i - 1) * 480);
        const auto index = static_cast<std::size_t>(i);
        claims.colors.push_back({i, challenge.colors[index].rgb, challenge.colors[index == 0 ? 0 : index - 1].rgb,
                                 kStart + at, at + Milliseconds(1200)});
    }
    return claims;
}

/// A chunk a second, the last one right after the recording stopped; the stream opened 1.2 s before the recording.
std::vector<ChunkArrival> honest_chunks() {
    std::vector<ChunkArrival> chunks;
    for (int second = 1; second <= 6; ++second) chunks.push_back({Milliseconds(1200 + second * 1000), 100'000});
    return chunks;
}

TEST(ClaimsCheck, HonestClaimsHaveNoProblem) {
    EXPECT_EQ(find_claims_problem(honest_claims(), honest_chunks(), light_challenge(), 5800), "");
}

TEST(ClaimsCheck, ForgedClaimsAreFound) {
    using Forge = std::function<void(ClientClaims&)>;
    const std::pair<const char*, Forge> cases[] = {
        {"no end", [](ClientClaims& c) { c.video_end.reset(); }},
        {"no target", [](ClientClaims& c) { c.target_face.reset(); }},
        {"ends before it starts", [](ClientClaims& c) { c.video_end = kStart - Milliseconds(1); }},
        {"another length", [](ClientClaims& c) { c.video_end = kStart + Milliseconds(9000); }},
        {"another oval", [](ClientClaims& c) { c.target_face->box.left += 0.05; }},
        {"in the oval after the end", [](ClientClaims& c) { c.target_face->end = kStart + Milliseconds(7000); }},
        {"a colour missing", [](ClientClaims& c) { c.colors.pop_back(); }},
        {"a colour twice", [](ClientClaims& c) { c.colors.push_back(c.colors.back()); }},
        {"numbers swapped",
         [](ClientClaims& c) { std::swap(c.colors[2].sequence_number, c.colors[3].sequence_number); }},
        {"another colour", [](ClientClaims& c) { c.colors[2].current = {0, 0, 255}; }},
        {"another colour before", [](ClientClaims& c) { c.colors[3].previous = {0, 0, 255}; }},
        {"before the video", [](ClientClaims& c) { c.colors[0].start = kStart - Milliseconds(5000); }},
        {"after the video", [](ClientClaims& c) { c.colors[3].start = kStart + Milliseconds(6001); }},
        {"too fast", [](ClientClaims& c) { c.colors[3].start = c.colors[2].start + Milliseconds(100); }},
        {"backwards", [](ClientClaims& c) { c.colors[3].start = c.colors[2].start - Milliseconds(480); }},
        {"first two apart", [](ClientClaims& c) { c.colors[0].start -= Milliseconds(400); }},
        {"announced long after", [](ClientClaims& c) { c.colors[3].arrived += Milliseconds(4000); }},
    };
    for (const auto& [name, forge] : cases) {
        ClientClaims claims = honest_claims();
        forge(claims);
        EXPECT_NE(find_claims_problem(claims, honest_chunks(), light_challenge(), 5800), "") << name;
    }
}

struct Upload {
    ClientClaims claims = honest_claims();
    std::vector<ChunkArrival> chunks = honest_chunks();
    std::int64_t last_pts_ms = 5800;

    [[nodiscard]] std::string problem(const Challenge& challenge = light_challenge()) const {
        return find_claims_problem(claims, chunks, challenge, last_pts_ms);
    }
    /// Chunks from that one on come later.
    void delay(std::size_t from, int ms) {
        for (std::size_t i = from; i < chunks.size(); ++i) chunks[i].arrived += Milliseconds(ms);
    }
    /// The video ends later, and its last part comes a chunk a second.
    void lengthen(int seconds) {
        claims.video_end = *claims.video_end + Milliseconds(seconds * 1000);
        last_pts_ms += seconds * 1000;
        for (int i = 0; i < seconds; ++i) chunks.push_back({chunks.back().arrived + Milliseconds(1000), 1000});
    }
    /// The colours from that one on are shown, and announced, later.
    void slow_colors(std::size_t from, int ms) {
        for (std::size_t i = from; i < claims.colors.size(); ++i) {
            claims.colors[i].start += Milliseconds(ms);
            claims.colors[i].arrived += Milliseconds(ms);
        }
    }
};

struct UploadCase {
    const char* name;
    std::function<void(Upload&)> change;
    const char* problem;
};

TEST(ClaimsCheck, AnHonestUploadMayBeSlow) {
    const UploadCase cases[] = {
        {"the recorder hands out late", [](Upload& u) { u.delay(0, 1500); }, ""},
        {"a stall, then all at once",
         [](Upload& u) {
             for (std::size_t i = 1; i < 4; ++i) u.chunks[i].arrived = u.chunks[4].arrived;
         },
         ""},
        {"the last chunk late", [](Upload& u) { u.delay(5, 3500); }, ""},
        {"the person takes long",
         [](Upload& u) {
             u.lengthen(20);
             u.slow_colors(0, 20'000);
         },
         ""},
        {"a slow browser",
         [](Upload& u) {
             u.lengthen(1);
             u.slow_colors(2, 400);
             u.slow_colors(3, 400);
         },
         ""},
        {"one chunk of all until the colours",
         [](Upload& u) { u.chunks.erase(u.chunks.begin(), u.chunks.begin() + 3); }, ""},
    };
    for (const auto& [name, change, problem] : cases) {
        Upload upload;
        change(upload);
        EXPECT_EQ(upload.problem(), problem) << name;
    }
}

TEST(ClaimsCheck, AVideoMadeAfterwardsIsFound) {
    const char* const kGap = "the video came with a long gap";
    const char* const kNotLive = "the video did not arrive while it was recorded";
    const char* const kAfterColors = "the video came after its colours";
    const UploadCase cases[] = {
        {"no video", [](Upload& u) { u.chunks.clear(); }, "no video arrived"},
        {"a first chunk, the rest minutes later", [](Upload& u) { u.delay(1, 120'000); }, kGap},
        {"a gap", [](Upload& u) { u.delay(4, 4100); }, kGap},
        {"late, but without a gap",
         [](Upload& u) {
             for (std::size_t i = 1; i < u.chunks.size(); ++i) u.delay(i, 2000);
         },
         kNotLive},
        {"all at once", [](Upload& u) { u.chunks = {{Milliseconds(7200), 600'000}}; }, kNotLive},
        {"trickles until the colours are over",
         [](Upload& u) {
             for (std::size_t i = 0; i < 5; ++i) u.chunks[i].bytes = 1000;
         },
         kAfterColors},
        {"too long",
         [](Upload& u) {
             u.lengthen(55);
             u.slow_colors(0, 55'000);
         },
         "the video is too long"},
        {"stretched colours",
         [](Upload& u) {
             u.lengthen(6);
             u.slow_colors(2, 2400);
             u.slow_colors(3, 2400);
         },
         "the colours have the wrong pace"},
        {"every colour a little longer",
         [](Upload& u) {
             u.lengthen(2);
             for (std::size_t i = 2; i < 4; ++i) u.slow_colors(i, 468);
         },
         "the colours took too long"},
        {"time to render after the colours", [](Upload& u) { u.lengthen(10); },
         "the video goes on long after the colours"},
        {"the colours said to be later than they came",
         [](Upload& u) {
             u.lengthen(20);
             for (ColorDisplayedClaim& color : u.claims.colors) color.start += Milliseconds(20'000);
         },
         "the colours were announced at another time of the video"},
    };
    for (const auto& [name, change, problem] : cases) {
        Upload upload;
        change(upload);
        EXPECT_EQ(upload.problem(), problem) << name;
    }
}

TEST(ClaimsCheck, AMovementClipHasNoColorsToComeAlongWith) {
    Challenge movement = light_challenge();
    movement.type = ChallengeType::kMovement;
    movement.colors.clear();
    Upload upload;
    upload.claims.colors.clear();
    upload.chunks.back().bytes = 5'000'000;
    EXPECT_EQ(upload.problem(movement), "");
    upload.delay(3, 60'000);
    EXPECT_EQ(upload.problem(movement), "the video came with a long gap");
}

}  // namespace
}  // namespace facegate::liveness
