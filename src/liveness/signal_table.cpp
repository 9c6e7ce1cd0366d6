#include "liveness/signal_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "liveness/signals/color_response.h"
#include "liveness/verdict.h"

namespace facegate::liveness {
namespace {

constexpr double kPassScore = kLiveConfidence / 100;
constexpr double kBestFailingScore = kPassScore - 0.001;  // so that rounding never lifts a failure to a pass
constexpr int kMinSampledFrames = 10;
constexpr int kMinComparedFrames = 3;

using Value = std::optional<double>;

Value if_enough(int count, int needed, Value value) {
    return count >= needed ? value : std::nullopt;
}
/// Far from 1 either way is bad: the distance counts.
Value distance_from_one(Value value) {
    if (!value) return std::nullopt;
    return std::abs(*value - 1);
}

Value one_face(const ClipSignals& s) {
    return if_enough(s.sampled_frames, kMinSampledFrames, s.one_face_fraction);
}
Value in_oval(const ClipSignals& s) {
    return s.oval_overlap;
}
Value moved_closer(const ClipSignals& s) {
    return s.growth;
}
Value solid_head(const ClipSignals& s) {
    return s.solid ? Value(s.solid->view) : std::nullopt;
}
Value relief(const ClipSignals& s) {
    return s.solid ? Value(s.solid->view + s.solid->relief) : std::nullopt;
}
Value same_person(const ClipSignals& s) {
    const Value rate = if_enough(s.compared_frames, kMinComparedFrames, s.same_person_fmr);
    return rate && *rate > 0 ? Value(std::log10(*rate)) : std::nullopt;
}
Value color_order(const ClipSignals& s) {
    return s.color ? Value(s.color->correlation) : std::nullopt;
}
Value color_gain(const ClipSignals& s) {
    return s.color ? Value(s.color->gain) : std::nullopt;
}
Value color_lag(const ClipSignals& s) {
    return s.color ? s.color->lag_spread_ms : std::nullopt;
}
Value surround(const ClipSignals& s) {
    return s.color ? s.color->surround_ratio : std::nullopt;
}
Value unrest(const ClipSignals& s) {
    return s.motion ? Value(s.motion->unrest) : std::nullopt;
}
Value novelty(const ClipSignals& s) {
    return s.motion ? Value(s.motion->novelty) : std::nullopt;
}
Value continuity(const ClipSignals& s) {
    return s.fastest_movement;
}
Value blinks(const ClipSignals& s) {
    return s.blinks ? Value(s.blinks->blinks) : std::nullopt;
}
Value claims(const ClipSignals& s) {
    return s.claims_consistent ? 1 : 0;
}
Value clock_rate(const ClipSignals& s) {
    return s.timing ? distance_from_one(s.timing->rate) : std::nullopt;
}
Value event_times(const ClipSignals& s) {
    if (!s.timing || !s.timing->event_offset_ms) return std::nullopt;
    return std::abs(*s.timing->event_offset_ms);
}
Value whole_video(const ClipSignals& s) {
    return s.frames_per_second > 0 ? Value(s.largest_gap_ms) : std::nullopt;
}
Value moire(const ClipSignals& s) {
    return s.forensics ? Value(s.forensics->moire) : std::nullopt;
}

constexpr auto kRequired = SignalRole::kRequired;
constexpr auto kSupporting = SignalRole::kSupporting;

constexpr SignalRule kTable[] = {
    {"one_face",
     kRequired,
     10,
     {0.5, 0.9, 0.98},
     {0.5, 0.9, 0.98},
     false,
     "share of the sampled frames with one face",
     "exactly one face throughout",
     "not exactly one face throughout",
     "a detector may lose a face for a frame in ten; a second person does not come and go that fast",
     one_face},
    {"in_oval",
     kRequired,
     10,
     {0.3, 0.55, 0.8},
     {0.2, 0.33, 0.7},
     false,
     "overlap of head and oval in the video, intersection over union",
     "the face moved into the oval",
     "the face is not in the oval in the video",
     "genuine 0.6 and more, forged claims 0.2 to 0.4; the movement challenge stops recording at the match, and a "
     "loaded "
     "browser was seen to lose the second before it",
     in_oval},
    {"moved_closer",
     kRequired,
     5,
     {1.0, 1.2, 1.6},
     {1.0, 1.2, 1.6},
     false,
     "head width at the end over the start",
     "the face came closer",
     "the face did not come closer",
     "1.7 to 2.6 is usual",
     moved_closer},
    {"solid_head",
     kRequired,
     20,
     {0.1, 0.7, 1.0},
     {0.1, 0.7, 1.0},
     false,
     "angle of view that the head's growth implies, as twice the tangent of its half",
     "what came closer has the depth of a head",
     "what came closer has not the depth of a head",
     "planes 0.0, bent sheets and masks up to 0.78, heads 1.2 and more, as lenses have 1.1 to 1.7",
     solid_head},
    {"relief",
     kRequired,
     8,
     {0.3, 1.0, 1.5},
     {0.3, 1.0, 1.5},
     false,
     "the same plus what only a face's own relief explains, no curved sheet",
     "it has the relief of a face",
     "it has no relief of a face",
     "bent prints and masks up to 0.96, heads 2.0 and more",
     relief},
    {"same_person",
     kRequired,
     10,
     {-1, -3, -6},
     {-1, -3, -6},
     false,
     "log10 of the false match rate between the two least alike frames",
     "the same person in all compared frames",
     "the compared frames may show different people",
     "one person's frames are far below 1e-6, two people's who look alike came to 2e-3",
     same_person},
    {"color_order",
     kRequired,
     12,
     {0.4, 0.75, 0.9},
     {},
     true,
     "correlation of the skin with the displayed colours",
     "the face follows the displayed colours",
     "the face does not follow the displayed colours",
     "no order of the code imitates another beyond 0.70, noise stays under 0.5",
     color_order},
    {"color_gain",
     kRequired,
     4,
     {0.002, 0.015, 0.05},
     {},
     true,
     "change of the skin's chroma for a full change of the displayed one",
     "the displayed light reaches the face",
     "next to no displayed light reaches the face",
     "a screen adds some hundredths to a lit face, a glass reflection next to nothing; noise reached 0.001",
     color_gain},
    {"color_lag",
     kRequired,
     4,
     {400, 160, 60},
     {},
     true,
     "difference of the delay between both halves, ms",
     "the face follows at a constant delay",
     "the delay changes over the sequence",
     "a camera's delay does not change by more than a few frames",
     color_lag},
    {"surround",
     kRequired,
     4,
     {1.0, 0.75, 0.4},
     {},
     true,
     "colour gain of the surround over that of the face",
     "the screen lights a face before a room",
     "face and surround are tinted alike",
     "a tint on all of the picture gives 1, a head before a room 0.0 to 0.15",
     surround},
    {"natural_motion",
     kRequired,
     4,
     {2, 8, 15},
     {2, 8, 15},
     false,
     "movement within 0.3 s, median, thousandths of the face's width",
     "the face is never quite still",
     "the face stands still",
     "",
     unrest},
    {"no_loop",
     kRequired,
     3,
     {0.05, 0.2, 0.4},
     {0.05, 0.2, 0.4},
     false,
     "movement that a repetition leaves unexplained, as a share",
     "the movement does not repeat",
     "the same movement comes again and again",
     "",
     novelty},
    {"continuity",
     kRequired,
     3,
     {8, 4, 2.5},
     {8, 4, 2.5},
     false,
     "fastest movement, face widths a second",
     "no cut",
     "the picture jumps",
     "",
     continuity},
    {"blinks",
     kSupporting,
     2,
     {0, 1, 2},
     {0, 1, 2},
     false,
     "closings of the eyes",
     "the eyes blink",
     "no blink was seen",
     "one person in ten does not blink within eight seconds",
     blinks},
    {"claims",
     kRequired,
     3,
     {0, 1, 1},
     {0, 1, 1},
     false,
     "1: the client's account agrees with everything else",
     "the client's account agrees with what was asked and what arrived",
     "the client's account contradicts the rest",
     "",
     claims},
    {"clock_rate",
     kSupporting,
     3,
     {0.3, 0.1, 0.03},
     {0.3, 0.1, 0.03},
     false,
     "difference of the video's clock from the server's, a second",
     "the video came at the pace of its own clock",
     "the video came at another pace than its own clock",
     "",
     clock_rate},
    {"event_times",
     kRequired,
     3,
     {1500, 900, 400},
     {},
     true,
     "events' arrival against their place in the video, ms",
     "the events arrived when they are said to have happened",
     "the events arrived at other times than they claim",
     "",
     event_times},
    {"whole_video",
     kSupporting,
     2,
     {3000, 800, 250},
     {3000, 800, 250},
     false,
     "longest pause between two frames, ms",
     "no part of the video is missing",
     "a part of the video is missing",
     "",
     whole_video},
    {"moire",
     kSupporting,
     1,
     {1.3, 0.9, 0.7},
     {1.3, 0.9, 0.7},
     false,
     "strongest lone peak in the spectrum, decades",
     "no pattern of a screen",
     "a pattern as of a screen",
     "advice only",
     moire},
};

}  // namespace

bool Scale::passes(double value) const {
    return full >= pass && pass > none ? value >= pass : value <= pass;
}

double Scale::score(double value) const {
    if (passes(value)) {
        if (full == pass) return 1;
        return kPassScore + (1 - kPassScore) * std::clamp((value - pass) / (full - pass), 0.0, 1.0);
    }
    return std::min(kBestFailingScore, kPassScore * std::clamp((value - none) / (pass - none), 0.0, 1.0));
}

std::span<const SignalRule> signal_table() {
    return kTable;
}

std::string signal_table_markdown() {
    std::string text =
        "| signal | value | none · pass · full | movement only | weight | why there |\n|---|---|---|---|---|---|\n";
    const auto points = [](const Scale& scale) {
        return fmt::format("{:g} · **{:g}** · {:g}", scale.none, scale.pass, scale.full);
    };
    for (const SignalRule& rule : kTable) {
        text += fmt::format("| `{}`{} | {} | {} | {} | {:g} | {} |\n", rule.name,
                            rule.role == SignalRole::kSupporting ? " (supporting)" : "", rule.unit, points(rule.light),
                            rule.light_only ? "–" : points(rule.movement), rule.weight, rule.because);
    }
    return text;
}

}  // namespace facegate::liveness
