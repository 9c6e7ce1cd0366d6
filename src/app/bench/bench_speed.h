#pragma once

#include <string>

#include "app/config.h"

namespace facegate::app {

/// What `facegate bench speed` was asked for.
struct SpeedOptions {
    std::string photo;   ///< JPEG or PNG with a face; empty: a sample from the share directory
    int rounds = 60;     ///< photos of each measurement
    double seconds = 2;  ///< that each number of workers is measured, three times
    bool json = false;
};

/// Measures and prints. `config` as resolved(); its runtime `auto` stands for every runtime there is. Throws
/// std::runtime_error with a message for the operator.
void bench_speed(const Config& config, const SpeedOptions& options);

}  // namespace facegate::app
