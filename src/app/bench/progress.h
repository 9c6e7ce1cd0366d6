#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace facegate::app {

/// Tells on standard error how far a long run is: a bar that redraws itself on a terminal, else a plain line every ten
/// seconds. Thread-safe.
class Progress {
public:
    /// `total` things called `noun` (plural) are to be done; `verb` heads the line.
    Progress(std::string verb, std::string noun, std::size_t total);
    ~Progress();  ///< ends the bar's line
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// One more is done; `free` if it cost no time worth counting, e.g. because it was known already.
    void done(bool free = false);

private:
    void show(std::chrono::steady_clock::time_point now);

    std::string verb_;
    std::string noun_;
    std::size_t total_;
    bool terminal_;
    std::mutex mutex_;
    std::size_t done_ = 0;
    std::size_t free_ = 0;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point shown_;
};

/// Seconds as people say them: 42 s, 3 min 05 s, 2 h 10 min.
std::string spoken_seconds(double seconds);

}  // namespace facegate::app
