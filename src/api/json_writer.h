#pragma once

#include <boost/json.hpp>
#include <string>

namespace facegate::api {

/// JSON text as people write it: shortest decimal form that reads back as the same number (99.4, not 9.94E1), members
/// in their order, no spaces. Numbers that JSON cannot hold become null.
std::string write_json(const boost::json::value& value);

/// The same with two spaces of indentation and a final newline, for generated files.
std::string write_json_indented(const boost::json::value& value);

}  // namespace facegate::api
