#include "api/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace facegate::api {

namespace {

std::string quoted_list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", name);
    return text;
}

void check_presence(const ObjectSchema::Presence& rule, const boost::json::object& object, Issues& issues) {
    const auto present = [&](const std::string& name) {
        const boost::json::value* value = object.if_contains(name);
        return value != nullptr && !value->is_null();
    };
    const auto count = std::count_if(rule.members.begin(), rule.members.end(), present);
    if (count == 1 || (count > 1 && !rule.exactly)) return;
    issues.add_at(rule.members.front(),
                  fmt::format("{} of {} must be present", rule.exactly ? "Exactly one" : "At least one",
                              quoted_list(rule.members)));
}

}  // namespace

bool ObjectSchema::has_required_field() const {
    return std::any_of(fields_.begin(), fields_.end(), [](const FieldInfo& field) { return !field.optional; });
}

void ObjectSchema::validate_members(const boost::json::object& object, Issues& issues) const {
    const std::size_t before = issues.count();
    for (const FieldInfo& field : fields_) {
        const boost::json::value* member = object.if_contains(field.name);
        if (member == nullptr && field.optional) continue;
        issues.enter(field.name);
        validate(member, field.shape, issues);
        issues.leave();
    }
    for (const Presence& rule : presence_) check_presence(rule, object, issues);
    if (issues.count() == before) refine_members(object, issues);
}

std::optional<Error> ObjectSchema::check(const boost::json::value& value) const {
    Issues issues;
    if (const boost::json::object* object = value.if_object()) {
        validate_members(*object, issues);
    } else {
        Shape shape;
        shape.kind = Kind::kFreeObject;
        validate(&value, shape, issues);
    }
    if (issues.count() == 0) return std::nullopt;
    const ValidationIssue& only = issues.list().front();
    if (issues.count() == 1 && only.received == "undefined" && only.path.size() == 1) {
        const auto field = std::find_if(fields_.begin(), fields_.end(), [&](const FieldInfo& candidate) {
            return candidate.name == only.path.front();
        });
        if (field != fields_.end() && field->missing_code) {
            return Error{*field->missing_code, fmt::format("`{}` is required", field->name), {}, {}};
        }
    }
    return Error{ErrorCode::kValidationFailed, "The request is not valid; see details", issues.take(), {}};
}

bool is_email(std::string_view text) {
    // Deliberately loose: one @ with something before it and a dotted name behind; only delivery proves an address.
    const std::size_t at = text.find('@');
    if (text.size() > 254 || at == 0 || at > 64 || text.rfind('@') != at) return false;
    const auto bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
    if (std::any_of(text.begin(), text.end(), bad)) return false;
    const std::string_view host = text.substr(at + 1);
    const bool dotted = host.find('.') != std::string_view::npos;
    return dotted && !host.starts_with('.') && !host.ends_with('.') && host.find("..") == std::string_view::npos;
}

bool is_sha256_hex(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace facegate::api
