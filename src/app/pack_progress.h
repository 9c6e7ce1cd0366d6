#pragma once

#include <string>

#include "app/config.h"

namespace facegate::app {

/// How far the people of every tenant have come from older model packs to the configured one.
void print_pack_status(const Config& config, bool json);
/// Destroys the templates of an older pack of those who have one of the configured pack; those who have none keep
/// theirs. Audited per person. A running server knows at once.
void retire_pack(const Config& config, bool json, const std::string& pack_id);

}  // namespace facegate::app
