#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "app/bench/liveness_results.h"

namespace facegate::app {

/// Everything `facegate bench liveness` measured.
struct LivenessReport {
    std::string pack;
    std::string runtime;
    std::string source;                       ///< folder of the photos, or of the clips
    bool rendered = true;                     ///< takes of the attack suite; else clips from a folder
    std::vector<std::string> training_faces;  ///< names; empty for clips
    std::vector<std::string> test_faces;
    int seeds = 0;  ///< of each attack, half and challenge
    double seconds = 0;
    std::vector<JudgedTake> takes;
    std::vector<PartResult> parts;    ///< points into `takes`
    std::vector<std::string> misses;  ///< of the bar
};

/// For people: each part's species with error rates and what refused them, then the takes that were judged wrongly, if
/// `margins` where each pass point lies, and whether the bar is met.
std::string liveness_table(const LivenessReport& report, bool margins);
/// All figures, each signal's distribution for each species, the margins, and every take that was judged wrongly.
boost::json::object liveness_json(const LivenessReport& report);
/// The test half's table with the training half's rates beside it, between two comments: for docs/liveness.md.
std::string liveness_markdown(const LivenessReport& report);

/// "light challenge, test half"
std::string title_of(const PartResult& part);

}  // namespace facegate::app
