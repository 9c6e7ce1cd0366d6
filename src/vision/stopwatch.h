#pragma once

#include <chrono>

namespace facegate::vision {

/// Adds the milliseconds of its own life to `total`, unless that is null.
class Stopwatch {
public:
    explicit Stopwatch(double* total) : total_(total) {
        if (total_ != nullptr) start_ = std::chrono::steady_clock::now();
    }
    ~Stopwatch() {
        if (total_ == nullptr) return;
        *total_ += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

private:
    double* total_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace facegate::vision
