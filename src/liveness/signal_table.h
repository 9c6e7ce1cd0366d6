#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "liveness/challenge.h"
#include "liveness/clip_signals.h"

namespace facegate::liveness {

/// A value becomes a score along three points: `none` scores 0, `pass` 0.9, `full` 1, straight lines between. They may
/// fall or rise.
struct Scale {
    double none = 0;
    double pass = 0;
    double full = 0;

    [[nodiscard]] bool passes(double value) const;
    /// 0-1; at least 0.9 if and only if the value passes.
    [[nodiscard]] double score(double value) const;
};

enum class SignalRole {
    kRequired,    ///< must be measured and pass, or the clip is not live
    kSupporting,  ///< counts by its weight; not measured, it counts half
};

/// One line of the verdict's table: what is measured, what is asked of it, and why.
struct SignalRule {
    std::string_view name;
    SignalRole role = SignalRole::kRequired;
    double weight = 0;  ///< share in the confidence; those of a challenge type are divided by their sum
    Scale light;        ///< for FaceMovementAndLightChallenge
    Scale movement;     ///< for FaceMovementChallenge
    bool light_only = false;
    std::string_view unit;     ///< what the value is
    std::string_view good;     ///< the reason given when it passes
    std::string_view bad;      ///< and when it does not
    std::string_view because;  ///< why the points lie where they lie
    /// The value, or nothing if the clip does not allow it to be measured.
    std::optional<double> (*value)(const ClipSignals& signals) = nullptr;
};

/// All of them, in the order in which they are reported. The only place where a threshold of the verdict is written.
std::span<const SignalRule> signal_table();

/// The table as Markdown, for docs/liveness.md.
std::string signal_table_markdown();

}  // namespace facegate::liveness
