#include "synthesis/motion.h"

#include <algorithm>
#include <cmath>

namespace facegate::synthesis {
namespace {

constexpr double kStepMs = 10;
/// A head counts as twice as wide as its eyes are apart; see liveness::head_of.
constexpr double kHeadWidthCm = 12.6;
constexpr double kHeadHeightPerWidth = 1.618;
constexpr double kEyesOverCentreCm = 0.7;

double uniform(Generator& random, double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random);
}

double eased(double share) {
    const double t = std::clamp(share, 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

}  // namespace

Sway::Sway(Generator& random, double amplitude, double smoothing_ms, double length_ms) {
    std::normal_distribution<double> noise;
    const double keep = std::exp(-kStepMs / smoothing_ms);
    const auto warm_up = static_cast<int>(6 * smoothing_ms / kStepMs);
    const auto count = static_cast<int>(length_ms / kStepMs) + 2;
    double first = 0;
    double second = 0;
    std::vector<double> raw;
    for (int i = -warm_up; i < count; ++i) {
        first = keep * first + (1 - keep) * noise(random);
        second = keep * second + (1 - keep) * first;
        if (i >= 0) raw.push_back(second);
    }
    // The process's own standard deviation, for unit noise: sum of squares of the impulse response n a^n (1-a)^2.
    const double a2 = keep * keep;
    const double scale = amplitude / std::sqrt(std::pow(1 - keep, 4) * (1 + a2) / std::pow(1 - a2, 3));
    for (const double value : raw) values_.push_back(static_cast<float>(value * scale));
}

float Sway::at(double time_ms) const {
    const double step = std::clamp(time_ms / kStepMs, 0.0, static_cast<double>(values_.size() - 2));
    const auto i = static_cast<std::size_t>(step);
    const auto share = static_cast<float>(step - static_cast<double>(i));
    return values_[i] * (1 - share) + values_[i + 1] * share;
}

Timeline plan_timeline(Generator& random, const liveness::Challenge& challenge) {
    Timeline timeline;
    timeline.move_from = uniform(random, 500, 1200);
    timeline.matched = timeline.move_from + uniform(random, 1500, 3200);
    if (challenge.colors.empty()) {
        timeline.end = timeline.matched + uniform(random, 500, 900);
        return timeline;
    }
    double time = timeline.matched + uniform(random, 950, 1250);
    for (std::size_t i = 0; i < challenge.colors.size(); ++i) {
        if (i > 1) time += challenge.colors[i - 1].downscroll_ms + uniform(random, 3, 30);
        timeline.color_starts.push_back(time);
    }
    timeline.end = time + challenge.colors.back().downscroll_ms + uniform(random, 60, 250);
    return timeline;
}

Approach::Approach(Generator& random, const Lens& lens, const liveness::Oval& oval, const Timeline& timeline,
                   const Restlessness& restlessness, double fit, double growth)
    : lens_(lens), timeline_(timeline) {
    near_ = kHeadWidthCm * lens.focal_px / (oval.width * fit);
    far_ = near_ * growth;
    const double far_width = oval.width * fit / growth;
    start_x_ = lens.width / 2.0 + uniform(random, -0.5, 0.5) * far_width;
    start_y_ = lens.height / 2.0 + uniform(random, -0.35, 0.35) * far_width;
    end_x_ = oval.center_x + uniform(random, -0.03, 0.03) * oval.width;
    end_y_ = oval.center_y + uniform(random, -0.03, 0.03) * oval.height;
    nod_ = uniform(random, -4, 4);
    const double length = timeline.end + 1000;
    for (const double amplitude : {restlessness.turn, restlessness.turn * 0.8, restlessness.turn * 0.6,
                                   restlessness.shift, restlessness.shift * 0.8, restlessness.shift}) {
        sways_.emplace_back(random, amplitude, restlessness.smoothing_ms, length);
    }
}

Approach::Place Approach::place_at(double time_ms) const {
    const double share = eased((time_ms - timeline_.move_from) / (timeline_.matched - timeline_.move_from));
    // A head moves evenly in space; what is seen follows from the distance.
    Place place;
    place.distance = far_ + (near_ - far_) * share;
    const double size = near_ / place.distance;
    const double on_the_way = far_ > near_ ? (size - near_ / far_) / (1 - near_ / far_) : share;
    place.x = start_x_ + (end_x_ - start_x_) * on_the_way;
    place.y = start_y_ + (end_y_ - start_y_) * on_the_way;
    return place;
}

Placement Approach::at(double time_ms) const {
    const Place place = place_at(time_ms);
    const double distance = place.distance + sways_[5].at(time_ms);
    Placement placement;
    placement.origin.x =
        static_cast<float>((place.x - lens_.width / 2.0) * distance / lens_.focal_px) + sways_[3].at(time_ms);
    placement.origin.y =
        static_cast<float>((place.y - lens_.height / 2.0) * distance / lens_.focal_px - kEyesOverCentreCm) +
        sways_[4].at(time_ms);
    placement.origin.z = static_cast<float>(distance);
    const double share = eased((time_ms - timeline_.move_from) / (timeline_.matched - timeline_.move_from));
    placement.yaw = sways_[0].at(time_ms);
    placement.pitch = sways_[1].at(time_ms) + static_cast<float>(nod_ * share);
    placement.roll = sways_[2].at(time_ms);
    return placement;
}

std::array<double, 4> Approach::head_at(double time_ms) const {
    const Place place = place_at(time_ms);
    const double width = kHeadWidthCm * lens_.focal_px / place.distance;
    const double height = width * kHeadHeightPerWidth;
    return {place.x - width / 2, place.y - height / 2, width, height};
}

Blinks::Blinks(Generator& random, double per_second, double length_ms) {
    if (!(per_second > 0)) return;
    std::exponential_distribution<double> pause(per_second / 1000);
    double time = pause(random);
    while (time < length_ms) {
        const Blink blink{time, uniform(random, 60, 100), uniform(random, 40, 90), uniform(random, 100, 170)};
        blinks_.push_back(blink);
        time += blink.closing + blink.closed + blink.opening + 150 + pause(random);
    }
}

float Blinks::at(double time_ms) const {
    for (const Blink& blink : blinks_) {
        const double since = time_ms - blink.start;
        if (since < 0) break;
        if (since < blink.closing) return static_cast<float>(eased(since / blink.closing));
        if (since < blink.closing + blink.closed) return 1;
        const double opening = since - blink.closing - blink.closed;
        if (opening < blink.opening) return static_cast<float>(1 - eased(opening / blink.opening));
    }
    return 0;
}

}  // namespace facegate::synthesis
