#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace facegate::crypto {

/// Until when the first certificate of a PEM file is valid; nothing if there is none that can be read.
std::optional<TimeMs> certificate_valid_until(const std::string& pem_file);

}  // namespace facegate::crypto
