#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/bench/judged_take.h"
#include "liveness/signal_table.h"

/// The arithmetic of `facegate bench liveness`, in the terms of ISO/IEC 30107-3: APCER is the share of one species'
/// attacks judged live, BPCER that of genuine takes refused.
namespace facegate::app {

struct ErrorCount {
    std::size_t errors = 0;
    std::size_t takes = 0;

    [[nodiscard]] double rate() const;   ///< 0 without takes
    [[nodiscard]] double bound() const;  ///< upper end of its one-sided 95 % interval (Clopper-Pearson)
};

struct SpeciesResult {
    std::string species;
    bool genuine = false;
    bool apart = false;  ///< injected_render: no check of a video alone can tell it, so it is under no bar
    ErrorCount errors;   ///< attacks judged live; genuine takes refused
    /// How many takes each signal refused, the most first: required signals that did not pass. "video": it could not be
    /// decoded; "confidence": all required ones passed, the sum was too low.
    std::vector<std::pair<std::string, std::size_t>> refused_by;
    std::vector<const JudgedTake*> wrong;  ///< those counted as errors
};

/// All takes of one challenge type and one half.
struct PartResult {
    liveness::ChallengeType type = liveness::ChallengeType::kMovementAndLight;
    SuiteHalf half = SuiteHalf::kWhole;
    std::vector<const JudgedTake*> takes;
    std::vector<SpeciesResult> attacks;  ///< in the suite's order, unknown species after them by name
    SpeciesResult genuine;
};

/// Parts with takes: light before movement, training before test. Points into `takes`.
std::vector<PartResult> results_of(std::span<const JudgedTake> takes);

inline constexpr double kMaxBpcer = 0.05;

/// What misses the bar, a sentence each: on the test half no attack but injected_render is judged live and at most
/// kMaxBpcer of the genuine takes are refused.
std::vector<std::string> bar_misses(std::span<const PartResult> parts);

/// The quantile of sorted values by linear interpolation; `share` 0-1, at least one value.
double quantile(std::span<const double> sorted, double share);

/// The measured values of one signal, sorted.
std::vector<double> values_of(std::span<const JudgedTake* const> takes, std::string_view signal);

/// What a signal asks for in this challenge; null if it is not part of it.
const liveness::Scale* scale_of(const liveness::SignalRule& rule, liveness::ChallengeType type);
/// Whether higher values are better.
bool rises(const liveness::Scale& scale);

/// The species that a signal is there to stop; empty: none in particular.
std::span<const std::string_view> meant_to_stop(std::string_view signal);

/// Where a pass point lies between genuine takes and the attacks that the signal is meant to stop.
struct Margin {
    std::string_view signal;
    double pass = 0;
    bool rises = true;
    std::optional<double> genuine;  ///< the value that 99 % of the genuine takes reach or surpass
    std::optional<double> attack;   ///< the best among those attacks
    std::string best_species;       ///< whose it is
};
std::vector<Margin> margins_of(const PartResult& part);

}  // namespace facegate::app
