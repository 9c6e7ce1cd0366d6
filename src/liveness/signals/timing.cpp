#include "liveness/signals/timing.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "liveness/signals/statistics.h"

namespace facegate::liveness {
namespace {

constexpr double kShortestSpanMs = 1500;  // of presentation time, for a rate

double ms(Milliseconds time) {
    return static_cast<double>(time.count());
}

}  // namespace

std::optional<Timing> measure_timing(const ClientClaims& claims, std::span<const ChunkTime> chunks) {
    std::vector<ChunkTime> steps;
    for (const ChunkTime& chunk : chunks) {
        if (steps.empty() || chunk.last_pts_ms > steps.back().last_pts_ms) steps.push_back(chunk);
    }
    if (steps.size() < 3) return std::nullopt;

    double earliest = ms(steps.front().arrived) - static_cast<double>(steps.front().last_pts_ms);
    double latest = earliest;
    double mean_pts = 0;
    double mean_arrival = 0;
    for (const ChunkTime& step : steps) {
        const double delay = ms(step.arrived) - static_cast<double>(step.last_pts_ms);
        earliest = std::min(earliest, delay);
        latest = std::max(latest, delay);
        mean_pts += static_cast<double>(step.last_pts_ms) / static_cast<double>(steps.size());
        mean_arrival += ms(step.arrived) / static_cast<double>(steps.size());
    }
    Timing timing;
    timing.largest_delay_ms = latest - earliest;
    double both = 0;
    double square = 0;
    for (const ChunkTime& step : steps) {
        const double pts = static_cast<double>(step.last_pts_ms) - mean_pts;
        both += pts * (ms(step.arrived) - mean_arrival);
        square += pts * pts;
    }
    const double span = static_cast<double>(steps.back().last_pts_ms - steps.front().last_pts_ms);
    if (span >= kShortestSpanMs) timing.rate = both / square;
    if (claims.video_start && !claims.colors.empty()) {
        std::vector<double> offsets;
        for (const ColorDisplayedClaim& color : claims.colors) {
            const double said = ms(color.start - *claims.video_start);
            offsets.push_back(ms(color.arrived) - earliest - said);
        }
        timing.event_offset_ms = median(offsets);
    }
    return timing;
}

}  // namespace facegate::liveness
