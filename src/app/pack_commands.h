#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace CLI {
class App;
}

/// `facegate pack …`: what the subcommands do, and how they are typed. Each prints its result to standard output (a
/// table, or JSON with `json`) and throws std::runtime_error with a message for the operator if it cannot.
namespace facegate::app {

/// The installed packs and the configured one.
void list_packs(const Config& config, bool json);

/// Checks packs named as for `--pack`, every installed one if none is named. Throws when anything is wrong.
void verify_packs(const Config& config, bool json, const std::vector<std::string>& packs);

struct NetworkToDescribe {
    std::string file;
    std::string input = "input";
    int size = 0;
    std::vector<std::string> outputs;
};
/// Prints what a manifest says of an ONNX file: its SHA-256 and what it computes on the self-test input. Always JSON.
void describe_network(const Config& config, const NetworkToDescribe& network);

/// Adds `pack` and its subcommands; `config` must outlive `app`.
void add_pack_commands(CLI::App& app, Config& config);

}  // namespace facegate::app
