#pragma once

namespace facegate::app {

/// The `facegate` command. Returns the exit status: 0 done, 1 it failed (the reason is on standard error), 2 wrong
/// usage.
int run_cli(int argc, char** argv);

}  // namespace facegate::app
