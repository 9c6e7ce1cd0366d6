#include <gtest/gtest.h>

#include <functional>

#include "liveness/signals/claims_check.h"
#include "liveness/signals/face_path.h"
#include "liveness/signals/frame_sampler.h"

namespace facegate::liveness {
namespace {

/// A frontal face whose head_of is `width` wide and centred there.
vision::Detection face_at(double center_x, double center_y, double width) {
    const double eyes = width / 2;
    const double mouth = width / 1.8;
    const double eye_y = center_y - 0.2 * mouth * 0.6;
    const auto point = [](double x, double y) { return vision::Point2{static_cast<float>(x), static_cast<float>(y)}; };
    vision::Detection face;
    face.score = 1;
    face.keypoints = {point(center_x - eyes / 2, eye_y), point(center_x + eyes / 2, eye_y),
                      point(center_x, eye_y + mouth * 0.6), point(center_x, eye_y + mouth)};
    return face;
}

const Oval kOval{288, 465, 320, 240};

std::vector<FaceSample> approach(double from_width, double to_width, double center_x = 320) {
    std::vector<FaceSample> samples;
    for (int i = 0; i <= 50; ++i) {
        const double part = std::clamp((i - 10) / 20.0, 0.0, 1.0);
        samples.push_back({i * 100.0, 1, face_at(center_x, 240, from_width + part * (to_width - from_width))});
    }
    return samples;
}

TEST(FacePath, OverlapOfEllipses) {
    const Ellipse a{100, 100, 80, 120};
    EXPECT_NEAR(overlap(a, a), 1, 1e-9);
    EXPECT_NEAR(overlap(a, {100, 100, 40, 60}), 0.25, 0.01);
    EXPECT_EQ(overlap(a, {300, 100, 80, 120}), 0);
    EXPECT_EQ(overlap(a, {100, 100, 0, 0}), 0);
}

TEST(FacePath, IntoTheOval) {
    const auto path = measure_face_path(approach(135, 288), kOval, HoldWindow{3500, 5000});
    ASSERT_TRUE(path);
    EXPECT_GT(path->oval_overlap, 0.97);
    EXPECT_NEAR(path->growth, 288.0 / 135, 0.02);
    const auto without_hold = measure_face_path(approach(135, 288), kOval, std::nullopt);
    ASSERT_TRUE(without_hold);
    EXPECT_GT(without_hold->oval_overlap, 0.97);
}

TEST(FacePath, NotIntoTheOval) {
    const auto stays = measure_face_path(approach(135, 135), kOval, HoldWindow{3500, 5000});
    ASSERT_TRUE(stays);
    EXPECT_LT(stays->oval_overlap, 0.3);
    EXPECT_NEAR(stays->growth, 1, 0.01);
    const auto elsewhere = measure_face_path(approach(135, 288, 120), kOval, HoldWindow{3500, 5000});
    ASSERT_TRUE(elsewhere);
    EXPECT_LT(elsewhere->oval_overlap, 0.3);
}

TEST(FacePath, NeedsFramesWithAFace) {
    auto samples = approach(135, 288);
    EXPECT_FALSE(measure_face_path({}, kOval, std::nullopt));
    EXPECT_FALSE(measure_face_path(samples, kOval, HoldWindow{9000, 9500}));
    for (FaceSample& sample : samples) sample.faces = 0;
    EXPECT_FALSE(measure_face_path(samples, kOval, std::nullopt));
}

TEST(SkinChroma, SeesTheFaceAndNotItsSurroundings) {
    media::Image image{200, 200, std::vector<std::uint8_t>(200 * 200 * 3, 0)};
    for (int y = 0; y < 200; ++y) {
        for (int x = 0; x < 200; ++x) {
            std::uint8_t* pixel = image.pixels.data() + (y * 200 + x) * 3;
            const bool face = x >= 60 && x < 140 && y >= 60 && y < 140;
            pixel[0] = face ? 200 : 0;
            pixel[1] = face ? 100 : 255;
            pixel[2] = face ? 50 : 0;
        }
    }
    const auto seen = skin_chroma(image, {60, 60, 80, 80});
    const auto expected = chroma_of_surface(200, 100, 50);
    ASSERT_TRUE(seen && expected);
    EXPECT_NEAR(seen->red_green, expected->red_green, 1e-9);
    EXPECT_NEAR(seen->blue_yellow, expected->blue_yellow, 1e-9);
    EXPECT_TRUE(skin_chroma(image, {150, 150, 90, 90}));
    EXPECT_FALSE(skin_chroma(image, {500, 500, 80, 80}));
    EXPECT_FALSE(skin_chroma(image, {-1e30F, -1e30F, 80, 80}));
    EXPECT_FALSE(skin_chroma(image, {0, 0, 0, 0}));
}

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
