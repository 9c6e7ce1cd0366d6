#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace facegate::api {

class ObjectSchema;

enum class Kind { kString, kBoolean, kInteger, kNumber, kArray, kObject, kFreeObject, kAny };

/// What a JSON value must look like: the part of a schema that knows nothing of C++ types.
struct Shape {
    Kind kind = Kind::kAny;
    bool nullable = false;
    std::optional<double> minimum;                  ///< numbers
    std::optional<double> maximum;                  ///< numbers
    std::optional<std::size_t> min_length;          ///< code points of a string, elements of an array
    std::optional<std::size_t> max_length;          ///< the same; of a free object: bytes when written
    std::vector<std::string> one_of;                ///< the values a string may have; empty: any
    std::string format;                             ///< JSON Schema's `format`, may be empty
    std::function<bool(std::string_view)> matches;  ///< what a string must satisfy; empty: nothing
    std::string mismatch;                           ///< the issue's message if it does not
    std::function<const ObjectSchema&()> object;    ///< kObject: looked up late, so that types may refer to types
    std::shared_ptr<const Shape> items;             ///< kArray
};

/// One member of an object, as documented and as checked.
struct FieldInfo {
    std::string name;
    std::string doc;
    Shape shape;
    bool optional = false;                            ///< may be left out of a request
    bool omit_if_empty = false;                       ///< left out of an answer when it has no value, instead of null
    std::optional<boost::json::value> default_value;  ///< what an absent member counts as
    std::optional<boost::json::value> example;        ///< as documented; nothing: api/schema_example.h makes one
    std::optional<ErrorCode> missing_code;            ///< the answer if this member's absence is the only issue
};

/// Where validation writes what it finds. Knows the path of the value being looked at.
class Issues {
public:
    /// Adds an issue at the current path.
    void add(std::string code, std::string message, std::string expected = {}, std::string received = {});
    /// Adds a `custom` issue at a member of the current object.
    void add_at(std::string member, std::string message);

    void enter(std::string step) { path_.push_back(std::move(step)); }
    void leave() { path_.pop_back(); }

    [[nodiscard]] std::size_t count() const { return list_.size(); }
    [[nodiscard]] const std::vector<ValidationIssue>& list() const { return list_; }
    [[nodiscard]] std::vector<ValidationIssue> take() { return std::move(list_); }

private:
    std::vector<std::string> path_;
    std::vector<ValidationIssue> list_;
};

/// Adds everything that is wrong with `value`; a null pointer is an absent value. Values are never coerced. The work is
/// bounded by the value's size; elements beyond an array's limit are not looked at.
void validate(const boost::json::value* value, const Shape& shape, Issues& issues);

/// Whether a document describes what callers send or what the server answers.
enum class Role { kRequest, kResponse };

/// JSON Schema (draft 2020-12) of a shape; objects are `$ref`s to `#/components/schemas/<name>`.
boost::json::object json_schema(const Shape& shape);
/// JSON Schema of an object's members, in the order they were declared.
boost::json::object json_schema(const ObjectSchema& schema, Role role);

}  // namespace facegate::api
