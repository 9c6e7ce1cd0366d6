#include "app/bench/liveness_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace facegate::app {
namespace {

using liveness::ChallengeType;
using liveness::SignalJudgement;

// Okabe and Ito's colours, told apart also by colour-blind readers.
constexpr const char* kGenuine = "#0072b2";
constexpr const char* kMeant = "#d55e00";
constexpr const char* kOther = "#999999";
constexpr double kNames = 150;
constexpr double kColumn = 420;
constexpr double kGap = 30;
constexpr double kTop = 90;
constexpr double kRow = 46;
constexpr double kLane = 15;        ///< height of either lane
constexpr double kTrimmed = 0.005;  // of the values at each end; a lone outlier would squeeze all others

struct Dot {
    double value = 0;
    bool genuine = false;
    bool meant = false;
};

std::vector<Dot> dots_of(const std::vector<JudgedTake>& takes, ChallengeType type, std::string_view signal) {
    const auto targets = meant_to_stop(signal);
    std::vector<Dot> dots;
    for (const JudgedTake& take : takes) {
        if (take.type != type) continue;
        for (const SignalJudgement& judgement : take.verdict.signals) {
            if (judgement.name != signal || !judgement.value) continue;
            dots.push_back({*judgement.value, take.genuine,
                            std::ranges::find(targets, std::string_view(take.species)) != targets.end()});
        }
    }
    return dots;
}

/// From a signal's values to pixels.
struct Axis {
    double low = 0;
    double high = 1;
    double from = 0;

    [[nodiscard]] double place(double value) const {
        return from + std::clamp((value - low) / (high - low), 0.0, 1.0) * kColumn;
    }
};

Axis axis_of(const std::vector<Dot>& dots, const liveness::Scale& scale, double from) {
    std::vector<double> values;
    for (const Dot& dot : dots) values.push_back(dot.value);
    std::ranges::sort(values);
    Axis axis{scale.pass, scale.pass, from};
    if (!values.empty()) {
        axis.low = std::min(axis.low, quantile(values, kTrimmed));
        axis.high = std::max(axis.high, quantile(values, 1 - kTrimmed));
    }
    const double margin = std::max((axis.high - axis.low) * 0.04, 1e-6);
    axis.low -= margin;
    axis.high += margin;
    return axis;
}

std::string strip(const std::vector<Dot>& dots, const liveness::Scale& scale, double left, double top) {
    const Axis axis = axis_of(dots, scale, left);
    const double pass = axis.place(scale.pass);
    const double failing = rises(scale) ? left : pass;
    const double width = rises(scale) ? pass - left : left + kColumn - pass;
    std::string svg = fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#f0f0f0\"/>\n"
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"none\" stroke=\"#ccc\"/>\n",
        failing, top, width, 2 * kLane, left, top, kColumn, 2 * kLane);
    // Those a signal is not meant to stop first, so that they hide nothing.
    for (const int turn : {0, 1, 2}) {
        for (std::size_t i = 0; i < dots.size(); ++i) {
            const Dot& dot = dots[i];
            if ((dot.genuine ? 2 : dot.meant ? 1 : 0) != turn) continue;
            // Dots of equal values are told apart by their height: spread evenly, in no order.
            const double height = std::fmod(static_cast<double>(i) * 0.618034, 1.0) * (kLane - 6) + 3;
            svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"1.8\" fill=\"{}\" fill-opacity=\"0.6\"/>\n",
                               axis.place(dot.value), top + height + (dot.genuine ? 0 : kLane),
                               dot.genuine ? kGenuine
                               : dot.meant ? kMeant
                                           : kOther);
        }
    }
    return svg + fmt::format(
                     "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" stroke=\"#222\"/>\n"
                     "<text x=\"{0:.1f}\" y=\"{3:.1f}\" font-size=\"9\" text-anchor=\"middle\">{4} {5:g}</text>\n",
                     pass, top - 2, top + 2 * kLane + 2, top + 2 * kLane + 11, rises(scale) ? "≥" : "≤", scale.pass);
}

std::string legend() {
    std::string svg;
    double x = kNames;
    const auto entry = [&](const char* colour, const char* label, double width) {
        svg +=
            fmt::format("<circle cx=\"{:.1f}\" cy=\"46\" r=\"4\" fill=\"{}\"/><text x=\"{:.1f}\" y=\"50\">{}</text>\n",
                        x, colour, x + 9, label);
        x += width;
    };
    entry(kGenuine, "genuine", 80);
    entry(kMeant, "attacks the signal is meant to stop", 230);
    entry(kOther, "other attacks", 110);
    return svg;
}

}  // namespace

std::string liveness_plot(const LivenessReport& report) {
    std::vector<ChallengeType> types;
    for (const PartResult& part : report.parts) {
        if (std::ranges::find(types, part.type) == types.end()) types.push_back(part.type);
    }
    const auto table = liveness::signal_table();
    const double width = kNames + static_cast<double>(types.size()) * (kColumn + kGap);
    const double height = kTop + kRow * static_cast<double>(table.size()) + 10;
    std::string svg = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n"
        "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n"
        "<text x=\"12\" y=\"26\" font-size=\"17\">Liveness signals, pack {2}: {3} {4}</text>\n",
        width, height, report.pack, report.takes.size(),
        report.rendered ? "rendered takes (computer graphics)" : "clips");
    svg += legend();
    for (std::size_t column = 0; column < types.size(); ++column) {
        const double left = kNames + static_cast<double>(column) * (kColumn + kGap);
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-weight=\"bold\">{} challenge</text>\n", left,
                           kTop - 12, types[column] == ChallengeType::kMovementAndLight ? "light" : "movement");
        for (std::size_t row = 0; row < table.size(); ++row) {
            const liveness::SignalRule& rule = table[row];
            const double top = kTop + kRow * static_cast<double>(row);
            if (column == 0) {
                svg += fmt::format("<text x=\"12\" y=\"{:.1f}\">{}{}</text>\n", top + kLane + 4, rule.name,
                                   rule.role == liveness::SignalRole::kRequired ? "" : "*");
            }
            const liveness::Scale* scale = scale_of(rule, types[column]);
            if (scale == nullptr) continue;
            svg += strip(dots_of(report.takes, types[column], rule.name), *scale, left, top);
        }
    }
    return svg + "</svg>\n";
}

}  // namespace facegate::app
