#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace facegate::domain {

/// What every tenant is on unless told otherwise.
inline constexpr std::string_view kUnlimitedPlan = "unlimited";

/// A name for what a tenant agreed to. The limits are the operator's own words and numbers, shown as they are written.
struct Plan {
    std::string name;
    std::map<std::string, double> limits;
};

/// Reads `{"plans": [{"name": "pro", "limits": {"mau": 1000}}, …]}`: names of 1 to 50 lower-case letters, digits, `-`
/// and `_`, each once, at most 100 plans with 50 limits of 0 or more each. `unlimited`, without limits, is always among
/// the answer. kValidationFailed with what is wrong.
Result<std::vector<Plan>> parse_plans(std::string_view json);
/// The one plan there is without a configuration.
std::vector<Plan> default_plans();

}  // namespace facegate::domain
