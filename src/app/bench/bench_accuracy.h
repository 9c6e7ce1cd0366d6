#pragma once

#include <cstdint>
#include <string>

#include "app/config.h"

namespace facegate::app {

/// What `facegate bench accuracy` was asked for.
struct AccuracyOptions {
    std::string folder;  ///< NAME/NAME_0001.jpg
    std::string pairs;   ///< list as LFW's; empty: none
    std::string cache;   ///< file; empty: default_cache_path()
    bool no_cache = false;
    std::string plot;       ///< SVG to write; empty: none
    std::string calibrate;  ///< calibration file to write; empty: none
    bool json = false;
    int threads = 0;  ///< 0: one for each core
    std::uint64_t seed = 1;
};

/// Measures and prints. `config` as resolved(). Throws std::runtime_error with a message for the operator.
void bench_accuracy(const Config& config, const AccuracyOptions& options);

}  // namespace facegate::app
