#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "app/cli_options.h"

namespace facegate::app {

/// `enrollment` and `retention` of `tenant`: what holds for both of a tenant's environments.
void add_tenant_setting_commands(CLI::App& tenant, CommonOptions& common);

/// Shows, or changes where `browser` is given, whether people may enroll themselves with a publishable key. Throws
/// std::runtime_error with a message for the operator.
void change_enrollment(const std::string& data_dir, bool json, const std::string& tenant, std::optional<bool> browser);
/// Shows, or changes where `days` are given, how long unused templates are kept. Throws as above.
void change_retention(const std::string& data_dir, bool json, const std::string& tenant, std::optional<int> days);

}  // namespace facegate::app
