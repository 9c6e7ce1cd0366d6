#include <gtest/gtest.h>

#include <functional>

#include "api/api_fixture.h"
#include "domain/consents/consent_texts.h"

namespace facegate::testing {
namespace {

/// Every route is asked for its own schema: a new route is covered by being there.
class BadInput : public ApiTest {
protected:
    static void for_each_body(const std::function<void(const api::Route&)>& check) {
        int routes = 0;
        for (const api::Route& route : application().routes().routes()) {
            if (route.request == nullptr || route.from_query()) continue;
            SCOPED_TRACE(route.info.method + " " + route.info.path);
            check(route);
            ++routes;
        }
        EXPECT_GE(routes, 8);
    }
    Answer send(const api::Route& route, std::string body, std::string content_type = "application/json") const {
        const bool demo = route.info.auth == api::Auth::kDemo;
        return call({route.info.method,
                     route.info.path,
                     demo ? "" : client_.key,
                     std::move(body),
                     {},
                     std::move(content_type)});
    }
    Answer send(const api::Route& route, const json::object& body) const { return send(route, json::serialize(body)); }
};

/// The issue at a path of one member; null if there is none.
json::value issue_at(const Answer& answer, const std::string& member) {
    const json::value details = answer.at("/details");
    if (!details.is_array()) return {};
    for (const json::value& issue : details.get_array()) {
        if (issue.at("path") == json::array{member}) return issue;
    }
    return {};
}

json::value of_another_type(api::Kind kind) {
    return kind == api::Kind::kString ? json::value(7) : json::value("seven");
}

TEST_F(BadInput, BodiesThatAreNoJsonObject) {
    struct Case {
        const char* name;
        std::string body;
        unsigned status;
        const char* error;
    };
    const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
    const std::string deep_member = R"({"x":)" + deep + "}";
    const std::vector<Case> cases = {
        {"nested 10,000 deep", deep, 400, "INVALID_JSON"},
        {"a member nested 10,000 deep", deep_member, 400, "INVALID_JSON"},
        {"invalid UTF-8", "{\"x\":\"\xff\xfe\"}", 400, "INVALID_JSON"},
        {"a lone surrogate", R"({"x":"\ud800"})", 400, "INVALID_JSON"},
        {"something behind", R"({} {})", 400, "INVALID_JSON"},
        {"cut off", R"({"x":)", 400, "INVALID_JSON"},
        {"a number beyond a double", R"({"x":1e999})", 400, "INVALID_JSON"},
        {"no JSON", "hello", 400, "INVALID_JSON"},
        {"only spaces", "   ", 400, "INVALID_JSON"},
        {"a list", "[]", 400, "Validation failed"},
        {"a text", "\"{}\"", 400, "Validation failed"},
        {"null", "null", 400, "Validation failed"},
    };
    for_each_body([&](const api::Route& route) {
        for (const Case& one : cases) {
            SCOPED_TRACE(one.name);
            EXPECT_TRUE(is_error(send(route, one.body), one.status, one.error));
        }
    });
}

TEST_F(BadInput, OtherContentTypesAreRefused) {
    for_each_body([&](const api::Route& route) {
        for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", "",
                                 "application/json; charset=latin1"}) {
            SCOPED_TRACE(type);
            EXPECT_TRUE(is_error(send(route, "{}", type), 415, "UNSUPPORTED_MEDIA_TYPE"));
        }
        for (const char* type : {"application/json; charset=utf-8", "Application/JSON"}) {
            SCOPED_TRACE(type);
            EXPECT_NE(send(route, "{}", type).status, 415U);
        }
    });
}

TEST_F(BadInput, BodiesOverTheLimitAreRefused) {
    for_each_body([&](const api::Route& route) {
        const std::size_t limit = route.info.body_limit;
        const bool takes_image = std::ranges::any_of(route.request->fields(), [](const api::FieldInfo& field) {
            return field.name.starts_with("face_image") || field.name == "image";
        });
        EXPECT_EQ(limit, takes_image ? 10U << 20U : 256U << 10U);
        const std::string at_limit = "{}" + std::string(limit - 2, ' ');
        EXPECT_NE(send(route, at_limit).status, 413U);
        EXPECT_TRUE(is_error(send(route, at_limit + " "), 413, "PAYLOAD_TOO_LARGE"));
    });
}

