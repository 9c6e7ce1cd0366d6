#include "app/cli_options.h"

namespace facegate::app {

void add_settings(CLI::App* command, Config& config) {
    for (const Setting& setting : settings()) {
        const std::string name = std::string("--") + setting.name;
        CLI::Option* option = nullptr;
        if (setting.text != nullptr) {
            option = command->add_option(name, config.*setting.text, setting.doc);
            if (!setting.choices.empty()) option->check(CLI::IsMember(setting.choices));
            if (!(config.*setting.text).empty()) option->capture_default_str();
        } else if (setting.number != nullptr) {
            option = command->add_option(name, config.*setting.number, setting.doc)
                         ->check(CLI::Range(setting.low, setting.high))
                         ->capture_default_str();
        } else {
            option = command->add_flag(name, config.*setting.flag, setting.doc);
        }
        option->envname(environment_name(setting));
    }
}

}  // namespace facegate::app
