#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "api/api_fixture.h"
#include "api/error_map.h"
#include "api/fingerprint.h"
#include "api/sample_requests.h"

namespace facegate::testing {
namespace {

using Path = std::vector<std::string>;

/// Longer texts are for the body limit, not for a field's.
constexpr std::size_t kMaxTriedLength = 100'000;

/// One thing that is wrong with one field.
struct Wrong {
    std::string what;
    json::value value;
};

std::string text_of_length(std::size_t length) {
    return std::string(length, 'x');
}

void add_wrong_types(const api::Shape& shape, std::vector<Wrong>& list) {
    using enum api::Kind;
    const std::vector<std::pair<api::Kind, json::value>> values = {{kString, "text"},       {kBoolean, true},
                                                                   {kInteger, 7},           {kNumber, 7.5},
                                                                   {kArray, json::array{}}, {kObject, json::object{}}};
    for (const auto& [kind, value] : values) {
        const bool is_number = shape.kind == kNumber && kind == kInteger;
        const bool is_object = shape.kind == kFreeObject && kind == kObject;
        if (kind == shape.kind || is_number || is_object) continue;
        list.push_back({fmt::format("a wrong type: {}", json::serialize(value)), value});
    }
    if (!shape.nullable) list.push_back({"null", nullptr});
}

void add_beyond_bounds(const api::Shape& shape, std::vector<Wrong>& list) {
    using enum api::Kind;
    const bool is_number = shape.kind == kInteger || shape.kind == kNumber;
    if (is_number && shape.minimum) list.push_back({"too small", *shape.minimum - 1});
    if (is_number && shape.maximum) list.push_back({"too large", *shape.maximum + 1});
    if (shape.kind == kString) {
        list.push_back({"U+0000", json::value(std::string("a\0b", 3))});
        if (!shape.one_of.empty()) list.push_back({"not one of the choices", "no such choice"});
        if (shape.min_length && *shape.min_length > 0)
            list.push_back({"too short", json::value(text_of_length(*shape.min_length - 1))});
        if (shape.max_length && *shape.max_length < kMaxTriedLength) {
            list.push_back({"too long", json::value(text_of_length(*shape.max_length + 1))});
        }
        if (shape.matches && !shape.matches("\x01")) list.push_back({"malformed", "\x01"});
    }
    if (shape.kind == kArray && shape.max_length && *shape.max_length < 1000) {
        json::array many;
        for (std::size_t i = 0; i <= *shape.max_length; ++i) many.emplace_back(sample_value(*shape.items, {}, ""));
        list.push_back({"too many", std::move(many)});
    }
    if (shape.kind == kArray && shape.min_length && *shape.min_length > 0) list.push_back({"too few", json::array{}});
    if (shape.kind == kFreeObject && shape.max_length && *shape.max_length < kMaxTriedLength) {
        list.push_back({"too large", json::object{{"a", text_of_length(*shape.max_length)}}});
    }
}

std::vector<Wrong> wrongs_of(const api::Shape& shape) {
    std::vector<Wrong> list;
    if (shape.kind == api::Kind::kAny) return list;
    add_wrong_types(shape, list);
    add_beyond_bounds(shape, list);
    return list;
}

/// Values on the right side of each bound.
std::vector<json::value> just_right(const api::Shape& shape) {
    std::vector<json::value> list;
    const bool is_number = shape.kind == api::Kind::kInteger || shape.kind == api::Kind::kNumber;
    if (is_number && shape.minimum) list.emplace_back(*shape.minimum);
    if (is_number && shape.maximum) list.emplace_back(*shape.maximum);
    for (const std::string& choice : shape.one_of) list.emplace_back(choice);
    if (shape.kind == api::Kind::kString && !shape.matches && shape.one_of.empty()) {
        if (shape.min_length) list.emplace_back(text_of_length(*shape.min_length));
        if (shape.max_length && *shape.max_length < kMaxTriedLength) {
            list.emplace_back(text_of_length(*shape.max_length));
            std::string wide;  // characters are counted, not bytes
            for (std::size_t i = 0; i < *shape.max_length; ++i) wide += "\xc3\xa9";
            list.emplace_back(wide);
        }
    }
    if (shape.nullable) list.emplace_back(nullptr);
    return list;
}

bool is_at(const json::value& issue, const Path& path) {
    const json::array& steps = issue.at("path").as_array();
    return std::ranges::equal(steps, path, [](const json::value& step, const std::string& name) {
        return step.is_string() ? step.get_string() == name : json::serialize(step) == name;
    });
}

/// `value` at `path` inside a request that is otherwise as small as it may be.
json::object request_with(const api::ObjectSchema& schema, const Path& path, const json::value& value) {
    json::value whole = sample_request(schema, {});
    json::value* place = &whole;
    for (const std::string& step : path) {
        if (place->is_array()) {
            if (place->get_array().empty()) place->get_array().emplace_back(json::object{});
            place = &place->get_array().front();
        } else {
            if (!place->is_object()) *place = json::object{};
            place = &place->get_object()[step];
            const bool is_last = &step == &path.back();
            if (!is_last && place->is_null()) {
                *place = *(&step + 1) == "0" ? json::value(json::array{}) : json::value(json::object{});
            }
        }
    }
    *place = value;
    return whole.get_object();
}

class FieldProperties : public ApiTest {
protected:
    struct Field {
        Path path;
        const api::FieldInfo* info;
    };
    /// All fields, inner ones too.
    static void collect(const api::ObjectSchema& schema, const Path& path, std::vector<Field>& fields) {
        for (const api::FieldInfo& field : schema.fields()) {
            Path inner = path;
            inner.push_back(field.name);
            fields.push_back({inner, &field});
            const api::Shape* shape = &field.shape;
            if (shape->kind == api::Kind::kArray) {
                shape = shape->items.get();
                inner.emplace_back("0");
            }
            if (shape->kind == api::Kind::kObject && path.size() < 4) collect(shape->object(), inner, fields);
        }
    }
    Answer ask(const api::Route& route, const json::object& request) const {
        std::string path = route.info.path;
        for (const std::string& segment : route.segments) {
            // Fields are looked at before anything is looked up.
            if (segment.starts_with(':')) path.replace(path.find(segment), segment.size(), "unknown");
        }
        const std::string key = route.info.auth == api::Auth::kDemo ? "" : client_.key;
        if (!route.from_query()) return call({route.info.method, path, key, json::serialize(request)});
        return call({route.info.method, path + '?' + as_query(request), key});
    }
    static void expect_issue_at(const Answer& answer, const Path& path) {
        ASSERT_TRUE(is_error(answer, 400, "Validation failed"));
        const json::value details = answer.at("/details");
        EXPECT_TRUE(std::ranges::any_of(details.as_array(), [&](const json::value& issue) {
            return is_at(issue, path);
        })) << answer;
    }
    /// What a query can tell wrongly: it has only texts, and one level.
    static bool is_tellable(const api::Route& route, const Field& field, const json::value& value) {
        if (!route.from_query()) return true;
        if (field.path.size() > 1 || value.is_structured() || value.is_null()) return false;
        if (field.info->shape.kind == api::Kind::kString) return value.is_string();
        return true;
    }
};

bool is_typed(const api::Route& route) {
    return route.request != nullptr && route.info.auth != api::Auth::kNone;
}

TEST_F(FieldProperties, WhateverIsWrongIsNamedAndChangesNothing) {
    const std::string before = fingerprint_of(application().database(), client_.scope);
    std::size_t tried = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!is_typed(route)) continue;
        std::vector<Field> fields;
        collect(*route.request, {}, fields);
        for (const Field& field : fields) {
            for (const Wrong& wrong : wrongs_of(field.info->shape)) {
                if (!is_tellable(route, field, wrong.value)) continue;
                SCOPED_TRACE(fmt::format("{} {}: `{}` {}", route.info.method, route.info.path,
                                         fmt::join(field.path, "."), wrong.what));
                expect_issue_at(ask(route, request_with(*route.request, field.path, wrong.value)), field.path);
                ++tried;
            }
        }
        ASSERT_EQ(fingerprint_of(application().database(), client_.scope), before) << route.info.path;
    }
    EXPECT_GE(tried, 100U);
}

