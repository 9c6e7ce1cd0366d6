#pragma once

namespace CLI {
class App;
}

namespace facegate::app {

/// Adds `bench accuracy` and `bench speed` to the command line.
void add_bench_commands(CLI::App& app);

}  // namespace facegate::app
