#include "liveness/signals/motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "liveness/signals/statistics.h"

namespace facegate::liveness {
namespace {

constexpr double kUnrestMs = 300;
constexpr double kShortestPeriodMs = 400;
constexpr double kLongestPeriodMs = 2500;
constexpr double kPeriodStepMs = 25;

/// Centre of the eyes and the mouth, in face widths of the clip's median, and the logarithm of the size.
struct TrackPoint {
    double time_ms = 0;
    std::array<double, 5> state{};  // eyes x, y; nose x, y; size
};

double distance(vision::Point2 a, vision::Point2 b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

std::vector<TrackPoint> track_of(std::span<const FrameSample> samples) {
    std::vector<double> widths;
    for (const FrameSample& sample : samples) {
        if (sample.faces > 0) widths.push_back(2 * distance(sample.face.keypoints[0], sample.face.keypoints[1]));
    }
    std::vector<TrackPoint> track;
    if (widths.empty()) return track;
    const double width = std::max(median(widths), 1.0);
    for (const FrameSample& sample : samples) {
        if (sample.faces == 0) continue;
        const auto& [right, left, nose, mouth] = sample.face.keypoints;
        const double eyes = distance(right, left);
        const double mouth_way = std::hypot((right.x + left.x) / 2 - mouth.x, (right.y + left.y) / 2 - mouth.y);
        track.push_back({sample.time_ms,
                         {(right.x + left.x) / 2 / width, (right.y + left.y) / 2 / width, nose.x / width,
                          nose.y / width, (eyes + mouth_way) / width}});
    }
    return track;
}

double way(const std::array<double, 5>& a, const std::array<double, 5>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(sum);
}

/// The state at a time between two samples; nothing outside of them.
std::optional<std::array<double, 5>> state_at(std::span<const TrackPoint> track, double time_ms) {
    const auto after = std::ranges::lower_bound(track, time_ms, {}, &TrackPoint::time_ms);
    if (after == track.begin() || after == track.end()) return std::nullopt;
    const TrackPoint& b = *after;
    const TrackPoint& a = *(after - 1);
    const double share = (time_ms - a.time_ms) / std::max(b.time_ms - a.time_ms, 1e-6);
    std::array<double, 5> state{};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = a.state[i] * (1 - share) + b.state[i] * share;
    return state;
}

/// What a repetition with the best period leaves, as a share of what any period leaves: 1 for movement that never
/// repeats.
double novelty_of(std::span<const TrackPoint> track) {
    std::vector<double> left;
    for (double period = kShortestPeriodMs; period <= kLongestPeriodMs; period += kPeriodStepMs) {
        std::vector<double> differences;
        for (const TrackPoint& point : track) {
            if (const auto before = state_at(track, point.time_ms - period)) {
                differences.push_back(way(point.state, *before));
            }
        }
        if (differences.size() >= static_cast<std::size_t>(kMinMotionSamples) / 2) left.push_back(median(differences));
    }
    if (left.size() < 8) return 1;
    const double usual = median(left);
    return usual > 0 ? std::min(1.0, *std::ranges::min_element(left) / usual) : 0;
}

}  // namespace

std::optional<FaceMotion> measure_motion(std::span<const FrameSample> samples) {
    const std::vector<TrackPoint> track = track_of(samples);
    if (track.empty()) return std::nullopt;
    const double middle = (track.front().time_ms + track.back().time_ms) / 2;
    const auto later = std::ranges::lower_bound(track, middle, {}, &TrackPoint::time_ms);
    const std::span<const TrackPoint> half(later, track.end());
    if (half.size() < static_cast<std::size_t>(kMinMotionSamples)) return std::nullopt;

    FaceMotion motion;
    motion.samples = static_cast<int>(track.size());
    std::vector<double> ways;
    for (const TrackPoint& point : half) {
        if (const auto before = state_at(half, point.time_ms - kUnrestMs)) ways.push_back(way(point.state, *before));
    }
    if (ways.empty()) return std::nullopt;
    motion.unrest = median(ways) * 1000;
    motion.novelty = novelty_of(half);
    for (std::size_t i = 1; i < track.size(); ++i) {
        const double seconds = std::max((track[i].time_ms - track[i - 1].time_ms) / 1000, 0.02);
        motion.fastest = std::max(motion.fastest, way(track[i].state, track[i - 1].state) / seconds);
    }
    return motion;
}

std::optional<BlinkCount> count_blinks(std::span<const FaceLook> looks) {
    constexpr double kClosed = 0.68;  // of the median
    constexpr double kOpen = 0.82;
    constexpr double kLongestMs =
        700;  // between two open samples; samples are a seventh to a quarter of a second apart
    std::vector<const FaceLook*> seen;
    std::vector<double> openness;
    for (const FaceLook& sample : looks) {
        if (!sample.eye_openness) continue;
        seen.push_back(&sample);
        openness.push_back(*sample.eye_openness);
    }
    if (seen.size() < static_cast<std::size_t>(kMinEyeSamples)) return std::nullopt;
    const double usual = std::max(median(openness), 1e-3);
    BlinkCount count;
    count.samples = static_cast<int>(seen.size());
    double open_at = -1;
    double lowest = 1;
    for (const FaceLook* sample : seen) {
        const double share = *sample->eye_openness / usual;
        if (share < kOpen) {
            lowest = std::min(lowest, share);
            continue;
        }
        if (open_at >= 0 && sample->time_ms - open_at <= kLongestMs) {
            count.deepest = std::min(count.deepest, lowest);
            if (lowest < kClosed) ++count.blinks;
        }
        open_at = sample->time_ms;
        lowest = 1;
    }
    return count;
}

}  // namespace facegate::liveness