TEST_F(BadInput, EveryMemberIsCheckedForItsType) {
    for_each_body([&](const api::Route& route) {
        for (const api::FieldInfo& field : route.request->fields()) {
            SCOPED_TRACE(field.name);
            const Answer wrong = send(route, json::object{{field.name, of_another_type(field.shape.kind)}});
            EXPECT_TRUE(is_error(wrong, 400, "Validation failed"));
            ASSERT_TRUE(issue_at(wrong, field.name).is_object()) << wrong;
            EXPECT_EQ(issue_at(wrong, field.name).at("code"), "invalid_type");
            EXPECT_FALSE(issue_at(wrong, field.name).at("expected").as_string().empty());

            const Answer null = send(route, json::object{{field.name, nullptr}});
            ASSERT_TRUE(issue_at(null, field.name).is_object()) << null;
            EXPECT_EQ(issue_at(null, field.name).at("received"), "null");

            if (field.optional) continue;
            // All that is missing at once, each with its own issue.
            const Answer missing = send(route, json::object{{"unknown", 1}});
            EXPECT_TRUE(is_error(missing, 400, "Validation failed"));
            ASSERT_TRUE(issue_at(missing, field.name).is_object()) << missing;
            EXPECT_EQ(issue_at(missing, field.name).at("received"), "undefined");
            EXPECT_EQ(issue_at(missing, field.name).at("message"), "Required");
            EXPECT_TRUE(issue_at(missing, "unknown").is_null());
            EXPECT_TRUE(issue_at(send(route, ""), field.name).is_object()) << "an empty body";
        }
    });
}

TEST_F(BadInput, EnrollListsEveryIssue) {
    const Answer answer =
        post("/v1/enroll", {{"name", 5}, {"role", ""}, {"email", "nobody"}, {"enrolled_with_glasses", "yes"}});
    EXPECT_TRUE(is_error(answer, 400, "Validation failed"));
    EXPECT_EQ(answer.members(), (std::vector<std::string>{"error", "message", "request_id", "details"}));
    EXPECT_EQ(answer.at("/details").as_array().size(), 6U) << answer;
    EXPECT_EQ(issue_at(answer, "name"), (json::object{{"code", "invalid_type"},
                                                      {"path", {"name"}},
                                                      {"message", "Expected string, received number"},
                                                      {"expected", "string"},
                                                      {"received", "number"}}));
    EXPECT_EQ(issue_at(answer, "role").at("code"), "too_small");
    EXPECT_EQ(issue_at(answer, "email").at("code"), "invalid_string");
    EXPECT_EQ(issue_at(answer, "enrolled_with_glasses").at("expected"), "boolean");
    EXPECT_EQ(issue_at(answer, "consent_id").at("message"), "Required");
    EXPECT_EQ(issue_at(answer, "liveness_session_id").at("code"), "custom");
}

