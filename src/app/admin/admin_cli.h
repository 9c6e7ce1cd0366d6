#pragma once

#include <CLI/CLI.hpp>

#include "app/cli_options.h"
#include "app/config.h"

namespace facegate::app {

/// `audit`, `why`, `admin-token`, `plan`, and `role` of `tenant`, which must be there.
void add_admin_commands(CLI::App& app, CommonOptions& common);
/// `doctor`, which looks at the settings that `serve` would take.
void add_doctor_command(CLI::App& app, Config& config, CommonOptions& common);

}  // namespace facegate::app
