#include "evaluation/error_rates.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace facegate::evaluation {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ErrorRates::ErrorRates(const ScoreCounts& genuine, const ScoreCounts& impostor, std::uint64_t genuine_people)
    : grid_(genuine.grid()),
      genuine_(genuine.at_least()),
      impostor_(impostor.at_least()),
      genuine_people_(genuine_people) {
    if (!(genuine.grid() == impostor.grid())) throw std::logic_error("score counts on different grids");
}

CurvePoint ErrorRates::point_at(std::size_t index) const {
    return {grid_.edge(index), share(impostor_[index], impostor()), share(genuine() - genuine_[index], genuine())};
}

std::size_t ErrorRates::index_at_fmr(double wanted_fmr) const {
    // A rate such as 0.1 of 10 comparisons must allow one of them, whatever 0.1 is in binary.
    const double allowed = wanted_fmr * static_cast<double>(impostor()) * (1 + 1e-12);
    const auto within = [allowed](std::uint64_t count) { return static_cast<double>(count) <= allowed; };
    const auto found = std::partition_point(impostor_.begin(), impostor_.end(), [&](auto c) { return !within(c); });
    return static_cast<std::size_t>(found - impostor_.begin());
}

OperatingPoint ErrorRates::at_fmr(double wanted_fmr) const {
    const std::size_t index = index_at_fmr(wanted_fmr);
    const CurvePoint point = point_at(index);
    OperatingPoint result;
    result.wanted_fmr = wanted_fmr;
    result.support = support_for(wanted_fmr, impostor());
    result.s = point.s;
    result.false_matches = impostor_[index];
    result.fmr = point.fmr;
    result.fnmr = point.fnmr;
    result.fnmr_interval = wilson_interval(point.fnmr, static_cast<double>(genuine_people_));
    return result;
}

EqualErrorRate ErrorRates::equal_error_rate() const {
    const auto misses_more = [this](std::size_t i) {
        const CurvePoint point = point_at(i);
        return point.fnmr >= point.fmr;
    };
    std::size_t low = 0;  // fmr 1, fnmr 0
    std::size_t high = impostor_.size() - 1;
    if (misses_more(low)) return {point_at(low).fmr, grid_.edge(low)};
    while (high - low > 1) {
        const std::size_t middle = (low + high) / 2;
        (misses_more(middle) ? high : low) = middle;
    }
    const CurvePoint before = point_at(low);
    const CurvePoint after = point_at(high);
    const double gap_before = before.fmr - before.fnmr;
    const double gap_after = after.fnmr - after.fmr;
    const double along = gap_before / (gap_before + gap_after);
    return {before.fmr + along * (after.fmr - before.fmr), before.s + along * (after.s - before.s)};
}

std::vector<CurvePoint> ErrorRates::curve(int per_decade) const {
    std::vector<CurvePoint> points;
    if (!measured() || per_decade < 1) return points;
    const double decades = std::log10(std::max(static_cast<double>(impostor()) / 3, 1.0));
    const int count = static_cast<int>(std::ceil(decades * per_decade));
    std::size_t last = impostor_.size();
    for (int i = 0; i <= count; ++i) {
        const double wanted = std::pow(10.0, -std::min(static_cast<double>(i) / per_decade, decades));
        const std::size_t index = index_at_fmr(wanted);
        if (index == last) continue;
        last = index;
        points.push_back(point_at(index));
    }
    return points;
}

}  // namespace facegate::evaluation
