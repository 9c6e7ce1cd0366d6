#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/config.h"

namespace facegate::app {

/// Options shared by all commands that open a data directory.
struct CommonOptions {
    std::string data_dir = Config{}.data_dir;
    bool json = false;

    void add_to(CLI::App* command) {
        command->add_option("--data-dir", data_dir, "Directory of the database and the master key")
            ->envname("FACEGATE_DATA_DIR")
            ->capture_default_str();
        command->add_flag("--json", json, "Print JSON");
    }
};

/// Every setting of the server as an option of `command`, with its environment variable.
void add_settings(CLI::App* command, Config& config);

}  // namespace facegate::app
