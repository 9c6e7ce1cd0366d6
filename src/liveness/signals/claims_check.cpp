#include "liveness/signals/claims_check.h"

#include <cmath>

namespace facegate::liveness {
namespace {

constexpr Milliseconds kMaxLengthDifference{2000};  // claimed against decoded; a recorder starts and stops late
constexpr Milliseconds kMaxFirstGap{250};           // colours 0 and 1 are announced together
// A colour's time on the screen, of what was asked. Freely chosen times would let one order imitate another.
constexpr double kShortestScroll = 0.8;
constexpr double kLongestScroll = 2;       // a loaded browser is late
constexpr Milliseconds kMaxTransit{2500};  // network jitter between two events
constexpr double kBoxTolerance = 0.02;

// The widget gives a person 15 seconds to fill the oval (OvalFitTimeout), then come 3.4 s of colours. No more than
// this is decoded either.
constexpr Milliseconds kLongestVideo{30'000};
// A browser sends a chunk about every second. A stalled network or a busy tab holds several back; five seconds are
// still too few to render an answer to colours nobody knew and to encode it.
constexpr Milliseconds kLongestSilence{5000};
// Between the server's clock and the client's, from the first chunk on. That chunk comes a second into the recording;
// it or a later one may wait for the network for seconds.
constexpr Milliseconds kMaxLateness{5000};
// Of all bytes, when the last colour is announced. A recorder keeps a second or two to itself, and the video ends right
// after the colours: an honest client is far over a half, one that still has its colours to render is not.
constexpr double kShareBeforeLastColor = 0.5;
// From the first colour's start to the last one's, by the durations asked: a browser that draws somewhat slower and
// stands still once.
constexpr double kSlowestSequence = 1.4;
constexpr Milliseconds kSequenceHiccup{400};
// From the last colour's end to the video's. The widget stops recording at once; a busy tab takes its time.
constexpr Milliseconds kLongestTail{2000};

std::string problem_with_times(const ClientClaims& claims, std::int64_t last_pts_ms) {
    const Milliseconds claimed = *claims.video_end - *claims.video_start;
    if (claimed <= Milliseconds(0)) return "the video ends before it starts";
    if (claimed > kLongestVideo) return "the video is too long";
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
                   static_cast<double>(gap.count()) > kLongestScroll * challenge.colors[i - 1].downscroll_ms) {
            return "the colours have the wrong pace";
        }
        const Milliseconds drift =
            (claim.arrived - claims.colors.front().arrived) - (claim.start - claims.colors.front().start);
        if (drift > kMaxTransit || drift < -kMaxTransit)
            return "the colours were not displayed when they were announced";
    }
    return {};
}

bool near(Milliseconds a, Milliseconds b) {
    return a - b <= kMaxLateness && b - a <= kMaxLateness;
}

/// The video came while it was recorded.
std::string problem_with_arrival(const ClientClaims& claims, std::span<const ChunkArrival> chunks) {
    if (chunks.empty()) return "no video arrived";
    for (std::size_t i = 1; i < chunks.size(); ++i) {
        if (chunks[i].arrived - chunks[i - 1].arrived > kLongestSilence) return "the video came with a long gap";
    }
    const Milliseconds uploaded = chunks.back().arrived - chunks.front().arrived;
    return near(uploaded, *claims.video_end - *claims.video_start) ? std::string()
                                                                   : "the video did not arrive while it was recorded";
}

/// The colours were shown in one go, within the video as it arrived, and the video of them came with them. Call for as
/// many colours as were asked for, and with chunks.
std::string problem_with_sequence(const ClientClaims& claims, std::span<const ChunkArrival> chunks,
                                  const Challenge& challenge) {
    if (claims.colors.empty()) return {};
    const ColorDisplayedClaim& first = claims.colors.front();
    const ColorDisplayedClaim& last = claims.colors.back();
    Milliseconds asked{0};
    for (std::size_t i = 0; i + 1 < challenge.colors.size(); ++i) {
        asked += Milliseconds(challenge.colors[i].downscroll_ms + challenge.colors[i].flat_ms);
    }
    const auto took = static_cast<double>((last.start - first.start - kSequenceHiccup).count());
    if (took > kSlowestSequence * static_cast<double>(asked.count())) return "the colours took too long";
    const ColorStep& last_step = challenge.colors.back();
    const TimeMs shown = last.start + Milliseconds(last_step.downscroll_ms + last_step.flat_ms);
    if (*claims.video_end - shown > kLongestTail) return "the video goes on long after the colours";
    if (!near(first.arrived - chunks.front().arrived, first.start - *claims.video_start))
        return "the colours were announced at another time of the video";
    std::size_t total = 0;
    std::size_t before = 0;
    for (const ChunkArrival& chunk : chunks) {
        total += chunk.bytes;
        if (chunk.arrived <= last.arrived) before += chunk.bytes;
    }
    const bool came_along = static_cast<double>(before) >= kShareBeforeLastColor * static_cast<double>(total);
    return came_along ? std::string() : "the video came after its colours";
}

}  // namespace

std::string find_claims_problem(const ClientClaims& claims, std::span<const ChunkArrival> chunks,
                                const Challenge& challenge, std::int64_t last_pts_ms) {
    if (!claims.video_start || !claims.video_end || !claims.target_face) return "the client's account is incomplete";
    if (auto problem = problem_with_times(claims, last_pts_ms); !problem.empty()) return problem;
    if (auto problem = problem_with_target(claims.target_face->box, challenge); !problem.empty()) return problem;
    if (auto problem = problem_with_colors(claims, challenge); !problem.empty()) return problem;
    if (auto problem = problem_with_arrival(claims, chunks); !problem.empty()) return problem;
    return problem_with_sequence(claims, chunks, challenge);
}

}  // namespace facegate::liveness
