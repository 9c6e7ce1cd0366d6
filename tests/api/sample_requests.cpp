#include "api/sample_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace facegate::testing {

namespace {

namespace json = boost::json;

json::value sample_text(const api::Shape& shape) {
    if (!shape.one_of.empty()) return json::string(shape.one_of.front());
    const std::string filler(std::max<std::size_t>(shape.min_length.value_or(1), 1), 'x');
    const std::array<std::string, 9> candidates = {filler,
                                                   "00000000-0000-4000-8000-000000000000",
                                                   "2026-05-01T12:00:00.000Z",
                                                   "nobody@example.com",
                                                   std::string(64, 'a'),
                                                   "+4915112345678",
                                                   "https://app.example.com",
                                                   "en",
                                                   "2026-05"};
    for (const std::string& candidate : candidates) {
        if (shape.max_length && candidate.size() > *shape.max_length) continue;
        if (shape.min_length && candidate.size() < *shape.min_length) continue;
        if (shape.matches && !shape.matches(candidate)) continue;
        return json::string(candidate);
    }
    return nullptr;
}

}  // namespace

json::value sample_value(const api::Shape& shape, const KnownTexts& known, const std::string& name) {
    switch (shape.kind) {
        case api::Kind::kString:
            if (const auto found = known.find(name); found != known.end()) return json::string(found->second);
            return sample_text(shape);
        case api::Kind::kBoolean: return true;
        case api::Kind::kInteger: return static_cast<std::int64_t>(shape.minimum.value_or(1));
        case api::Kind::kNumber: return shape.minimum.value_or(0.5);
        case api::Kind::kArray: {
            json::array items;
            for (std::size_t i = 0; i < std::max<std::size_t>(shape.min_length.value_or(1), 1); ++i) {
                items.push_back(sample_value(*shape.items, known, name));
            }
            return items;
        }
        case api::Kind::kObject: return sample_request(shape.object(), known);
        case api::Kind::kFreeObject: return json::object{};
        case api::Kind::kAny: return "x";
    }
    return nullptr;
}

json::object sample_request(const api::ObjectSchema& schema, const KnownTexts& known) {
    const auto alternatives = [&](const std::string& name) -> const api::ObjectSchema::Presence* {
        const auto rule = std::ranges::find_if(schema.presence(), [&](const api::ObjectSchema::Presence& one) {
            return std::ranges::find(one.members, name) != one.members.end();
        });
        return rule == schema.presence().end() ? nullptr : &*rule;
    };
    json::object request;
    for (const api::FieldInfo& field : schema.fields()) {
        const api::ObjectSchema::Presence* rule = alternatives(field.name);
        if (rule != nullptr) {
            const auto wanted =
                std::ranges::find_if(rule->members, [&](const auto& name) { return known.contains(name); });
            const std::string& chosen = wanted == rule->members.end() ? rule->members.front() : *wanted;
            if (field.name != chosen) continue;
        } else if (field.optional && !known.contains(field.name)) {
            continue;
        }
        json::value value = sample_value(field.shape, known, field.name);
        if (!value.is_null()) request[field.name] = std::move(value);
    }
    return request;
}

std::string as_query(const json::object& request) {
    std::string query;
    for (const auto& [name, value] : request) {
        if (value.is_structured() || value.is_null()) continue;
        const std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
        query += fmt::format("{}{}=", query.empty() ? "" : "&", std::string_view(name));
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            query += std::isalnum(byte) != 0 ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned>(byte));
        }
    }
    return query;
}

}  // namespace facegate::testing
