#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

namespace facegate::app {

using SteadyClock = std::chrono::steady_clock;

inline double milliseconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

/// How long `work` takes, in milliseconds.
template <class Work>
double timed(Work&& work) {
    const auto start = SteadyClock::now();
    work();
    return milliseconds_since(start);
}

/// Measured values of one thing. Not thread-safe.
class Samples {
public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] std::size_t count() const { return values_.size(); }
    [[nodiscard]] double median() const { return quantile(0.5); }
    /// The value that a share `q` of all lies below, by linear interpolation; 0 without values.
    [[nodiscard]] double quantile(double q) const {
        if (values_.empty()) return 0;
        std::vector<double> sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        const double place = q * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, sorted.size() - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
    }

private:
    std::vector<double> values_;
};

/// A line such as `VmRSS` of /proc/self/status, in MB (10^6 bytes); 0 if there is none.
inline double process_megabytes(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) * 1024 / 1e6;
    }
    return 0;
}

/// Processor time that all threads of this process have used, in milliseconds.
inline double process_cpu_ms() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace facegate::app
