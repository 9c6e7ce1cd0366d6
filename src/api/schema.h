#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/schema_codec.h"
#include "api/schema_shape.h"
#include "base/error.h"
#include "base/random.h"

namespace facegate::api {

/// One member of T: its name, where it lives, what it means and what it must satisfy. Made by `field`.
template <class T>
struct Field {
    FieldInfo info;
    std::function<void(const boost::json::value&, T&)> read;
    std::function<boost::json::value(const T&)> write;

    Field& min_length(std::size_t n) { return info.shape.min_length = n, *this; }  ///< code points
    Field& max_length(std::size_t n) { return info.shape.max_length = n, *this; }  ///< code points; free object: bytes
    Field& min_items(std::size_t n) { return info.shape.min_length = n, *this; }
    Field& max_items(std::size_t n) { return info.shape.max_length = n, *this; }
    Field& min(double n) { return info.shape.minimum = n, *this; }
    Field& max(double n) { return info.shape.maximum = n, *this; }
    /// The strings that are allowed.
    Field& one_of(std::vector<std::string> values) { return info.shape.one_of = std::move(values), *this; }
    /// A string must satisfy `check`; if not, the issue says `message`. `format` goes into the JSON Schema.
    Field& matches(std::string format, std::function<bool(std::string_view)> check, std::string message) {
        info.shape.format = std::move(format);
        info.shape.matches = std::move(check);
        info.shape.mismatch = std::move(message);
        return *this;
    }
    Field& uuid();
    Field& email();
    Field& sha256_hex();  ///< 64 hexadecimal digits
    /// What each element of an array must satisfy: change the shape given to `edit`.
    Field& each(const std::function<void(Shape&)>& edit) {
        Shape items = *info.shape.items;
        edit(items);
        info.shape.items = std::make_shared<const Shape>(std::move(items));
        return *this;
    }
    /// A request may send null, which counts as no value. Only for std::optional members.
    Field& nullable() { return info.shape.nullable = true, *this; }
    /// What an absent member counts as.
    Field& default_value(boost::json::value value) {
        info.optional = true;
        info.default_value = std::move(value);
        return *this;
    }
    /// Shown in the documentation, and sent by the test that runs the examples.
    Field& example(boost::json::value value) { return info.example = std::move(value), *this; }
    /// An answer leaves the member out, instead of null, when it has no value.
    Field& omit_if_empty() { return info.omit_if_empty = true, *this; }
    /// If the absence of this required member is the only issue, that code is answered instead of kValidationFailed.
    Field& missing_is(ErrorCode code) { return info.missing_code = code, *this; }
};

template <class T, class Member>
Field<T> field(std::string name, Member T::* member, std::string doc) {
    Field<T> made;
    made.info.name = std::move(name);
    made.info.doc = std::move(doc);
    made.info.shape = Codec<Member>::shape();
    made.info.optional = IsOptional<Member>::value;
    made.read = [member](const boost::json::value& value, T& owner) { owner.*member = Codec<Member>::read(value); };
    made.write = [member](const T& owner) { return Codec<Member>::write(owner.*member); };
    return made;
}

/// The members of an object type and the rules between them, without the C++ type. Immutable once built; thread-safe.
class ObjectSchema {
public:
    ObjectSchema(std::string name, std::vector<FieldInfo> fields)
        : name_(std::move(name)), fields_(std::move(fields)) {}
    virtual ~ObjectSchema() = default;
    ObjectSchema(const ObjectSchema&) = default;
    ObjectSchema& operator=(const ObjectSchema&) = default;

    /// A rule on which members are present.
    struct Presence {
        std::vector<std::string> members;
        bool exactly = false;  ///< exactly one; else at least one
    };

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::vector<FieldInfo>& fields() const { return fields_; }
    [[nodiscard]] const std::vector<Presence>& presence() const { return presence_; }
    [[nodiscard]] bool has_required_field() const;

