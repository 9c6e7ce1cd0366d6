#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/clock.h"

namespace facegate::app {

enum class Health { kOk, kWarning, kProblem };

/// "ok", "warning" or "problem".
std::string_view name_of(Health health);

/// One thing looked at.
struct Finding {
    std::string check;
    Health health = Health::kOk;
    std::string found;
    std::string next;  ///< what to do; empty if nothing
};

/// Looks at everything that a server with these settings rests on, and changes nothing: no file, key or schema is made.
/// `config` as resolved(). Takes seconds: the database is read and the packs' self-tests run.
std::vector<Finding> examine(const Config& config, TimeMs now);

// The single examinations, for what has a state of its own.
std::vector<Finding> examine_data_directory(const Config& config);
std::vector<Finding> examine_database(const Config& config);
std::vector<Finding> examine_addresses(const Config& config, TimeMs now);

/// `facegate doctor`: prints the findings; throws std::runtime_error if one is a problem.
void run_doctor(const Config& config, bool json);

}  // namespace facegate::app
