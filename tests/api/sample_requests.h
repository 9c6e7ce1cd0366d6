#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>

#include "api/schema.h"

namespace facegate::testing {

/// Texts by the name of the field that is to hold them: ids, tokens.
using KnownTexts = std::map<std::string, std::string>;

/// A value the shape takes, as small as it may be. Null if there is none that can be told from the shape.
boost::json::value sample_value(const api::Shape& shape, const KnownTexts& known, const std::string& name);

/// A request the schema takes: its required fields, the optional ones that `known` names, and one member of each rule
/// on presence (one that `known` names, if any).
boost::json::object sample_request(const api::ObjectSchema& schema, const KnownTexts& known);

/// `{"limit": 5, "q": "a b"}` as `limit=5&q=a%20b`; members that no query can tell are left out.
std::string as_query(const boost::json::object& request);

}  // namespace facegate::testing
