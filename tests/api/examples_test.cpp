#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "api/api_fixture.h"
#include "api/described.h"
#include "api/json_schema.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

/// One call of the contract's walk; what it answers is taken over under these names.
struct Step {
    const char* method;
    const char* path;                                              ///< as in the document
    std::vector<std::pair<const char*, const char*>> learns = {};  ///< name, JSON pointer into the answer
    bool a_day_later = false;
};

/// The order of the contract, one call after the other, each with what those before it answered. Every operation of the
/// document is here. What takes a user away comes at the end of its group, and a second user follows.
const std::vector<Step> kWalk{
    {"get", "/v1/health"},
    {"post", "/v1/liveness/session", {{"sessionId", "/session_id"}}},
    {"get", "/v1/liveness/result/{sessionId}"},
    {"get",
     "/v1/consent/versions",
     {{"consent_version", "/versions/0/version"}, {"consent_text_hash", "/versions/0/sha256"}}},
    {"post", "/v1/consent", {{"consent_id", "/consent_id"}}},
    {"post", "/v1/enroll", {{"user_id", "/user_id"}}},
    {"post",
     "/v1/verify",
     {{"session_id", "/session_id"},
      {"verification_token", "/verification_token"},
      {"refresh_token", "/refresh_token"},
      {"device_id", "/device_id"}},
     true},  // so that the template learns, and there is a face that can be revoked
    {"post", "/v1/match"},
    {"post", "/v1/detect-attributes"},

    {"post", "/v1/session", {{"token", "/token"}}},
    {"post", "/v1/session/refresh", {{"refresh_token", "/refresh_token"}}},
    {"post", "/v1/session/introspect"},
    {"get", "/v1/sessions/{id}/risk-score"},
    {"post", "/v1/sessions/{id}/step-up"},
    {"post", "/v1/session/{id}/revoke"},

    {"get", "/v1/users"},
    {"get", "/v1/users/{id}", {{"face_id", "/enrollments/1/faceId"}}},
    {"delete", "/v1/users/{id}/faces/{face_id}"},
    {"get", "/v1/users/{id}/sessions"},
    {"get", "/v1/users/{id}/devices"},
    {"get", "/v1/devices"},
    {"patch", "/v1/devices/{id}"},
    {"delete", "/v1/devices/{id}"},
    {"post", "/v1/users/{id}/sessions/revoke"},
    {"post", "/v1/users/{id}/re-enroll"},
    {"get", "/v1/users/{id}/export"},
    {"patch", "/v1/users/{id}/status"},
    {"delete", "/v1/users/{id}"},

    {"post", "/v1/consent", {{"consent_id", "/consent_id"}}},
    {"post", "/v1/enroll"},
    {"get", "/v1/consent/{id}"},
    {"delete", "/v1/consent/{id}"},

    {"post", "/v1/policy/rotation"},
    {"get", "/v1/policy/rotation"},
    {"post", "/v1/policy/risk"},
    {"get", "/v1/policy/risk"},
    {"post", "/v1/policy/continuous"},
    {"get", "/v1/policy/continuous"},
    {"post", "/v1/policy/liveness", {{"type", "/policy_type"}}},
    {"get", "/v1/policy/liveness"},
    {"get", "/v1/policy/{type}/schema"},

    {"get", "/v1/audit"},
    {"get", "/v1/audit/heads"},
    {"get", "/.well-known/audit-keys.json"},
    {"get", "/.well-known/jwks.json"},
    {"get", "/test/.well-known/jwks.json"},
    {"get", "/demo/.well-known/jwks.json"},

    {"get", "/demo"},
    {"get", "/demo/preflight"},
    {"get", "/demo/consent"},
    {"post", "/demo/liveness-session"},
    {"post", "/demo/enroll"},
    {"post", "/demo/verify", {{"demo_token", "/verification_token"}}},
    {"delete", "/demo/me"},
};

class Examples : public ApiTest {
protected:
    Examples() : document_(call({"GET", "/openapi.json"}).body) {
        known_["image"] = known_["face_image"] = base64(photo_of(Person::kAda));
    }

    [[nodiscard]] const json::object& operation(const std::string& path, const std::string& method) const {
        return document_.at("paths").at(path).at(method).as_object();
    }

