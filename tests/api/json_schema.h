#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace facegate::testing {

/// Everything that is wrong with `value` by a JSON Schema (draft 2020-12) of an OpenAPI document, each with its place.
/// Knows the keywords that the documents use; one that it does not know is an error too, so that none is passed over.
std::vector<std::string> schema_errors(const boost::json::value& value, const boost::json::value& schema,
                                       const boost::json::value& document);

}  // namespace facegate::testing