    /// Adds everything that is wrong with the members of `object`; unknown members are ignored.
    void validate_members(const boost::json::object& object, Issues& issues) const;
    /// Nothing if `value` is right; else kValidationFailed with all issues, or the code of `missing_is`.
    [[nodiscard]] std::optional<Error> check(const boost::json::value& value) const;

protected:
    /// The rules that need the C++ type; called when the members are right one by one.
    virtual void refine_members(const boost::json::object& object, Issues& issues) const = 0;
    void add_presence(Presence rule) { presence_.push_back(std::move(rule)); }

private:
    std::string name_;
    std::vector<FieldInfo> fields_;
    std::vector<Presence> presence_;
};

/// The one declaration of a request or response type. From it come parsing, all validation issues at once, writing, and
/// the JSON Schema of the OpenAPI document. Declared as a static member:
///
///     struct Claim {
///         std::optional<std::string> email;
///         static const Schema<Claim>& schema() {
///             static const Schema<Claim> kSchema("Claim", {field("email", &Claim::email, "The address.").email()});
///             return kSchema;
///         }
///     };
template <class T>
class Schema final : public ObjectSchema {
public:
    Schema(std::string name, std::vector<Field<T>> fields)
        : ObjectSchema(std::move(name), infos_of(fields)), fields_of_type_(std::move(fields)) {}

    /// At least one of these members must be present (an issue at the first one if not).
    Schema& at_least_one_of(std::vector<std::string> members) {
        return add_presence({std::move(members), false}), *this;
    }
    Schema& exactly_one_of(std::vector<std::string> members) { return add_presence({std::move(members), true}), *this; }
    /// A rule between members, run once each member is right by itself. Adds its findings to the issues.
    Schema& refine(std::function<void(const T&, Issues&)> rule) { return rules_.push_back(std::move(rule)), *this; }

    /// Reads and checks; the error holds all issues.
    [[nodiscard]] Result<T> parse(const boost::json::value& value) const {
        if (std::optional<Error> error = check(value)) return std::unexpected(std::move(*error));
        return read(value);
    }

    /// Reads what is known to be right.
    [[nodiscard]] T read(const boost::json::value& value) const {
        T result{};
        const boost::json::object& object = value.as_object();
        for (const Field<T>& field : fields_of_type_) {
            const boost::json::value* member = object.if_contains(field.info.name);
            if (member == nullptr && field.info.default_value) member = &*field.info.default_value;
            if (member != nullptr) field.read(*member, result);
        }
        return result;
    }

    [[nodiscard]] boost::json::object write(const T& value) const {
        boost::json::object object;
        for (const Field<T>& field : fields_of_type_) {
            boost::json::value member = field.write(value);
            if (member.is_null() && field.info.omit_if_empty) continue;
            object[field.info.name] = std::move(member);
        }
        return object;
    }

protected:
    void refine_members(const boost::json::object& object, Issues& issues) const override {
        if (rules_.empty()) return;
        const T value = read(object);
        for (const auto& rule : rules_) rule(value, issues);
    }

private:
    static std::vector<FieldInfo> infos_of(const std::vector<Field<T>>& fields) {
        std::vector<FieldInfo> infos;
        for (const Field<T>& field : fields) infos.push_back(field.info);
        return infos;
    }

    std::vector<Field<T>> fields_of_type_;
    std::vector<std::function<void(const T&, Issues&)>> rules_;
};

/// A request without members, or an answer `{}`.
struct Nothing {
    static const Schema<Nothing>& schema() {
        static const Schema<Nothing> kSchema("Nothing", {});
        return kSchema;
    }
};

bool is_email(std::string_view text);
bool is_sha256_hex(std::string_view text);

template <class T>
Field<T>& Field<T>::uuid() {
    return matches("uuid", [](std::string_view text) { return is_uuid(text); }, "Invalid uuid");
}
template <class T>
Field<T>& Field<T>::email() {
    return matches("email", is_email, "Invalid email");
}
template <class T>
Field<T>& Field<T>::sha256_hex() {
    return matches("sha256-hex", is_sha256_hex, "Invalid SHA-256: expected 64 hexadecimal digits");
}

}  // namespace facegate::api
