#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/error_rates.h"
#include "evaluation/folds.h"
#include "evaluation/template_trials.h"
#include "vision/calibration.h"

namespace facegate::app {

/// What a pairs list gave.
struct PairsResult {
    std::string file;
    std::size_t pairs = 0;
    std::size_t left_out = 0;  ///< because a photo has no face or cannot be read
    std::optional<evaluation::FoldAccuracy> folds;
    evaluation::ErrorRates rates;
};

/// Everything `facegate bench accuracy` measured.
struct AccuracyReport {
    std::string pack;
    std::string runtime;
    std::string folder;
    std::string cache;  ///< file that keeps the embeddings; empty: none
    std::size_t photos = 0;
    std::size_t people = 0;
    std::size_t without_face = 0;
    std::size_t unreadable = 0;
    std::size_t ignored = 0;
    std::size_t from_cache = 0;
    double embed_seconds = 0;
    double score_seconds = 0;
    std::uint64_t seed = 0;
    int draws = 0;
    double score_step = 0;  ///< thresholds are multiples of it above the lowest score
    evaluation::ErrorRates all_pairs;
    std::optional<PairsResult> pairs;
    std::vector<evaluation::TrialResult> templates;  ///< by rising number of photos
    std::vector<std::string> warnings;               ///< for the operator, a sentence each
};

/// For people, some forty lines.
std::string accuracy_table(const AccuracyReport& report);
/// All figures and the curve. Figures that the data cannot support are null.
boost::json::object accuracy_json(const AccuracyReport& report);
/// The curves as an SVG.
std::string accuracy_plot(const AccuracyReport& report);
/// What is suspicious about the calibration that calibration_json() makes of this: that it is laxer than the pack's own
/// (vision::Calibration::laxer_than). Numbers of photos that cannot be calibrated are left out.
std::vector<std::string> calibration_warnings(const AccuracyReport& report, const vision::Calibration& pack);
/// A calibration file as vision::parse_calibration_file reads it, with a table for each number of photos. Throws
/// std::runtime_error naming what is missing when a table would have fewer than two points: without one, templates of
/// more photos would be judged by the milder table of fewer.
boost::json::object calibration_json(const AccuracyReport& report);

}  // namespace facegate::app