TEST_F(FieldProperties, WhatIsMissingIsNamed) {
    std::size_t tried = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!is_typed(route)) continue;
        for (const api::FieldInfo& field : route.request->fields()) {
            if (field.optional) continue;
            SCOPED_TRACE(fmt::format("{} {}: `{}`", route.info.method, route.info.path, field.name));
            const Answer alone = ask(route, {});
            EXPECT_EQ(alone.status, 400U) << alone;
            json::object request = sample_request(*route.request, {});
            request.erase(field.name);
            const Answer answer = ask(route, request);
            if (field.missing_code && answer.error() == api::error_row(*field.missing_code).name) continue;
            expect_issue_at(answer, {field.name});
            ++tried;
        }
    }
    EXPECT_GE(tried, 5U);
}

TEST_F(FieldProperties, WhatIsJustWithinBoundsIsTaken) {
    std::size_t tried = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!is_typed(route)) continue;
        std::vector<Field> fields;
        collect(*route.request, {}, fields);
        for (const Field& field : fields) {
            for (const json::value& value : just_right(field.info->shape)) {
                SCOPED_TRACE(fmt::format("{}: `{}` {}", route.info.path, fmt::join(field.path, "."),
                                         json::serialize(value).substr(0, 60)));
                const auto error = route.request->check(request_with(*route.request, field.path, value));
                ++tried;
                if (!error) continue;
                for (const ValidationIssue& issue : error->issues) {
                    // Rules between fields may have their own say.
                    EXPECT_TRUE(issue.path != field.path || issue.code == "custom") << issue.message;
                }
            }
        }
    }
    EXPECT_GE(tried, 20U);
}

TEST_F(FieldProperties, WhatIsUnknownIsIgnored) {
    for (const api::Route& route : application().routes().routes()) {
        if (!is_typed(route)) continue;
        SCOPED_TRACE(route.info.path);
        json::object request = sample_request(*route.request, {});
        const auto before = route.request->check(request);
        request["no_such_field"] = json::array{1, "x", json::object{{"deep", nullptr}}};
        const auto after = route.request->check(request);
        EXPECT_EQ(before ? before->issues.size() : 0, after ? after->issues.size() : 0);
    }
}

}  // namespace
}  // namespace facegate::testing
