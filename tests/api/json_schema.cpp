#include "api/json_schema.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/random.h"

namespace facegate::testing {

namespace {

namespace json = boost::json;

const std::set<std::string_view> kAnnotations{"description", "default", "examples"};

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_type(const json::value& value, std::string_view type) {
    if (type == "null") return value.is_null();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_bool();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    if (type == "number") return value.is_number();
    if (type == "integer") {
        return value.is_int64() || value.is_uint64() ||
               (value.is_double() &&
                value.get_double() == static_cast<double>(static_cast<std::int64_t>(value.get_double())));
    }
    return false;
}

bool has_format(const std::string& text, std::string_view format) {
    if (format == "date-time") return from_iso8601(text).has_value();
    if (format == "uuid") return is_uuid(text);
    if (format == "email") return text.find('@') != std::string::npos;
    if (format == "sha256-hex")
        return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    return true;  // formats of our own are checked by what reads them
}

class Checker {
public:
    explicit Checker(const json::value& document) : document_(document) {}

    void check(const json::value& value, const json::object& schema, const std::string& place) {
        for (const auto& [keyword, wanted] : schema) keyword_of(std::string(keyword), wanted, value, place);
    }
    [[nodiscard]] std::vector<std::string> take() { return std::move(errors_); }

private:
    void wrong(const std::string& place, const std::string& what) { errors_.push_back(place + ": " + what); }

    [[nodiscard]] std::size_t errors_of(const json::value& value, const json::value& schema) const {
        Checker inner(document_);
        inner.check(value, schema.as_object(), "");
        return inner.errors_.size();
    }

    void keyword_of(const std::string& keyword, const json::value& wanted, const json::value& value,
                    const std::string& place) {
        if (kAnnotations.contains(keyword) || keyword == "properties" || keyword == "items") {
            return members(keyword, wanted, value, place);
        }
        if (keyword == "$ref") {
            const std::string pointer = std::string(wanted.as_string()).substr(1);
            return check(value, document_.at_pointer(pointer).as_object(), place);
        }
        if (keyword == "type") return type(wanted, value, place);
        if (keyword == "required") {
            for (const json::value& name : wanted.as_array()) {
                const bool missing = value.is_object() && !value.get_object().contains(name.as_string());
                if (missing) wrong(place, "lacks " + std::string(name.as_string()));
            }
            return;
        }
        if (keyword == "enum") {
            if (std::ranges::find(wanted.as_array(), value) == wanted.as_array().end())
                wrong(place, "is none of the enum");
            return;
        }
        if (keyword == "anyOf" || keyword == "oneOf" || keyword == "allOf")
            return choice(keyword, wanted, value, place);
        if (keyword == "format") {
            const bool right = !value.is_string() || has_format(std::string(value.get_string()), wanted.as_string());
            if (!right) wrong(place, "is not in format " + std::string(wanted.as_string()));
            return;
        }
        if (!limit(keyword, wanted, value, place)) wrong(place, "unknown keyword " + keyword);
    }

    void members(const std::string& keyword, const json::value& wanted, const json::value& value,
                 const std::string& place) {
        if (keyword == "properties" && value.is_object()) {
            for (const auto& [name, schema] : wanted.as_object()) {
                const json::value* member = value.get_object().if_contains(name);
                if (member != nullptr) check(*member, schema.as_object(), place + "/" + std::string(name));
            }
        } else if (keyword == "items" && value.is_array()) {
            std::size_t index = 0;
            for (const json::value& item : value.get_array()) {
                check(item, wanted.as_object(), place + "/" + std::to_string(index++));
            }
        }
    }

    void type(const json::value& wanted, const json::value& value, const std::string& place) {
        const auto fits = [&](const json::value& one) { return has_type(value, one.as_string()); };
        const bool right = wanted.is_array() ? std::ranges::any_of(wanted.get_array(), fits) : fits(wanted);
        if (!right) wrong(place, "is not of type " + json::serialize(wanted));
    }

    void choice(const std::string& keyword, const json::value& wanted, const json::value& value,
                const std::string& place) {
        if (keyword == "allOf") {
            for (const json::value& schema : wanted.as_array()) check(value, schema.as_object(), place);
            return;
        }
        const auto fitting = std::ranges::count_if(
            wanted.as_array(), [&](const json::value& schema) { return errors_of(value, schema) == 0; });
        if (fitting == 0 || (keyword == "oneOf" && fitting > 1)) wrong(place, "fits " + keyword + " not");
    }

    bool limit(const std::string& keyword, const json::value& wanted, const json::value& value,
               const std::string& place) {
        std::optional<double> measured;
        if (keyword == "minimum" || keyword == "maximum") {
            if (value.is_number()) measured = value.to_number<double>();
        } else if (keyword == "minLength" || keyword == "maxLength") {
            if (value.is_string()) measured = static_cast<double>(code_points(value.get_string()));
        } else if (keyword == "minItems" || keyword == "maxItems") {
            if (value.is_array()) measured = static_cast<double>(value.get_array().size());
        } else {
            return false;
        }
        const double bound = wanted.to_number<double>();
        const bool right = !measured || (keyword.starts_with("min") ? *measured >= bound : *measured <= bound);
        if (!right) wrong(place, "is beyond " + keyword);
        return true;
    }

    const json::value& document_;
    std::vector<std::string> errors_;
};

}  // namespace

std::vector<std::string> schema_errors(const json::value& value, const json::value& schema,
                                       const json::value& document) {
    Checker checker(document);
    checker.check(value, schema.as_object(), "");
    return checker.take();
}

}  // namespace facegate::testing
