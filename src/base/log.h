#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>

namespace facegate::log {

/// Sets up the process-wide logger: one JSON object a line on standard error.
/// `level`: trace, debug, info, warn, error or off.
void configure(std::string_view level);

/// `text` as a JSON string with its quotes; control characters escaped, invalid UTF-8 replaced.
std::string json_string(std::string_view text);

}  // namespace facegate::log
