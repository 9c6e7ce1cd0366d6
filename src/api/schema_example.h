#pragma once

#include <boost/json.hpp>

#include "api/schema.h"

namespace facegate::api {

/// An example of a member: its own (Field::example), else its default, else what its name or its shape suggests; of an
/// answer, what an ordinary sign-in has not got is absent. It satisfies the shape.
boost::json::value example_of(const FieldInfo& field, Role role);

/// An example of a whole object. Of a request: the required members, those with an example of their own, and one of
/// each group of which one must be present. Of an answer: every member that it always has, and those with an example.
boost::json::object example_of(const ObjectSchema& schema, Role role);

}  // namespace facegate::api
