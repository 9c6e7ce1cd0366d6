#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace facegate::vision {

/// What is wrong with a manifest, naming the member.
class ManifestError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One value of a manifest with its place in it, e.g. `networks.iris.input`. Each reader throws ManifestError when the
/// value is not of the kind or in the range asked for. A view: the JSON document must outlive it.
class ManifestNode {
public:
    explicit ManifestNode(const boost::json::value& value, std::string path = {})
        : value_(&value), path_(std::move(path)) {}

    /// The value must be an object with only these members.
    void allow_only(std::initializer_list<std::string_view> members) const;
    [[nodiscard]] ManifestNode at(std::string_view member) const;
    [[nodiscard]] std::optional<ManifestNode> find(std::string_view member) const;
    /// All members of an object, at least one and at most `most`, each with a name such as `name()` takes.
    [[nodiscard]] std::vector<std::pair<std::string, ManifestNode>> members(std::size_t most) const;
    [[nodiscard]] std::vector<ManifestNode> items(std::size_t least, std::size_t most) const;

    [[nodiscard]] double number(double low, double high) const;
    [[nodiscard]] float number_f(double low, double high) const { return static_cast<float>(number(low, high)); }
    [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
    [[nodiscard]] int small(int low, int high) const { return static_cast<int>(integer(low, high)); }
    [[nodiscard]] bool boolean() const;
    /// Not empty, at most `longest` bytes, no control characters.
    [[nodiscard]] std::string text(std::size_t longest = 256) const;
    /// A text of letters, digits, `.`, `_` and `-` that does not begin with a dot: fit for a file's name.
    [[nodiscard]] std::string name() const;

    [[noreturn]] void refuse(std::string_view why) const;

private:
    const boost::json::value* value_;
    std::string path_;
};

}  // namespace facegate::vision
