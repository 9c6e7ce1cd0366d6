#include <algorithm>

#include "api/schema.h"
#include "api/schema_shape.h"

namespace facegate::api {

namespace {

std::string_view json_type(Kind kind) {
    switch (kind) {
        case Kind::kString: return "string";
        case Kind::kBoolean: return "boolean";
        case Kind::kInteger: return "integer";
        case Kind::kNumber: return "number";
        case Kind::kArray: return "array";
        case Kind::kObject:
        case Kind::kFreeObject: return "object";
        case Kind::kAny: break;
    }
    return "";
}

/// Whole numbers without a fraction: limits read better so.
boost::json::value limit(double number) {
    constexpr double kExact = 9007199254740992.0;
    if (number > -kExact && number < kExact && number == static_cast<double>(static_cast<std::int64_t>(number))) {
        return static_cast<std::int64_t>(number);
    }
    return number;
}

boost::json::array strings(const std::vector<std::string>& texts) {
    boost::json::array array;
    for (const std::string& text : texts) array.emplace_back(text);
    return array;
}

void add_limits(const Shape& shape, boost::json::object& schema) {
    if (shape.minimum) schema["minimum"] = limit(*shape.minimum);
    if (shape.maximum) schema["maximum"] = limit(*shape.maximum);
    if (shape.kind == Kind::kString) {
        if (shape.min_length) schema["minLength"] = *shape.min_length;
        if (shape.max_length) schema["maxLength"] = *shape.max_length;
    } else if (shape.kind == Kind::kArray) {
        if (shape.min_length) schema["minItems"] = *shape.min_length;
        if (shape.max_length) schema["maxItems"] = *shape.max_length;
    }
}

/// `{ "anyOf": [ { "required": [a] }, … ] }`, with oneOf where exactly one may be present.
boost::json::object presence_schema(const ObjectSchema::Presence& rule) {
    boost::json::array choices;
    for (const std::string& member : rule.members) {
        choices.push_back(boost::json::object{{"required", boost::json::array{member}}});
    }
    return boost::json::object{{rule.exactly ? "oneOf" : "anyOf", std::move(choices)}};
}

boost::json::object member_schema(const FieldInfo& field, Role role) {
    Shape shape = field.shape;
    const bool may_be_null = role == Role::kResponse && field.optional && !field.default_value && !field.omit_if_empty;
    shape.nullable = shape.nullable || may_be_null;
    boost::json::object schema = json_schema(shape);
    if (!field.doc.empty()) schema["description"] = field.doc;
    if (role == Role::kRequest && field.default_value) schema["default"] = *field.default_value;
    if (field.example) schema["examples"] = boost::json::array{*field.example};
    return schema;
}

}  // namespace

boost::json::object json_schema(const Shape& shape) {
    boost::json::object schema;
    if (shape.kind == Kind::kObject) {
        boost::json::object reference{{"$ref", "#/components/schemas/" + shape.object().name()}};
        if (!shape.nullable) return reference;
        schema["anyOf"] = boost::json::array{std::move(reference), boost::json::object{{"type", "null"}}};
        return schema;
    }
    const std::string_view type = json_type(shape.kind);
    if (!type.empty()) {
        schema["type"] =
            shape.nullable ? boost::json::value(boost::json::array{type, "null"}) : boost::json::value(type);
    }
    if (!shape.format.empty()) schema["format"] = shape.format;
    if (!shape.one_of.empty()) {
        boost::json::array values = strings(shape.one_of);
        if (shape.nullable) values.emplace_back(nullptr);
        schema["enum"] = std::move(values);
    }
    add_limits(shape, schema);
    if (shape.items) schema["items"] = json_schema(*shape.items);
    return schema;
}

boost::json::object json_schema(const ObjectSchema& object, Role role) {
    boost::json::object properties;
    boost::json::array required;
    for (const FieldInfo& field : object.fields()) {
        properties[field.name] = member_schema(field, role);
        const bool always = role == Role::kRequest ? !field.optional : !field.omit_if_empty;
        if (always) required.emplace_back(field.name);
    }
    boost::json::object schema{{"type", "object"}};
    schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = std::move(required);
    if (role == Role::kRequest && !object.presence().empty()) {
        boost::json::array rules;
        for (const ObjectSchema::Presence& rule : object.presence()) rules.push_back(presence_schema(rule));
        schema["allOf"] = std::move(rules);
    }
    return schema;
}

}  // namespace facegate::api
