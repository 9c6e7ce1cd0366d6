#include "vision/manifest_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

namespace facegate::vision {
namespace {

bool is_name(std::string_view text) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !text.empty() && text.front() != '.' && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

void ManifestNode::refuse(std::string_view why) const {
    throw ManifestError(path_.empty() ? std::string(why) : fmt::format("member {}: {}", path_, why));
}

void ManifestNode::allow_only(std::initializer_list<std::string_view> members) const {
    if (!value_->is_object()) refuse("must be an object");
    for (const auto& member : value_->get_object()) {
        const std::string_view name = member.key();
        if (std::ranges::find(members, name) == members.end())
            refuse(fmt::format("\"{}\" is not known; allowed are {}", is_name(name) ? name.substr(0, 64) : "?",
                               fmt::join(members, ", ")));
    }
}

std::optional<ManifestNode> ManifestNode::find(std::string_view member) const {
    if (!value_->is_object()) refuse("must be an object");
    const boost::json::value* found = value_->get_object().if_contains(member);
    if (found == nullptr) return std::nullopt;
    return ManifestNode(*found, path_.empty() ? std::string(member) : fmt::format("{}.{}", path_, member));
}

ManifestNode ManifestNode::at(std::string_view member) const {
    std::optional<ManifestNode> found = find(member);
    if (!found) refuse(fmt::format("\"{}\" is missing", member));
    return *found;
}

std::vector<std::pair<std::string, ManifestNode>> ManifestNode::members(std::size_t most) const {
    if (!value_->is_object()) refuse("must be an object");
    const boost::json::object& object = value_->get_object();
    if (object.empty() || object.size() > most) refuse(fmt::format("must have 1 to {} members", most));
    std::vector<std::pair<std::string, ManifestNode>> result;
    for (const auto& member : object) {
        if (!is_name(member.key())) refuse("has a member whose name is not made of letters, digits, '.', '_' and '-'");
        result.emplace_back(std::string(member.key()), at(member.key()));
    }
    return result;
}

std::vector<ManifestNode> ManifestNode::items(std::size_t least, std::size_t most) const {
    if (!value_->is_array()) refuse("must be an array");
    const boost::json::array& array = value_->get_array();
    if (array.size() < least || array.size() > most) refuse(fmt::format("must have {} to {} items", least, most));
    std::vector<ManifestNode> result;
    for (std::size_t i = 0; i < array.size(); ++i) result.emplace_back(array[i], fmt::format("{}[{}]", path_, i));
    return result;
}

double ManifestNode::number(double low, double high) const {
    if (!value_->is_number()) refuse("must be a number");
    const double number = value_->to_number<double>();
    if (!(number >= low && number <= high)) refuse(fmt::format("must be from {} to {}", low, high));
    return number;
}

std::int64_t ManifestNode::integer(std::int64_t low, std::int64_t high) const {
    if (!value_->is_int64()) refuse("must be a whole number");
    const std::int64_t number = value_->get_int64();
    if (number < low || number > high) refuse(fmt::format("must be from {} to {}", low, high));
    return number;
}

bool ManifestNode::boolean() const {
    if (!value_->is_bool()) refuse("must be true or false");
    return value_->get_bool();
}

std::string ManifestNode::text(std::size_t longest) const {
    if (!value_->is_string()) refuse("must be a string");
    const std::string text(value_->get_string());
    if (text.empty() || text.size() > longest) refuse(fmt::format("must have 1 to {} bytes", longest));
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (std::ranges::any_of(text, is_control)) refuse("must not have control characters");
    return text;
}

std::string ManifestNode::name() const {
    const std::string name = text(64);
    if (!is_name(name)) refuse("must be made of letters, digits, '.', '_' and '-', and not begin with '.'");
    return name;
}

}  // namespace facegate::vision
