#include "evaluation/det_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace facegate::evaluation {
namespace {

// Okabe and Ito's colours, told apart also by colour-blind readers.
constexpr std::array<const char*, 6> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
constexpr double kLeft = 90;
constexpr double kRight = 690;
constexpr double kTop = 70;
constexpr double kBottom = 450;
constexpr int kLowestDecade = -9;

/// A logarithmic axis over whole powers of ten.
struct Axis {
    int low = -3;  ///< exponent at `from`
    int high = 0;  ///< exponent at `to`
    double from = 0;
    double to = 1;

    [[nodiscard]] double place(double rate) const {
        const double exponent = rate > 0 ? std::log10(rate) : low;
        const double along = (std::clamp(exponent, double(low), double(high)) - low) / (high - low);
        return from + along * (to - from);
    }
};

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '&': result += "&amp;"; break;
            case '"': result += "&quot;"; break;
            default: result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return result;
}

/// The lowest power of ten that the rates of all curves reach, at most `highest`.
int lowest_decade(const std::vector<PlotCurve>& curves, double CurvePoint::* rate, int highest) {
    int lowest = highest;
    for (const PlotCurve& curve : curves) {
        for (const CurvePoint& point : curve.points) {
            if (point.*rate > 0)
                lowest = std::min(lowest, static_cast<int>(std::floor(std::log10(point.*rate) + 1e-9)));
        }
    }
    return std::max(lowest, kLowestDecade);
}

std::string percent(int exponent) {
    return exponent >= -4 ? fmt::format("{:g} %", 100 * std::pow(10.0, exponent)) : fmt::format("1e{}", exponent);
}

std::string grid(const Axis& x, const Axis& y) {
    std::string svg;
    const auto line = [&](double x1, double y1, double x2, double y2, bool strong) {
        svg += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", x1, y1,
                           x2, y2, strong ? "#bbb" : "#eee");
    };
    const auto lines_of = [&](const Axis& axis, auto draw) {
        for (int decade = axis.low; decade < axis.high; ++decade) {
            for (int digit = 2; digit <= 9; ++digit) draw(axis.place(digit * std::pow(10.0, decade)), false);
        }
        for (int decade = axis.low; decade <= axis.high; ++decade) draw(axis.place(std::pow(10.0, decade)), true);
    };
    lines_of(x, [&](double at, bool strong) { line(at, kTop, at, kBottom, strong); });
    lines_of(y, [&](double at, bool strong) { line(kLeft, at, kRight, at, strong); });
    for (int decade = x.low; decade <= x.high; ++decade) {
        svg +=
            fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                        x.place(std::pow(10.0, decade)), kBottom + 20, decade == 0 ? "1" : fmt::format("1e{}", decade));
    }
    for (int decade = y.low; decade <= y.high; ++decade) {
        svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8,
                           y.place(std::pow(10.0, decade)) + 4, percent(decade));
    }
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">False match rate (strangers accepted)</text>\n",
                       (kLeft + kRight) / 2, kBottom + 45);
    svg += fmt::format(
        "<text transform=\"translate(24 {}) rotate(-90)\" text-anchor=\"middle\">False non-match rate (genuine "
        "refused)</text>\n",
        (kTop + kBottom) / 2);
    return svg;
}

std::string line_of(const PlotCurve& curve, const char* colour, const Axis& x, const Axis& y) {
    std::string path;
    std::string marks;
    int next_mark = -1;
    for (const CurvePoint& point : curve.points) {
        const double px = x.place(point.fmr);
        const double py = y.place(point.fnmr);
        path += fmt::format("{:.1f},{:.1f} ", px, py);
        if (point.fmr > 0 && std::log10(point.fmr) <= next_mark + 1e-9) {
            next_mark = static_cast<int>(std::ceil(std::log10(point.fmr) - 1e-9)) - 1;
            marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", px, py, colour);
        }
    }
    return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n{}", path, colour,
                       marks);
}

std::string legend(const std::vector<PlotCurve>& curves) {
    constexpr double kRowHeight = 20;
    std::size_t longest = 0;
    for (const PlotCurve& curve : curves) longest = std::max(longest, curve.label.size());
    const double width = 50 + 7.2 * static_cast<double>(longest);
    const double left = kLeft + 10;
    const double top = kBottom - 20 - kRowHeight * static_cast<double>(curves.size());
    std::string svg =
        fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"#fff\" stroke=\"#bbb\"/>\n",
                    left, top, width, kRowHeight * static_cast<double>(curves.size()) + 10);
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const double y = top + 15 + kRowHeight * static_cast<double>(i);
        svg += fmt::format(
            "<line x1=\"{:.1f}\" y1=\"{}\" x2=\"{:.1f}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"3\"/>\n"
            "<text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
            left + 10, y, left + 32, y, kColours[i], left + 40, y + 4, escaped(curves[i].label));
    }
    return svg;
}

}  // namespace

std::string det_plot(const std::string& title, const std::string& subtitle, const std::vector<PlotCurve>& curves) {
    if (curves.size() > kColours.size()) throw std::invalid_argument("too many curves for one plot");
    const Axis x{lowest_decade(curves, &CurvePoint::fmr, -2), 0, kLeft, kRight};
    const Axis y{lowest_decade(curves, &CurvePoint::fnmr, -2), 0, kBottom, kTop};
    std::string svg =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 510\" width=\"720\" height=\"510\" "
        "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n"
        "<rect width=\"720\" height=\"510\" fill=\"#fff\"/>\n";
    svg += fmt::format("<text x=\"{}\" y=\"30\" font-size=\"18\">{}</text>\n", kLeft, escaped(title));
    svg += fmt::format("<text x=\"{}\" y=\"52\" fill=\"#666\">{}</text>\n", kLeft, escaped(subtitle));
    svg += grid(x, y);
    for (std::size_t i = 0; i < curves.size(); ++i) svg += line_of(curves[i], kColours[i], x, y);
    return svg + legend(curves) + "</svg>\n";
}

}  // namespace facegate::evaluation
