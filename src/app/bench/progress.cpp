#include "app/bench/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace facegate::app {

using std::chrono::steady_clock;

Progress::Progress(std::string verb, std::string noun, std::size_t total)
    : verb_(std::move(verb)),
      noun_(std::move(noun)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(steady_clock::now()),
      shown_(start_) {}

Progress::~Progress() {
    if (terminal_ && done_ > 0) {
        show(steady_clock::now());
        std::cerr << '\n';
    }
}

void Progress::done(bool free) {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (free) ++free_;
    const auto now = steady_clock::now();
    if (now - shown_ >= (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10))) show(now);
}

void Progress::show(steady_clock::time_point now) {
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double rate = static_cast<double>(done_ - free_) / std::max(seconds, 1e-3);
    const double share = total_ == 0 ? 1 : static_cast<double>(done_) / static_cast<double>(total_);
    std::string line = fmt::format("{} {} of {} {} ({:.0f} %)", verb_, done_, total_, noun_, std::floor(100 * share));
    if (rate > 0) {
        line += fmt::format(", {:.1f} a second", rate);
        if (done_ < total_) line += ", " + spoken_seconds(static_cast<double>(total_ - done_) / rate) + " left";
    }
    if (!terminal_) {
        std::cerr << line << '\n' << std::flush;
        return;
    }
    constexpr std::size_t kWidth = 24;
    const auto full = static_cast<std::size_t>(share * static_cast<double>(kWidth));
    std::cerr << fmt::format("\r\x1b[K[{}{}] {}", std::string(full, '#'), std::string(kWidth - full, '.'), line)
              << std::flush;
}

std::string spoken_seconds(double seconds) {
    const auto whole = static_cast<long long>(std::ceil(std::min(std::max(seconds, 0.0), 1e9)));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace facegate::app
