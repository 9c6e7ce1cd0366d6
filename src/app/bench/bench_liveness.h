#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace facegate::app {

/// What `facegate bench liveness` was asked for.
struct LivenessOptions {
    std::vector<std::string> species;  ///< attacks; empty: all
    int seeds = 20;
    std::string challenge = "both";  ///< light, movement or both
    std::string half = "both";       ///< training, test or both
    std::string photos;              ///< folder; empty: the sample photos
    std::string clips;               ///< folder of clips to judge instead of rendering; empty: none
    std::string write;               ///< folder for the rendered takes; empty: none
    std::string svg;                 ///< file; empty: none
    std::string out;                 ///< folder for all reports; empty: none
    bool margins = false;
    bool json = false;
    int jobs = 0;  ///< 0: one for each core
};

/// Measures and prints. `config` as resolved(). Throws std::runtime_error with a message for the operator, also when
/// the bar is missed (bar_misses).
void bench_liveness(const Config& config, const LivenessOptions& options);

}  // namespace facegate::app