TEST_F(BadInput, ExactErrorsOfTheContract) {
    const json::object complete{
        {"name", "Ada"}, {"role", "guard"}, {"consent_id", random().uuid()}, {"liveness_session_id", random().uuid()}};
    const auto with = [&](const char* member, const json::value& value) {
        json::object changed = complete;
        changed[member] = value;
        return changed;
    };
    const auto without = [&](const char* member) {
        json::object changed = complete;
        changed.erase(member);
        return changed;
    };
    const domain::ConsentText& text = domain::consent_texts().front();
    json::object deep_metadata;
    for (int i = 0; i < 9; ++i) deep_metadata = {{"x", deep_metadata}};
    struct Case {
        const char* name;
        const char* path;
        json::object body;
        unsigned status;
        const char* error;
    };
    const std::vector<Case> cases = {
        {"consent_id alone is missing", "/v1/enroll", without("consent_id"), 400, "CONSENT_REQUIRED"},
        {"consent_id is null", "/v1/enroll", with("consent_id", nullptr), 400, "Validation failed"},
        {"consent_id is no uuid", "/v1/enroll", with("consent_id", "c0ffee"), 400, "Validation failed"},
        {"consent is unknown", "/v1/enroll", complete, 400, "CONSENT_INVALID"},
        {"neither session nor photo", "/v1/enroll", without("liveness_session_id"), 400, "Validation failed"},
        {"metadata is a list", "/v1/enroll", with("metadata", json::array{}), 400, "Validation failed"},
        {"metadata is too large", "/v1/enroll", with("metadata", {{"x", std::string(16 * 1024, 'x')}}), 400,
         "Validation failed"},
        {"metadata is too deep", "/v1/enroll", with("metadata", deep_metadata), 400, "Validation failed"},
        {"types are never coerced", "/v1/enroll", with("enrolled_with_glasses", "true"), 400, "Validation failed"},
        {"no base64", "/v1/match", {{"image", "%%%"}}, 400, "INVALID_IMAGE_FORMAT"},
        {"unknown consent version",
         "/v1/consent",
         {{"consent_version", "v0"}, {"consent_text_hash", text.sha256}},
         400,
         "CONSENT_INVALID"},
        {"unknown consent text",
         "/v1/consent",
         {{"consent_version", text.version}, {"consent_text_hash", std::string(64, 'a')}},
         400,
         "CONSENT_INVALID"},
        {"unknown user of a consent",
         "/v1/consent",
         {{"consent_version", text.version}, {"consent_text_hash", text.sha256}, {"user_id", "user_x"}},
         404,
         "NOT_FOUND"},
        {"session of the wrong form", "/v1/verify", {{"liveness_session_id", "x"}}, 404, "NOT_FOUND"},
        {"claim is a text", "/v1/verify", {{"liveness_session_id", "x"}, {"claim", "ada"}}, 400, "Validation failed"},
        {"claim is empty",
         "/v1/verify",
         {{"liveness_session_id", "x"}, {"claim", json::object{}}},
         400,
         "Validation failed"},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        const Answer answer = post(one.path, one.body);
        EXPECT_TRUE(is_error(answer, one.status, one.error));
        EXPECT_FALSE(answer.text_at("/message").empty());
        EXPECT_FALSE(answer.text_at("/request_id").empty());
    }
    EXPECT_EQ(rows_in("users", client_.scope), 0);
}

TEST_F(BadInput, UnknownPathsAndMethods) {
    for (const char* path : {"/", "/v1", "/v1/", "/v1/nothing", "/v1/users/", "/v1/users/a/b", "/v1/verify/",
                             "//v1/users", "/v1/users/%zz", "/v1/users/%00", "/V1/users"}) {
        SCOPED_TRACE(path);
        const Answer answer = call({"POST", path, client_.key, "{}"});
        if (std::string_view(path) == "/") {
            EXPECT_TRUE(is_error(answer, 405, "METHOD_NOT_ALLOWED"));  // the demo's redirect
        } else {
            EXPECT_TRUE(is_error(answer, 404, "NOT_FOUND"));
        }
    }
    struct Case {
        const char* method;
        const char* path;
        const char* allow;
    };
    for (const Case& one : {Case{"GET", "/v1/verify", "POST, OPTIONS"}, Case{"PUT", "/v1/users", "GET, HEAD, OPTIONS"},
                            Case{"POST", "/v1/users/user_x", "DELETE, GET, HEAD, OPTIONS"},
                            Case{"DELETE", "/v1/health", "GET, HEAD, OPTIONS"}}) {
        SCOPED_TRACE(one.path);
        const Answer answer = call({one.method, one.path, client_.key});
        EXPECT_TRUE(is_error(answer, 405, "METHOD_NOT_ALLOWED"));
        EXPECT_EQ(answer.header("allow"), one.allow);
    }
}

TEST_F(BadInput, EveryErrorCarriesTheHeadersOfAnApi) {
    for (const Answer& answer : {get("/v1/nothing"), get("/v1/users/user_x"), post("/v1/enroll", json::object{})}) {
        EXPECT_GE(answer.status, 400U);
        EXPECT_EQ(answer.header("content-type"), "application/json");
        EXPECT_EQ(answer.header("cache-control"), "no-store");
        EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    }
}

}  // namespace
}  // namespace facegate::testing
