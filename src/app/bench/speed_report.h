#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "app/bench/measure.h"

namespace facegate::app {

/// The whole pack takes at most this many times the sum of its networks, plus so many milliseconds.
inline constexpr double kSpeedFactor = 1.15;
inline constexpr double kSpeedExtraMs = 3;
/// N workers do at least this part of N times the work of one.
inline constexpr double kScaling = 0.9;

/// One runtime's figures.
struct RuntimeSpeed {
    struct Stage {
        std::string name;
        Samples ms;
    };
    struct Network {
        std::string name;
        std::size_t runs = 0;  ///< for one photo; 0: this photo did not need it
        double inside_ms = 0;  ///< median of all runs for one photo, in the pipeline
        double alone_ms = 0;   ///< median of the same runs by themselves
        double alone_p95 = 0;
        double gflop = 0;  ///< of one run; 0: unknown
    };
    struct Workers {
        std::size_t count = 0;
        double photos_per_second = 0;
        double cpu_ms = 0;  ///< processor time of one photo: grows when workers disturb each other, not when others do
        double resident_mb = 0;
    };
    std::string name;
    double load_ms = 0;
    double loaded_mb = 0;  ///< resident memory that loading added
    std::vector<Stage> stages;
    Samples total;
    Samples alone;   ///< sum of the networks by themselves, of the same rounds
    Samples excess;  ///< total minus its bound, of the same rounds
    std::vector<Network> networks;
    std::vector<Workers> workers;

    [[nodiscard]] double bound_ms() const { return kSpeedFactor * alone.median() + kSpeedExtraMs; }
    [[nodiscard]] bool within_bound() const { return excess.median() <= 0; }
    /// Work of `workers[i]` over that of as many times the first.
    [[nodiscard]] double scaling(std::size_t i) const;
    [[nodiscard]] double mb_per_worker() const;
};

/// Everything `facegate bench speed` measured.
struct SpeedReport {
    std::string cpu;
    std::size_t cores = 0;
    double load = 0;  ///< one-minute average before the start
    std::string pack;
    std::string photo;
    int width = 0;
    int height = 0;
    std::size_t bytes = 0;
    int rounds = 0;
    double peak_gflops = 0;  ///< of one core; 0: unknown
    std::vector<RuntimeSpeed> runtimes;
};

std::string speed_table(const SpeedReport& report);
boost::json::object speed_json(const SpeedReport& report);

}  // namespace facegate::app