    /// The published example; ids, tokens and images in it are those that this walk knows.
    json::value body_of(const json::object& operation, const std::string& path) {
        const json::value* request = operation.if_contains("requestBody");
        if (request == nullptr) return nullptr;
        json::object body = request->at("content").at("application/json").at("example").as_object();
        for (auto& member : body) {
            if (member.key() == "liveness_session_id") {
                const bool is_demo = path.starts_with("/demo");
                member.value() = finished_liveness(is_demo ? domain::demo_scope() : client_.scope, Person::kAda);
            } else if (const auto known = known_.find(std::string(member.key())); known != known_.end()) {
                member.value() = known->second;
            }
        }
        return body;
    }

    /// The path with what the walk learned.
    std::string path_of(const std::string& path, const json::object& operation) const {
        const std::map<std::string, std::string> ids{{"/v1/users/", "user_id"},
                                                     {"/v1/devices/", "device_id"},
                                                     {"/v1/session/", "session_id"},
                                                     {"/v1/sessions/", "session_id"},
                                                     {"/v1/consent/", "consent_id"}};
        std::string made = path;
        for (const json::value& parameter : parameters_of(operation)) {
            if (parameter.at("in") != "path") continue;
            const std::string name(parameter.at("name").as_string());
            std::string key = name;
            for (const auto& [prefix, id] : ids) {
                if (name == "id" && path.starts_with(prefix)) key = id;
            }
            const auto known = known_.find(key);
            if (known == known_.end() || !known->second.is_string()) {
                ADD_FAILURE() << "the walk knows no " << key << " for " << path;
                continue;
            }
            made.replace(made.find("{" + name + "}"), name.size() + 2, std::string(known->second.as_string()));
        }
        return made;
    }
    static json::array parameters_of(const json::object& operation) {
        const json::value* parameters = operation.if_contains("parameters");
        return parameters == nullptr ? json::array() : parameters->as_array();
    }

    /// What the operation's first security scheme asks for.
    std::string key_of(const json::object& operation) {
        const json::array& security = operation.at("security").as_array();
        if (security.empty()) return {};
        const bool demo = security.front().as_object().contains("demoToken");
        return demo ? std::string(known_["demo_token"].as_string()) : client_.key;
    }

    Answer run(const std::string& path, const std::string& method) {
        const json::object& described = operation(path, method);
        std::string upper = method;
        std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        Sent sent{upper, path_of(path, described), key_of(described)};
        if (const json::value body = body_of(described, path); !body.is_null()) sent.body = json::serialize(body);
        for (const json::value& parameter : parameters_of(described)) {
            const json::value* examples = parameter.at("schema").as_object().if_contains("examples");
            if (parameter.at("in") != "header" || examples == nullptr) continue;
            sent.headers.emplace_back(parameter.at("name").as_string(), examples->at(0).as_string());
        }
        return call(sent);
    }

    json::value document_;
    std::map<std::string, json::value> known_;
};

TEST_F(Examples, RunInContractOrderAndEveryAnswerIsASuccessAsDescribed) {
    std::set<std::pair<std::string, std::string>> done;
    for (const Step& step : kWalk) {
        SCOPED_TRACE(std::string(step.method) + " " + step.path);
        if (step.a_day_later) clock().advance(std::chrono::hours(25));
        const Answer answer = run(step.path, step.method);
        EXPECT_GE(answer.status, 200U);
        ASSERT_LT(answer.status, 300U) << answer;
        EXPECT_THAT(undescribed(operation(step.path, step.method), document_, answer), ::testing::IsEmpty()) << answer;
        for (const auto& [name, pointer] : step.learns) {
            known_[name] = answer.at(pointer);
            ASSERT_TRUE(known_[name].is_string()) << pointer << " of " << answer;
        }
        done.insert({step.path, step.method});
    }
    for (const auto& [path, item] : document_.at("paths").as_object()) {
        for (const auto& [method, described] : item.as_object()) {
            if (described.at("responses").as_object().contains("101")) continue;  // a WebSocket
            EXPECT_TRUE(done.contains({std::string(path), std::string(method)}))
                << method << " " << path << " has no place in the walk";
        }
    }
}

