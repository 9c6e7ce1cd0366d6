#include "vision/calibration.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>

namespace facegate::vision {
namespace {

namespace json = boost::json;
using Points = std::map<int, std::vector<Calibration::Point>>;

/// The measured tables by number of photos.
Points measured() {
    std::ifstream file(FACEGATE_TEST_DATA "/vision/calibration.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Points tables;
    const json::value document = json::parse(text);
    for (const auto& [photos, table] : document.as_object()) {
        for (const auto& point : table.at("points").as_array()) {
            tables[std::stoi(std::string(photos))].push_back(
                {point.at("fmr").to_number<double>(), point.at("S").to_number<double>()});
        }
    }
    return tables;
}

const Calibration& calibration() {
    static const Calibration value(measured());
    return value;
}

TEST(Calibration, MeetsEveryMeasuredPoint) {
    for (const auto& [photos, points] : measured()) {
        for (const auto& [fmr, s] : points) {
            const auto estimate = calibration().false_match_rate(s, photos);
            EXPECT_NEAR(std::log10(estimate.fmr), std::log10(fmr), 1e-9);
            EXPECT_FALSE(estimate.extrapolated);
            EXPECT_NEAR(calibration().threshold(fmr, photos), s, 1e-9);
        }
    }
}

TEST(Calibration, IsLogLinearBetweenPoints) {
    const double middle = (7.89 + 9.35) / 2;
    EXPECT_NEAR(calibration().false_match_rate(middle, 1).fmr, std::sqrt(1e-3 * 1e-4), 1e-9);
}

TEST(Calibration, ANumberOfPhotosWithoutATableIsHeldToTheNextOne) {
    for (const auto& [photos, table] : std::map<int, int>{{1, 1}, {2, 3}, {3, 3}, {4, 5}, {5, 5}, {9, 5}}) {
        EXPECT_EQ(calibration().false_match_rate(9.5, photos).fmr, calibration().false_match_rate(9.5, table).fmr);
        EXPECT_EQ(calibration().threshold(1e-4, photos), calibration().threshold(1e-4, table));
        EXPECT_EQ(calibration().lowest_measured(photos), 1e-6);
    }
}

TEST(Calibration, NeverRisesWithTheScore) {
    for (const int photos : {1, 2, 3, 4, 5, 9}) {
        double previous = 1.1;
        for (double s = -60; s <= 40; s += 0.05) {
            const double fmr = calibration().false_match_rate(s, photos).fmr;
            EXPECT_LE(fmr, previous);
            EXPECT_GE(fmr, 1e-9);
            EXPECT_LE(fmr, 1);
            previous = fmr;
        }
    }
}

TEST(Calibration, ThresholdIsTheInverse) {
    for (const int photos : {1, 3, 5}) {
        for (double exponent = -8.9; exponent < 0; exponent += 0.1) {
            const double fmr = std::pow(10, exponent);
            const double s = calibration().threshold(fmr, photos);
            EXPECT_NEAR(std::log10(calibration().false_match_rate(s, photos).fmr), exponent, 1e-6);
        }
    }
}

TEST(Calibration, SaysWhereItExtrapolatesAndStopsAtOneInABillion) {
    EXPECT_FALSE(calibration().false_match_rate(11.68, 1).extrapolated);
    EXPECT_TRUE(calibration().false_match_rate(11.69, 1).extrapolated);
    EXPECT_TRUE(calibration().false_match_rate(3.4, 1).extrapolated);
    // The last two points lie 1.14 apart for one power of ten.
    EXPECT_NEAR(std::log10(calibration().false_match_rate(11.68 + 1.14, 1).fmr), -7, 1e-6);
    EXPECT_DOUBLE_EQ(calibration().false_match_rate(40, 1).fmr, 1e-9);
    EXPECT_DOUBLE_EQ(calibration().false_match_rate(-40, 1).fmr, 1);
    EXPECT_DOUBLE_EQ(calibration().threshold(1e-30, 1), calibration().threshold(1e-9, 1));
}

TEST(Calibration, RefusesTablesThatAreNone) {
    EXPECT_THROW(Calibration({{1, {{0.1, 3}}}}), std::invalid_argument);
    EXPECT_THROW(Calibration({{1, {{0.1, 3}, {0.1, 4}}}}), std::invalid_argument);
    EXPECT_THROW(Calibration({{1, {{0.1, 3}, {0.01, 2}}}}), std::invalid_argument);
    EXPECT_THROW(Calibration({{1, {{0.1, 3}, {0, 4}}}}), std::invalid_argument);
}

/// The measured tables with all scores of one number of photos shifted.
Calibration shifted(int photos, double by) {
    Points tables = measured();
    for (Calibration::Point& point : tables.at(photos)) point.s += by;
    return Calibration(tables);
}

TEST(Calibration, KnowsWhereItIsLaxerThanAnother) {
    EXPECT_FALSE(calibration().laxer_than(calibration()));
    EXPECT_FALSE(shifted(3, -1.99).laxer_than(calibration()));
    EXPECT_FALSE(shifted(3, 5).laxer_than(calibration()));
    const auto lax = shifted(3, -2.5).laxer_than(calibration());
    ASSERT_TRUE(lax);
    EXPECT_EQ(lax->photos, 3);
    EXPECT_NEAR(lax->other_s - lax->s, 2.5, 1e-9);
    EXPECT_NEAR(lax->s, shifted(3, -2.5).threshold(lax->fmr, 3), 1e-9);
}

TEST(Calibration, IsLaxWhereItsOwnPointsEndTooFlat) {
    // Close to the other one's at both of its points, and nearly flat beyond them.
    const Calibration flat({{1, {{1e-1, 5}, {1e-2, 5.01}}}});
    const auto lax = flat.laxer_than(calibration());
    ASSERT_TRUE(lax);
    EXPECT_DOUBLE_EQ(lax->fmr, 1e-6);
    EXPECT_EQ(lax->photos, measured().rbegin()->first);
}

TEST(Calibration, IsLaxWhereTheOthersPointsEnd) {
    const Calibration steep({{1, {{1e-1, 3.5}, {1e-2, 6.2}, {1e-6, 15}}}});
    const Calibration other({{1, {{1e-1, 3.5}, {1e-2, 8}}}});
    const auto lax = steep.laxer_than(other);
    ASSERT_TRUE(lax);
    EXPECT_DOUBLE_EQ(lax->fmr, 1e-6);
    EXPECT_NEAR(lax->other_s, 8 + 4 * 4.5, 1e-9);
}

TEST(Confidence, IsWhatTheContractLists) {
    const std::pair<double, double> listed[] = {{1, 0},     {1e-1, 50}, {1e-2, 80}, {1e-3, 90},
                                                {1e-4, 95}, {1e-5, 98}, {1e-6, 99}};
    for (const auto& [fmr, confidence] : listed) EXPECT_DOUBLE_EQ(confidence_of(fmr, 5), confidence);
    EXPECT_DOUBLE_EQ(confidence_of(1e-9, 15), 100);
    EXPECT_LT(confidence_of(1e-9, 14.99), 100);
    EXPECT_GE(confidence_of(1e-9, 14.99), 99);
}

TEST(Confidence, RisesAsTheRateFallsAndHasOneDecimal) {
    double previous = 0;
    for (double exponent = 0; exponent <= 9; exponent += 0.01) {
        const double confidence = confidence_of(std::pow(10, -exponent), 10);
        EXPECT_GE(confidence, previous);
        EXPECT_NEAR(confidence * 10, std::round(confidence * 10), 1e-9);
        previous = confidence;
    }
    EXPECT_DOUBLE_EQ(confidence_of(std::sqrt(1e-1 * 1e-2), 4), 65);
}

}  // namespace
}  // namespace facegate::vision
