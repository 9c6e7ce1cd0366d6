#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "api/api_fixture.h"

namespace facegate::testing {

/// What an answer has that its operation in the OpenAPI document does not tell: the status, the type of its body, a
/// body that is not as the schema says, an error that is not named, details that the error's example does not show,
/// headers that belong to such an answer and are missing there. Empty if all is told.
std::vector<std::string> undescribed(const boost::json::object& operation, const boost::json::value& document,
                                     const Answer& answer);

}  // namespace facegate::testing
