#include "liveness/challenge.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <random>
#include <set>

#include "liveness/color_code.h"
#include "unit/liveness/recording.h"

namespace facegate::liveness {
namespace {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint32_t seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
    }

private:
    std::mt19937 engine_;
};

TEST(Challenge, EveryOvalIsInsideAndNearTheReference) {
    const std::pair<int, int> sizes[] = {{640, 480}, {480, 640},   {1280, 720}, {720, 1280},
                                         {240, 240}, {1920, 1080}, {640, 360}};
    std::set<std::pair<int, int>> centers;
    for (std::uint32_t seed = 0; seed < 10'000; ++seed) {
        SeededRandom random(seed);
        const auto [width, height] = sizes[seed % std::size(sizes)];
        const auto challenge = make_challenge(random, width, height, ChallengeType::kMovementAndLight);
        ASSERT_TRUE(challenge);
        const Oval& oval = challenge->oval;
        ASSERT_GE(oval.center_x - oval.width / 2.0, 0) << seed;
        ASSERT_GE(oval.center_y - oval.height / 2.0, 0) << seed;
        ASSERT_LE(oval.center_x + oval.width / 2.0, width) << seed;
        ASSERT_LE(oval.center_y + oval.height / 2.0, height) << seed;
        const double reference = std::min(width, height) * 465.0 / 480.0;
        ASSERT_LE(oval.height, reference) << seed;
        ASSERT_GE(oval.height, reference * 0.85 - 1) << seed;
        ASSERT_NEAR(oval.height / 1.618, oval.width, 0.51) << seed;
        ASSERT_LE(std::abs(oval.center_x - width / 2.0), width * 0.08 + 0.5) << seed;
        ASSERT_LE(std::abs(oval.center_y - height / 2.0), height * 0.08 + 0.5) << seed;
        if (width == 640 && height == 480) centers.insert({oval.center_x, oval.center_y});

        ASSERT_EQ(challenge->colors.size(), 8u);
        ASSERT_EQ(challenge->colors[0].rgb, (Rgb{0, 0, 0}));
        ASSERT_EQ(challenge->colors[0].flat_ms, 75);
        ASSERT_EQ(challenge->colors[0].downscroll_ms, 0);
        for (std::size_t i = 1; i < 8; ++i) {
            ASSERT_NE(challenge->colors[i].rgb, challenge->colors[i - 1].rgb) << seed;
            ASSERT_EQ(challenge->colors[i].downscroll_ms, 475);
            ASSERT_EQ(challenge->colors[i].flat_ms, 0);
        }
    }
    EXPECT_GT(centers.size(), 500u);
}

TEST(Challenge, EveryOrderComesUp) {
    SeededRandom random(5);
    std::set<std::vector<Rgb>> seen;
    for (int i = 0; i < 10'000; ++i) {
        std::vector<Rgb> order;
        const auto challenge = make_challenge(random, 640, 480, ChallengeType::kMovementAndLight);
        for (const ColorStep& step : challenge.value().colors) order.push_back(step.rgb);
        seen.insert(order);
    }
    EXPECT_EQ(seen.size(), color_order_count());
    EXPECT_GE(color_order_count(), 200u);
}

TEST(Challenge, OddSizesAreRefused) {
    SeededRandom random(1);
    for (const auto& [width, height] :
         {std::pair{239, 480}, {640, 239}, {1921, 480}, {640, 1921}, {0, 0}, {-640, 480}}) {
        EXPECT_FALSE(make_challenge(random, width, height, ChallengeType::kMovement)) << width << "x" << height;
    }
    EXPECT_TRUE(make_challenge(random, 240, 1920, ChallengeType::kMovement));
}

/// Same members with the same kinds, numbers equal up to single precision (the recording went through a float).
void expect_same_shape(const boost::json::value& ours, const boost::json::value& recorded, const std::string& where) {
    if (recorded.is_object()) {
        ASSERT_TRUE(ours.is_object()) << where;
        EXPECT_EQ(ours.as_object().size(), recorded.as_object().size()) << where;
        for (const auto& [name, value] : recorded.as_object()) {
            ASSERT_TRUE(ours.as_object().contains(name)) << where << "." << std::string_view(name);
            expect_same_shape(ours.at(name), value, fmt::format("{}.{}", where, std::string_view(name)));
        }
    } else if (recorded.is_array()) {
        ASSERT_EQ(ours.as_array().size(), recorded.as_array().size()) << where;
        for (std::size_t i = 0; i < recorded.as_array().size(); ++i)
            expect_same_shape(ours.at(i), recorded.at(i), where + "[]");
    } else if (recorded.is_number()) {
        EXPECT_EQ(ours.is_double(), recorded.is_double()) << where;
        EXPECT_NEAR(ours.to_number<double>(), recorded.to_number<double>(), 1e-6) << where;
    } else {
        EXPECT_EQ(ours, recorded) << where;
    }
}

TEST(Challenge, SessionInformationIsWhatTheWidgetWasSeenToAccept) {
    for (const char* name : {"light-genuine", "move-success"}) {
        const auto recording = testing::load_recording(name);
        auto recorded = boost::json::parse(as_text(decode_message(recording.server.at(0).bytes)->payload));
        // People get longer than in the recordings.
        auto& challenge = recorded.at("SessionInformation").at("Challenge").as_object().begin()->value();
        challenge.at("ChallengeConfig").at("OvalFitTimeout") = 15'000;
        const auto ours = boost::json::parse(server_session_information(testing::challenge_of(recording)));
        expect_same_shape(ours, recorded, name);
    }
}

}  // namespace
}  // namespace facegate::liveness