/// That the answer is as described, every call of these tests checks.
TEST_F(Examples, HealthIsDescribedWhenSomethingFailsToo) {
    services().health.database_ok = false;
    const Answer answer = call({"GET", "/v1/health"});
    services().health.database_ok = true;
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(answer.text_at("/status"), "unhealthy");
}

TEST_F(Examples, EveryRequestExampleIsValidAndEveryAnswerExampleAsDescribed) {
    for (const api::Route& route : application().routes().routes()) {
        if (!route.info.in_openapi || route.open) continue;
        SCOPED_TRACE(route.info.method + " " + route.info.path);
        std::string method = route.info.method;
        std::ranges::transform(method, method.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const json::object& described = operation(path_in_openapi(route), method);
        if (const json::value* request = described.if_contains("requestBody")) {
            const json::value& example = request->at("content").at("application/json").at("example");
            const auto error = route.request->check(example);
            EXPECT_FALSE(error.has_value()) << json::serialize(example) << ' ' << (error ? error->message : "")
                                            << (error && !error->issues.empty() ? error->issues.front().message : "");
        }
        for (const auto& [status, response] : described.at("responses").as_object()) {
            const json::value* content = response.as_object().if_contains("content");
            if (content == nullptr) continue;
            for (const auto& [type, media] : content->as_object()) {
                if (type.find("json") == json::string_view::npos) continue;
                const json::object& described_media = media.as_object();
                ASSERT_TRUE(described_media.contains("schema")) << status;
                const auto errors = [&](const json::value& example) {
                    return schema_errors(example, described_media.at("schema"), document_);
                };
                if (const json::value* example = described_media.if_contains("example")) {
                    EXPECT_THAT(errors(*example), ::testing::IsEmpty()) << status;
                    continue;
                }
                ASSERT_TRUE(described_media.contains("examples")) << status;
                for (const auto& [name, example] : described_media.at("examples").as_object()) {
                    EXPECT_THAT(errors(example.at("value")), ::testing::IsEmpty()) << status << ' ' << name;
                }
            }
        }
    }
}

/// Adds what has no description.
void undescribed(const std::string& place, const api::ObjectSchema& schema, std::set<std::string>& found) {
    for (const api::FieldInfo& field : schema.fields()) {
        const std::string name = place + "." + field.name;
        if (field.doc.empty()) found.insert(name);
        const api::Shape& shape = field.shape.items ? *field.shape.items : field.shape;
        if (shape.object && name.size() < 200) undescribed(name, shape.object(), found);
    }
}

TEST_F(Examples, NoRouteAndNoFieldIsWithoutWords) {
    std::set<std::string> found;
    for (const api::Route& route : application().routes().routes()) {
        if (!route.info.in_openapi) continue;
        const std::string name = route.info.method + " " + route.info.path;
        if (route.info.summary.empty()) found.insert(name + " has no summary");
        if (route.info.tag.empty()) found.insert(name + " has no tag");
        if (route.request != nullptr) undescribed(name + " request", *route.request, found);
        if (route.response != nullptr) undescribed(name + " response", *route.response, found);
    }
    EXPECT_THAT(found, ::testing::IsEmpty());
}

TEST_F(Examples, ThePagesAreServedAndStrict) {
    for (const char* path : {"/docs", "/docs/errors", "/docs/docs.css"}) {
        const Answer answer = call({"GET", path});
        EXPECT_EQ(answer.status, 200U) << path;
        EXPECT_THAT(answer.header("Content-Security-Policy"), ::testing::HasSubstr("default-src 'none'"));
        EXPECT_THAT(answer.header("Content-Security-Policy"), ::testing::Not(::testing::HasSubstr("unsafe")));
        EXPECT_GT(answer.text.size(), 1000U);
    }
    const std::string page = call({"GET", "/docs"}).text;
    for (const auto& [path, item] : document_.at("paths").as_object()) {
        for (const auto& [method, described] : item.as_object()) {
            const std::string anchor = "id=\"" + std::string(described.at("operationId").as_string()) + "\"";
            EXPECT_NE(page.find(anchor), std::string::npos) << anchor;
        }
    }
}

}  // namespace
}  // namespace facegate::testing
