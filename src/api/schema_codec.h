#pragma once

#include <boost/json.hpp>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "api/schema_shape.h"
#include "base/clock.h"
#include "base/ids.h"

namespace facegate::api {

/// How a C++ type appears in JSON: its shape, and the way from and to a value. `read` is only called on values that
/// passed `validate` with that shape.
template <class T>
struct Codec;

/// A struct that declares its members (see schema.h).
template <class T>
concept Declared = requires { T::schema(); };

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

inline Shape shape_of_kind(Kind kind) {
    Shape shape;
    shape.kind = kind;
    return shape;
}

template <>
struct Codec<std::string> {
    static Shape shape() { return shape_of_kind(Kind::kString); }
    static std::string read(const boost::json::value& value) { return std::string(value.as_string()); }
    static boost::json::value write(const std::string& value) { return boost::json::string(value); }
};

template <>
struct Codec<bool> {
    static Shape shape() { return shape_of_kind(Kind::kBoolean); }
    static bool read(const boost::json::value& value) { return value.as_bool(); }
    static boost::json::value write(bool value) { return value; }
};

template <std::integral T>
    requires(!std::same_as<T, bool>)
struct Codec<T> {
    /// The range is that of the type, at most the integers a JSON number holds exactly.
    static Shape shape() {
        constexpr std::int64_t kExact = (std::int64_t{1} << 53) - 1;
        Shape shape = shape_of_kind(Kind::kInteger);
        if constexpr (sizeof(T) < sizeof(std::int64_t)) {
            shape.minimum = static_cast<double>(std::numeric_limits<T>::min());
            shape.maximum = static_cast<double>(std::numeric_limits<T>::max());
        } else {
            shape.minimum = std::is_signed_v<T> ? static_cast<double>(-kExact) : 0.0;
            shape.maximum = static_cast<double>(kExact);
        }
        return shape;
    }
    static T read(const boost::json::value& value) {
        if (value.is_int64()) return static_cast<T>(value.as_int64());
        if (value.is_uint64()) return static_cast<T>(value.as_uint64());
        return static_cast<T>(value.as_double());
    }
    static boost::json::value write(T value) {
        using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
        return static_cast<Wide>(value);
    }
};

template <>
struct Codec<double> {
    static Shape shape() { return shape_of_kind(Kind::kNumber); }
    static double read(const boost::json::value& value) { return value.to_number<double>(); }
    static boost::json::value write(double value) { return value; }
};

template <class Tag>
struct Codec<Id<Tag>> {
    static Shape shape() { return shape_of_kind(Kind::kString); }
    static Id<Tag> read(const boost::json::value& value) { return Id<Tag>(std::string(value.as_string())); }
    static boost::json::value write(const Id<Tag>& id) { return boost::json::string(id.value); }
};

template <>
struct Codec<TimeMs> {
    static Shape shape() {
        Shape shape = shape_of_kind(Kind::kString);
        shape.format = "date-time";
        shape.matches = [](std::string_view text) { return from_iso8601(text).has_value(); };
        shape.mismatch = "Invalid datetime";
        return shape;
    }
    static TimeMs read(const boost::json::value& value) { return from_iso8601(value.as_string()).value(); }
    static boost::json::value write(TimeMs time) { return boost::json::string(to_iso8601(time)); }
};

/// Absent in a request, null (or left out) in an answer.
template <class T>
struct Codec<std::optional<T>> {
    static Shape shape() { return Codec<T>::shape(); }
    static std::optional<T> read(const boost::json::value& value) {
        if (value.is_null()) return std::nullopt;
        return Codec<T>::read(value);
    }
    static boost::json::value write(const std::optional<T>& value) {
        return value ? Codec<T>::write(*value) : boost::json::value(nullptr);
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static Shape shape() {
        Shape shape = shape_of_kind(Kind::kArray);
        shape.items = std::make_shared<const Shape>(Codec<T>::shape());
        return shape;
    }
    static std::vector<T> read(const boost::json::value& value) {
        std::vector<T> items;
        items.reserve(value.as_array().size());
        for (const boost::json::value& item : value.as_array()) items.push_back(Codec<T>::read(item));
        return items;
    }
    static boost::json::value write(const std::vector<T>& items) {
        boost::json::array array;
        array.reserve(items.size());
        for (const auto& item : items) array.push_back(Codec<T>::write(item));
        return array;
    }
};

/// Members the caller chooses, such as `metadata`: at most 16 KiB and 8 levels unless said otherwise.
template <>
struct Codec<boost::json::object> {
    static Shape shape() {
        Shape shape = shape_of_kind(Kind::kFreeObject);
        shape.max_length = 16 * 1024;
        return shape;
    }
    static boost::json::object read(const boost::json::value& value) { return value.as_object(); }
    static boost::json::value write(const boost::json::object& value) { return value; }
};

/// Anything; for answers.
template <>
struct Codec<boost::json::value> {
    static Shape shape() { return shape_of_kind(Kind::kAny); }
    static boost::json::value read(const boost::json::value& value) { return value; }
    static boost::json::value write(const boost::json::value& value) { return value; }
};

template <Declared T>
struct Codec<T> {
    static Shape shape() {
        Shape shape = shape_of_kind(Kind::kObject);
        shape.object = []() -> const ObjectSchema& { return T::schema(); };
        return shape;
    }
    static T read(const boost::json::value& value) { return T::schema().read(value); }
    static boost::json::value write(const T& value) { return T::schema().write(value); }
};

}  // namespace facegate::api
