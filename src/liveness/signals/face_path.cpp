#include "liveness/signals/face_path.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "liveness/signals/statistics.h"

namespace facegate::liveness {
namespace {

constexpr std::size_t kEndFrames = 3;
constexpr double kLastMs = 1500;
constexpr double kHeightPerWidth = 1.618;
constexpr double kEyesToCenter = 0.2;  // of the way to the tip of the nose
constexpr int kGrid = 96;

double distance(vision::Point2 a, vision::Point2 b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

vision::Point2 middle(vision::Point2 a, vision::Point2 b) {
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}

bool contains(const Ellipse& ellipse, double x, double y) {
    const double dx = 2 * (x - ellipse.center_x) / ellipse.width;
    const double dy = 2 * (y - ellipse.center_y) / ellipse.height;
    return dx * dx + dy * dy <= 1;
}

struct HeadSample {
    double time_ms = 0;
    double width = 0;
    double overlap = 0;
};

}  // namespace

Ellipse ellipse_of(const Oval& oval) {
    return {static_cast<double>(oval.center_x), static_cast<double>(oval.center_y), static_cast<double>(oval.width),
            static_cast<double>(oval.height)};
}

Ellipse head_of(const vision::Detection& face) {
    const auto& [right_eye, left_eye, nose, mouth] = face.keypoints;
    const vision::Point2 eyes = middle(right_eye, left_eye);
    // A head is about twice as wide as its eyes are apart and 1.8 times as wide as the mouth is below them. Turning
    // shortens the first and nodding the second, so the mean of both.
    const double width = (2.0 * distance(right_eye, left_eye) + 1.8 * distance(eyes, mouth)) / 2;
    // Eyes lie a little above the middle between crown and chin.
    const double center_x = eyes.x + kEyesToCenter * (nose.x - eyes.x);
    const double center_y = eyes.y + kEyesToCenter * (nose.y - eyes.y);
    return {center_x, center_y, width, width * kHeightPerWidth};
}

double overlap(const Ellipse& a, const Ellipse& b) {
    if (!(a.width > 0 && a.height > 0 && b.width > 0 && b.height > 0)) return 0;
    const double left = std::min(a.center_x - a.width / 2, b.center_x - b.width / 2);
    const double right = std::max(a.center_x + a.width / 2, b.center_x + b.width / 2);
    const double top = std::min(a.center_y - a.height / 2, b.center_y - b.height / 2);
    const double bottom = std::max(a.center_y + a.height / 2, b.center_y + b.height / 2);
    int in_both = 0;
    int in_any = 0;
    for (int row = 0; row < kGrid; ++row) {
        for (int column = 0; column < kGrid; ++column) {
            const double x = left + (right - left) * (column + 0.5) / kGrid;
            const double y = top + (bottom - top) * (row + 0.5) / kGrid;
            const bool in_a = contains(a, x, y);
            const bool in_b = contains(b, x, y);
            in_both += in_a && in_b ? 1 : 0;
            in_any += in_a || in_b ? 1 : 0;
        }
    }
    return in_any > 0 ? static_cast<double>(in_both) / in_any : 0;
}

std::optional<FacePath> measure_face_path(std::span<const FrameSample> samples, const Oval& oval,
                                          const std::optional<TimeWindow>& hold) {
    const Ellipse target = ellipse_of(oval);
    std::vector<HeadSample> heads;
    for (const FrameSample& sample : samples) {
        if (sample.faces != 1) continue;
        const Ellipse head = head_of(sample.face);
        heads.push_back({sample.time_ms, head.width, overlap(head, target)});
    }
    if (heads.size() < 2 * kEndFrames) return std::nullopt;

    const TimeWindow window = hold.value_or(TimeWindow{heads.back().time_ms - kLastMs, heads.back().time_ms});
    std::vector<double> end_overlaps;
    std::vector<double> end_widths;
    const HeadSample* best = nullptr;
    for (const HeadSample& head : heads) {
        if (!window.contains(head.time_ms)) continue;
        end_overlaps.push_back(head.overlap);
        end_widths.push_back(head.width);
        if (best == nullptr || head.overlap > best->overlap) best = &head;
    }
    if (end_overlaps.size() < kEndFrames) return std::nullopt;

    std::vector<double> start_widths;
    for (std::size_t i = 0; i < kEndFrames; ++i) start_widths.push_back(heads[i].width);
    const double start_width = median(start_widths);
    if (!(start_width > 0)) return std::nullopt;
    if (hold) return FacePath{median(end_overlaps), median(end_widths) / start_width};
    return FacePath{best->overlap, best->width / start_width};
}

}  // namespace facegate::liveness
