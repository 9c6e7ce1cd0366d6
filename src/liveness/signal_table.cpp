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
constexpr int kMinComparedInFlash = 2;  // whom the colours light is whom the probe shows
constexpr double kWidestLens = 3;       // twice the tangent of half its angle: 113 degrees

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
/// Beyond the widest lens it falls again.
Value solid_head(const ClipSignals& s) {
    if (!s.solid) return std::nullopt;
    return std::min(s.solid->view, 2 * kWidestLens - s.solid->view);
}
Value relief(const ClipSignals& s) {
    return s.solid ? Value(s.solid->view + s.solid->relief) : std::nullopt;
}
Value same_person(const ClipSignals& s) {
    if (s.compared_in_flash && *s.compared_in_flash < kMinComparedInFlash) return std::nullopt;
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
    return s.motion ? s.motion->novelty : std::nullopt;
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

// clang-format off
constexpr SignalRule kTable[] = {
    {.name = "one_face", .role = kRequired, .weight = 10,
     .light = {0.5, 0.9, 0.98}, .movement = {0.5, 0.9, 0.98}, .light_only = false,
     .unit = "share of the sampled frames with one face: of all or of those under colours, whichever is less",
     .good = "exactly one face throughout",
     .bad = "not exactly one face throughout",
     .because = "a detector may lose a face for a frame in ten; a second person does not come and go that fast",
     .value = one_face},
    {.name = "in_oval", .role = kRequired, .weight = 10,
     .light = {0.3, 0.55, 0.8}, .movement = {0.2, 0.33, 0.7}, .light_only = false,
     .unit = "overlap of head and oval in the video, intersection over union",
     .good = "the face moved into the oval",
     .bad = "the face is not in the oval in the video",
     .because = "genuine 0.6 and more, forged claims 0.1 to 0.4; the movement challenge stops recording at the match, and a loaded browser was seen to lose the second before it",
     .value = in_oval},
    {.name = "moved_closer", .role = kRequired, .weight = 5,
     .light = {1, 1.2, 1.6}, .movement = {1, 1.2, 1.6}, .light_only = false,
     .unit = "head width at the end over the start",
     .good = "the face came closer",
     .bad = "the face did not come closer",
     .because = "1.7 to 2.6 is usual",
     .value = moved_closer},
    {.name = "solid_head", .role = kRequired, .weight = 20,
     .light = {0.2, 0.8, 1.1}, .movement = {0.2, 0.8, 1.1}, .light_only = false,
     .unit = "angle of view that the head's growth implies, twice the tangent of its half; over 3 it counts down again",
     .good = "what came closer has the depth of a head",
     .bad = "what came closer has not the depth of a head",
     .because = "planes 0.0, bent sheets and masks up to 0.78, heads 1.2 and more: lenses have 1.1 to 1.7",
     .value = solid_head},
    {.name = "relief", .role = kRequired, .weight = 8,
     .light = {0.4, 1.05, 1.5}, .movement = {0.4, 1.05, 1.5}, .light_only = false,
     .unit = "the same, plus what no curved sheet explains",
     .good = "it has the relief of a face",
     .bad = "it has no relief of a face",
     .because = "bent prints and masks up to 0.96, heads 2.0 and more",
     .value = relief},
    {.name = "same_person", .role = kRequired, .weight = 10,
     .light = {-2, -5, -7}, .movement = {-2, -5, -7}, .light_only = false,
     .unit = "log10 of the false match rate at the weakest link between the compared frames",
     .good = "the same person in all compared frames",
     .bad = "the compared frames may show different people",
     .because = "one person's frames hang together at 1e-6 and far below, two sisters at 5e-5",
     .value = same_person},
    {.name = "color_order", .role = kRequired, .weight = 12,
     .light = {0.4, 0.75, 0.9}, .movement = {}, .light_only = true,
     .unit = "correlation of the skin with the displayed colours",
     .good = "the face follows the displayed colours",
     .bad = "the face does not follow the displayed colours",
     .because = "no order of the code imitates another beyond 0.70, noise stays under 0.5",
     .value = color_order},
    {.name = "color_gain", .role = kRequired, .weight = 4,
     .light = {0.002, 0.015, 0.05}, .movement = {}, .light_only = true,
     .unit = "change of the skin's chroma for a full change of the displayed one",
     .good = "the displayed light reaches the face",
     .bad = "next to no displayed light reaches the face",
     .because = "a screen adds some hundredths to a lit face, a glass reflection next to nothing; noise reached 0.001",
     .value = color_gain},
    {.name = "color_lag", .role = kRequired, .weight = 4,
     .light = {400, 160, 60}, .movement = {}, .light_only = true,
     .unit = "difference of the delay between both halves, ms",
     .good = "the face follows at a constant delay",
     .bad = "the delay changes over the sequence",
     .because = "a camera's delay does not change by more than a few frames",
     .value = color_lag},
    {.name = "surround", .role = kSupporting, .weight = 4,
     .light = {1, 0.75, 0.4}, .movement = {}, .light_only = true,
     .unit = "colour gain of the surround over that of the face",
     .good = "the screen lights a face before a room",
     .bad = "face and surround are tinted alike",
     .because = "a tint on all of the picture gives 1, a head before a room 0.0 to 0.15; a face can fill the picture",
     .value = surround},
    {.name = "natural_motion", .role = kRequired, .weight = 4,
     .light = {0.006, 0.015, 0.06}, .movement = {0.006, 0.015, 0.06}, .light_only = false,
     .unit = "change of the face's texture within 0.3 s, 1 minus correlation",
     .good = "the face is never quite still",
     .bad = "the face stands still",
     .because = "a still picture under changing light 0.005, people who hold still 0.03 and more",
     .value = unrest},
    {.name = "no_loop", .role = kRequired, .weight = 3,
     .light = {0.06, 0.12, 0.3}, .movement = {0.02, 0.06, 0.2}, .light_only = false,
     .unit = "what the best repetition leaves of those changes, a share",
     .good = "the movement does not repeat",
     .bad = "the same movement comes again and again",
     .because = "loops 0.02 to 0.06, people 0.2 and more; who comes closer all the time, as in a movement clip, repeats nothing anyway",
     .value = novelty},
    {.name = "continuity", .role = kRequired, .weight = 3,
     .light = {8, 4, 2.5}, .movement = {8, 4, 2.5}, .light_only = false,
     .unit = "fastest movement, face widths a second",
     .good = "no cut",
     .bad = "the picture jumps",
     .because = "people reach 1.5 on the way into the oval",
     .value = continuity},
    {.name = "blinks", .role = kSupporting, .weight = 2,
     .light = {0, 1, 2}, .movement = {0, 1, 2}, .light_only = false,
     .unit = "closings of the eyes",
     .good = "the eyes blink",
     .bad = "no blink was seen",
     .because = "one person in ten does not blink within eight seconds, and a short blink falls between two looks",
     .value = blinks},
    {.name = "claims", .role = kRequired, .weight = 3,
     .light = {0, 1, 1}, .movement = {0, 1, 1}, .light_only = false,
     .unit = "1: the client's account agrees with everything else",
     .good = "the client's account agrees with what was asked and what arrived",
     .bad = "the client's account contradicts the rest",
     .because = "yes or no; the first contradiction is the reason given",
     .value = claims},
    {.name = "clock_rate", .role = kRequired, .weight = 3,
     .light = {0.4, 0.15, 0.05}, .movement = {0.6, 0.25, 0.05}, .light_only = false,
     .unit = "difference of the video's clock from the server's, a share",
     .good = "the video came at the pace of its own clock",
     .bad = "the video came at another pace than its own clock",
     .because = "0.01 is usual; a chunk held back for a second in eight makes 0.1",
     .value = clock_rate},
    {.name = "event_times", .role = kRequired, .weight = 3,
     .light = {1500, 900, 400}, .movement = {}, .light_only = true,
     .unit = "events' arrival against their place in the video, ms",
     .good = "the events arrived when they are said to have happened",
     .bad = "the events arrived at other times than they claim",
     .because = "up to 200 is usual; light that is rendered seconds later has to move its times by as much",
     .value = event_times},
    {.name = "whole_video", .role = kSupporting, .weight = 2,
     .light = {3000, 800, 250}, .movement = {3000, 800, 250}, .light_only = false,
     .unit = "longest pause between two frames, ms",
     .good = "no part of the video is missing",
     .bad = "a part of the video is missing",
     .because = "a busy browser drops frames",
     .value = whole_video},
    {.name = "moire", .role = kSupporting, .weight = 1,
     .light = {1.3, 0.9, 0.7}, .movement = {1.3, 0.9, 0.7}, .light_only = false,
     .unit = "strongest lone peak in the face's spectrum, decades",
     .good = "no pattern of a screen",
     .bad = "a pattern as of a screen",
     .because = "advice only",
     .value = moire},
};
// clang-format on

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
