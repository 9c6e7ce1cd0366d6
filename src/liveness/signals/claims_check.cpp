#include "liveness/signals/claims_check.h"

#include <cmath>

namespace facegate::liveness {
namespace {

constexpr Milliseconds kMaxLengthDifference{2000};  // claimed against decoded; a recorder starts and stops late
constexpr Milliseconds kMaxFirstGap{250};           // colours 0 and 1 are announced together
constexpr double kShortestScroll = 0.8;             // of what was asked
constexpr Milliseconds kLongestGap{3000};           // a loaded browser is late
constexpr Milliseconds kMaxTransit{2500};           // network jitter between two events
constexpr double kBoxTolerance = 0.02;

std::string problem_with_times(const ClientClaims& claims, std::int64_t last_pts_ms) {
    const Milliseconds claimed = *claims.video_end - *claims.video_start;
    if (claimed <= Milliseconds(0)) return "the video ends before it starts";
    const Milliseconds difference = claimed - Milliseconds(last_pts_ms);
    if (difference > kMaxLengthDifference || difference < -kMaxLengthDifference)
        return "the claimed length is not the video's";
    const TargetFaceClaim& target = *claims.target_face;
    if (target.start > target.end || target.start < *claims.video_start || target.end > *claims.video_end) {
        return "the face was in the oval outside of the video";
    }
    return {};
}

std::string problem_with_target(const FractionBox& box, const Challenge& challenge) {
    const double width = challenge.video_width;
    const double height = challenge.video_height;
    const Oval& oval = challenge.oval;
    const double left = (oval.center_x - oval.width / 2.0) / width;
    const double top = (oval.center_y - oval.height / 2.0) / height;
    const bool same = std::abs(box.left - left) <= kBoxTolerance && std::abs(box.top - top) <= kBoxTolerance &&
                      std::abs(box.width - oval.width / width) <= kBoxTolerance &&
                      std::abs(box.height - oval.height / height) <= kBoxTolerance;
    return same ? std::string() : "the target is not the oval that was sent";
}

std::string problem_with_colors(const ClientClaims& claims, const Challenge& challenge) {
    if (claims.colors.size() != challenge.colors.size()) return "not every colour was displayed once";
    for (std::size_t i = 0; i < claims.colors.size(); ++i) {
        const ColorDisplayedClaim& claim = claims.colors[i];
        const Rgb& previous = challenge.colors[i == 0 ? 0 : i - 1].rgb;
        if (claim.sequence_number != static_cast<int>(i)) return "the colours are out of order";
        if (claim.current != challenge.colors[i].rgb || claim.previous != previous)
            return "other colours were displayed than asked";
        if (claim.start < *claims.video_start || claim.start > *claims.video_end)
            return "a colour was displayed outside of the video";
        if (i == 0) continue;
        const ColorDisplayedClaim& before = claims.colors[i - 1];
        const Milliseconds gap = claim.start - before.start;
        if (i == 1) {
            if (gap < Milliseconds(0) || gap > kMaxFirstGap) return "the first colours do not start together";
        } else if (static_cast<double>(gap.count()) < kShortestScroll * challenge.colors[i - 1].downscroll_ms ||
                   gap > kLongestGap) {
            return "the colours have the wrong pace";
        }
        const Milliseconds drift =
            (claim.arrived - claims.colors.front().arrived) - (claim.start - claims.colors.front().start);
        if (drift > kMaxTransit || drift < -kMaxTransit)
            return "the colours were not displayed when they were announced";
    }
    return {};
}

}  // namespace

std::string find_claims_problem(const ClientClaims& claims, const Challenge& challenge, std::int64_t last_pts_ms) {
    if (!claims.video_start || !claims.video_end || !claims.target_face) return "the client's account is incomplete";
    if (auto problem = problem_with_times(claims, last_pts_ms); !problem.empty()) return problem;
    if (auto problem = problem_with_target(claims.target_face->box, challenge); !problem.empty()) return problem;
    return problem_with_colors(claims, challenge);
}

}  // namespace facegate::liveness
