#include "api/schema_shape.h"

#include <fmt/format.h>

#include <cmath>

#include "api/json_writer.h"
#include "api/schema.h"

namespace facegate::api {

namespace {

constexpr std::size_t kMaxFreeObjectDepth = 8;
constexpr std::size_t kMaxEchoedCharacters = 40;

std::string_view type_name(const boost::json::value& value) {
    switch (value.kind()) {
        case boost::json::kind::null: return "null";
        case boost::json::kind::bool_: return "boolean";
        case boost::json::kind::string: return "string";
        case boost::json::kind::array: return "array";
        case boost::json::kind::object: return "object";
        default: return "number";
    }
}

std::string_view expected_name(Kind kind) {
    switch (kind) {
        case Kind::kString: return "string";
        case Kind::kBoolean: return "boolean";
        case Kind::kInteger: return "integer";
        case Kind::kNumber: return "number";
        case Kind::kArray: return "array";
        case Kind::kObject:
        case Kind::kFreeObject: return "object";
        case Kind::kAny: return "any";
    }
    return "any";
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::size_t code_points(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::count_if(utf8.begin(), utf8.end(), [](char c) { return !is_continuation(c); }));
}

/// At most `limit` code points of the front.
std::string_view front_of(std::string_view utf8, std::size_t limit) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        if (!is_continuation(utf8[i]) && seen++ == limit) return utf8.substr(0, i);
    }
    return utf8;
}

void wrong_type(std::string_view expected, std::string_view received, Issues& issues) {
    issues.add("invalid_type", fmt::format("Expected {}, received {}", expected, received), std::string(expected),
               std::string(received));
}

void validate_choice(std::string_view text, const std::vector<std::string>& choices, Issues& issues) {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return;
    std::string expected;
    for (const std::string& choice : choices) expected += fmt::format("{}'{}'", expected.empty() ? "" : " | ", choice);
    const std::string received(front_of(text, kMaxEchoedCharacters));
    issues.add("invalid_enum_value", fmt::format("Invalid enum value. Expected {}, received '{}'", expected, received),
               expected, received);
}

void validate_string(std::string_view text, const Shape& shape, Issues& issues) {
    if (!shape.one_of.empty()) return validate_choice(text, shape.one_of, issues);
    if (text.find('\0') != std::string_view::npos) {
        // Databases and logs cut texts there.
        issues.add("invalid_string", "String must not contain U+0000");
    }
    const std::size_t length = code_points(text);
    if (shape.min_length && length < *shape.min_length) {
        issues.add("too_small", fmt::format("String must contain at least {} character(s)", *shape.min_length));
    }
    if (shape.max_length && length > *shape.max_length) {
        issues.add("too_big", fmt::format("String must contain at most {} character(s)", *shape.max_length));
    } else if (shape.matches && !shape.matches(text)) {
        issues.add("invalid_string", shape.mismatch);
    }
}

void validate_number(const boost::json::value& value, const Shape& shape, Issues& issues) {
    if (shape.kind == Kind::kInteger && value.is_double() && std::trunc(value.get_double()) != value.get_double()) {
        return wrong_type("integer", "float", issues);
    }
    const double number = value.to_number<double>();
    if (shape.minimum && number < *shape.minimum) {
        issues.add("too_small", fmt::format("Number must be greater than or equal to {}", *shape.minimum));
    }
    if (shape.maximum && number > *shape.maximum) {
        issues.add("too_big", fmt::format("Number must be less than or equal to {}", *shape.maximum));
    }
}

void validate_array(const boost::json::array& array, const Shape& shape, Issues& issues) {
    if (shape.min_length && array.size() < *shape.min_length) {
        issues.add("too_small", fmt::format("Array must contain at least {} element(s)", *shape.min_length));
    }
    if (shape.max_length && array.size() > *shape.max_length) {
        issues.add("too_big", fmt::format("Array must contain at most {} element(s)", *shape.max_length));
    }
    const std::size_t looked_at = std::min(array.size(), shape.max_length.value_or(array.size()));
    for (std::size_t i = 0; i < looked_at; ++i) {
        issues.enter(std::to_string(i));
        validate(&array[i], *shape.items, issues);
        issues.leave();
    }
}

bool is_deeper_than(const boost::json::value& value, std::size_t levels) {
    if (!value.is_structured()) return false;
    if (levels == 0) return true;
    const auto deeper = [&](const boost::json::value& inner) { return is_deeper_than(inner, levels - 1); };
    if (const boost::json::array* array = value.if_array()) return std::any_of(array->begin(), array->end(), deeper);
    const boost::json::object& object = value.get_object();
    return std::any_of(object.begin(), object.end(), [&](const auto& member) { return deeper(member.value()); });
}

void validate_free_object(const boost::json::value& value, const Shape& shape, Issues& issues) {
    if (is_deeper_than(value, kMaxFreeObjectDepth)) {
        issues.add("custom", fmt::format("Object must not be nested deeper than {} levels", kMaxFreeObjectDepth));
    }
    if (shape.max_length && write_json(value).size() > *shape.max_length) {
        issues.add("too_big", fmt::format("Object must not take more than {} bytes as JSON", *shape.max_length));
    }
}

bool has_kind(const boost::json::value& value, Kind kind) {
    switch (kind) {
        case Kind::kString: return value.is_string();
        case Kind::kBoolean: return value.is_bool();
        case Kind::kInteger:
        case Kind::kNumber: return value.is_number();
        case Kind::kArray: return value.is_array();
        case Kind::kObject:
        case Kind::kFreeObject: return value.is_object();
        case Kind::kAny: return true;
    }
    return false;
}

}  // namespace

void Issues::add(std::string code, std::string message, std::string expected, std::string received) {
    list_.push_back({std::move(code), path_, std::move(message), std::move(expected), std::move(received)});
}

void Issues::add_at(std::string member, std::string message) {
    enter(std::move(member));
    add("custom", std::move(message));
    leave();
}

void validate(const boost::json::value* value, const Shape& shape, Issues& issues) {
    if (value == nullptr) {
        return issues.add("invalid_type", "Required", std::string(expected_name(shape.kind)), "undefined");
    }
    if (value->is_null() && shape.nullable) return;
    if (!has_kind(*value, shape.kind)) return wrong_type(expected_name(shape.kind), type_name(*value), issues);
    switch (shape.kind) {
        case Kind::kString: return validate_string(value->get_string(), shape, issues);
        case Kind::kInteger:
        case Kind::kNumber: return validate_number(*value, shape, issues);
        case Kind::kArray: return validate_array(value->get_array(), shape, issues);
        case Kind::kObject: return shape.object().validate_members(value->get_object(), issues);
        case Kind::kFreeObject: return validate_free_object(*value, shape, issues);
        case Kind::kBoolean:
        case Kind::kAny: return;
    }
}

}  // namespace facegate::api
