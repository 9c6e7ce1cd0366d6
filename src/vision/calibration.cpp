#include "vision/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <stdexcept>

namespace facegate::vision {
namespace {

constexpr double kSmallestRate = 1e-9;
constexpr double kCertainScore = 15;

using Points = std::vector<Calibration::Point>;

const Points& table_for(const std::map<int, Points>& by_photos, int photos) {
    if (by_photos.empty()) throw std::logic_error("the calibration has no table");
    const auto found = by_photos.lower_bound(photos);
    return found == by_photos.end() ? by_photos.rbegin()->second : found->second;
}

/// The two neighbouring points whose line holds what `is_before` does not yet reach; the outermost two beyond the ends.
template <class Predicate>
std::pair<Calibration::Point, Calibration::Point> segment(const Points& points, Predicate is_before) {
    const auto inside = std::partition_point(points.begin() + 1, points.end() - 1, is_before);
    return {*std::prev(inside), *inside};
}

}  // namespace

Calibration::Calibration(std::map<int, std::vector<Point>> by_photos) : by_photos_(std::move(by_photos)) {
    for (const auto& [photos, points] : by_photos_) {
        const auto falls = [](const Point& a, const Point& b) { return b.fmr >= a.fmr || b.s <= a.s; };
        const bool usable = points.size() >= 2 && points.back().fmr > 0 &&
                            std::adjacent_find(points.begin(), points.end(), falls) == points.end();
        if (!usable) throw std::invalid_argument("a calibration table must fall in fmr and rise in s");
    }
}

Calibration::Estimate Calibration::false_match_rate(double s, int photos) const {
    const Points& points = table_for(by_photos_, photos);
    const auto [low, high] = segment(points, [s](const Point& point) { return point.s < s; });
    const double along = (s - low.s) / (high.s - low.s);
    const double exponent = std::log10(low.fmr) + along * (std::log10(high.fmr) - std::log10(low.fmr));
    const bool extrapolated = s < points.front().s || s > points.back().s;
    return {std::clamp(std::pow(10.0, exponent), kSmallestRate, 1.0), -exponent, extrapolated};
}

double Calibration::lowest_measured(int photos) const {
    return table_for(by_photos_, photos).back().fmr;
}

double Calibration::threshold(double fmr, int photos) const {
    const Points& points = table_for(by_photos_, photos);
    const double wanted = std::clamp(fmr, kSmallestRate, 1.0);
    const auto [low, high] = segment(points, [wanted](const Point& point) { return point.fmr > wanted; });
    const double along = (std::log10(wanted) - std::log10(low.fmr)) / (std::log10(high.fmr) - std::log10(low.fmr));
    return low.s + along * (high.s - low.s);
}

std::optional<Calibration::Laxity> Calibration::laxer_than(const Calibration& other) const {
    std::set<int> numbers;
    std::set<double> rates;
    for (const auto* tables : {&by_photos_, &other.by_photos_}) {
        for (const auto& [photos, points] : *tables) {
            numbers.insert(photos);
            for (const Point& point : points) rates.insert(point.fmr);
        }
    }
    Laxity furthest;
    for (const int photos : numbers) {
        for (const double fmr : rates) {
            const Laxity here{photos, fmr, threshold(fmr, photos), other.threshold(fmr, photos)};
            if (here.other_s - here.s > furthest.other_s - furthest.s) furthest = here;
        }
    }
    if (furthest.other_s - furthest.s <= kLaxMargin) return std::nullopt;
    return furthest;
}

double confidence_of(double fmr, double s) {
    if (s >= kCertainScore) return 100;
    struct Step {
        double exponent;
        double confidence;
    };
    static constexpr std::array<Step, 8> kSteps = {
        {{0, 0}, {1, 50}, {2, 80}, {3, 90}, {4, 95}, {5, 98}, {6, 99}, {9, 99.9}}};
    const double exponent = std::clamp(-std::log10(std::max(fmr, kSmallestRate)), 0.0, kSteps.back().exponent);
    const auto above = std::find_if(kSteps.begin() + 1, kSteps.end() - 1,
                                    [exponent](const Step& step) { return step.exponent >= exponent; });
    const Step& below = *std::prev(above);
    const double along = (exponent - below.exponent) / (above->exponent - below.exponent);
    const double confidence = below.confidence + along * (above->confidence - below.confidence);
    return std::round(confidence * 10) / 10;
}

}  // namespace facegate::vision
