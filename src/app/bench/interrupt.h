#pragma once

#include <atomic>
#include <csignal>

namespace facegate::app {

/// While it lives, Ctrl-C and SIGTERM set a flag instead of ending the process; a second Ctrl-C ends it. One at a time.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] const std::atomic<bool>& flag() const;

private:
    struct sigaction before_int_{};
    struct sigaction before_term_{};
};

}  // namespace facegate::app
