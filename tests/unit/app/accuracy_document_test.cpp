#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "domain/decision/decision.h"
#include "unit/app/labelled_faces.h"
#include "vision/calibration.h"

namespace facegate::app::testing {
namespace {

namespace json = boost::json;

constexpr std::string_view kBegin = "<!-- made from the measured calibration; a test keeps it so -->\n";
constexpr std::string_view kEnd = "<!-- end -->\n";
constexpr std::size_t kDevicePeople = 50;

/// False non-match rates measured at some scores, by number of photos in the template.
struct Measured {
    struct Point {
        double s = 0;
        double fnmr = 0;
    };
    std::map<int, std::vector<vision::Calibration::Point>> rates;
    std::map<int, std::vector<Point>> refusals;
};

Measured measured() {
    Measured result;
    const json::value document = json::parse(read_text(FACEGATE_TEST_DATA "/vision/calibration.json"));
    for (const auto& [key, table] : document.as_object()) {
        const int photos = std::stoi(std::string(key));
        for (const auto& point : table.at("points").as_array()) {
            const auto number = [&](const char* name) { return point.at(name).to_number<double>(); };
            result.rates[photos].push_back({number("fmr"), number("S")});
            result.refusals[photos].push_back({number("S"), number("fnmr")});
        }
    }
    return result;
}

double normal_share_below(double z) {
    return std::erfc(-z / std::sqrt(2.0)) / 2;
}

/// The z with that share of a normal distribution below it, by halving.
double normal_deviate(double share) {
    double low = -10;
    double high = 10;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (normal_share_below(middle) < share ? low : high) = middle;
    }
    return low;
}

/// Share of genuine comparisons below `s`: between the measured scores, and beyond them along the outermost two, as a
/// line in normal deviates, which is what genuine scores look like.
double refused_below(const std::vector<Measured::Point>& points, double s) {
    std::size_t after = 1;
    while (after + 1 < points.size() && points[after].s < s) ++after;
    const Measured::Point& low = points[after - 1];
    const Measured::Point& high = points[after];
    const double along = (s - low.s) / (high.s - low.s);
    const double from = normal_deviate(low.fnmr);
    return normal_share_below(from + along * (normal_deviate(high.fnmr) - from));
}

std::string percent(double share, bool extrapolated) {
    const double value = 100 * share;
    return fmt::format("{}{} %", extrapolated ? "≈ " : "",
                       value < 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value));
}

std::string grouped(std::size_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string generated_table() {
    const Measured data = measured();
    const vision::Calibration calibration(data.rates);
    std::string text =
        "| asked | people compared | FMR of one comparison | refused, template of 1 photo | 3 photos | 5 photos | a "
        "stranger is taken for someone |\n"
        "|---|--:|--:|--:|--:|--:|--:|\n";
    const auto row = [&](const std::string& mode, std::size_t people, double fmr, double false_match) {
        text += fmt::format("| {} | {} | {:.0e} |", mode, grouped(people), fmr);
        for (const auto& [photos, points] : data.refusals) {
            const double s = calibration.threshold(fmr, photos);
            text += fmt::format(" {} |", percent(refused_below(points, s), s > points.back().s + 1e-9));
        }
        text += fmt::format(" 1 in {} |\n", grouped(static_cast<std::size_t>(std::lround(1 / false_match))));
    };
    row("claim, 1:1", 1, domain::kTargetFmr, domain::kTargetFmr);
    row("the device's own people", kDevicePeople, domain::kTargetFpir / kDevicePeople, domain::kTargetFpir);
    for (const std::size_t people : {100U, 1'000U, 10'000U, 100'000U, 1'000'000U})
        row("blind search", people, domain::kTargetFpir / static_cast<double>(people), domain::kTargetFpir);
    return text;
}

std::string generated_naive_table() {
    std::string text = "| people compared | a stranger is taken for someone |\n|--:|--:|\n";
    for (const std::size_t people : {1U, 50U, 100U, 1'000U, 10'000U, 100'000U}) {
        const double none = std::pow(1 - domain::kTargetFmr, static_cast<double>(people));
        text += none < 1e-3 ? fmt::format("| {} | practically always |\n", grouped(people))
                            : fmt::format("| {} | {:.2g} % |\n", grouped(people), 100 * (1 - none));
    }
    return text;
}

TEST(AccuracyDocument, HasTheTablesThatFollowFromTheMeasurement) {
    const std::string path = FACEGATE_DOCS "/accuracy.md";
    std::string document = read_text(path);
    std::size_t at = 0;
    for (const std::string& table : {generated_table(), generated_naive_table()}) {
        const std::size_t begin = document.find(kBegin, at);
        ASSERT_NE(begin, std::string::npos);
        const std::size_t from = begin + kBegin.size();
        const std::size_t end = document.find(kEnd, from);
        ASSERT_NE(end, std::string::npos);
        if (const char* update = std::getenv("FACEGATE_UPDATE_DOCS");
            update != nullptr && std::string_view(update) == "1") {
            document.replace(from, end - from, table);
            std::ofstream(path, std::ios::binary) << document;
        }
        EXPECT_EQ(document.substr(from, document.find(kEnd, from) - from), table)
            << path << " is out of date; run this test with FACEGATE_UPDATE_DOCS=1";
        at = from;
    }
}

TEST(AccuracyDocument, RefusalsMeetTheMeasuredPoints) {
    for (const auto& [photos, points] : measured().refusals) {
        for (const auto& [s, fnmr] : points) EXPECT_NEAR(refused_below(points, s), fnmr, 1e-9) << photos;
    }
}

}  // namespace
}  // namespace facegate::app::testing
