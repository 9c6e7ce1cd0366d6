#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "api/api_fixture.h"
#include "api/json_schema.h"
#include "domain/consents/consent_texts.h"

namespace facegate::testing {
namespace {

/// One call of the contract's walk; what it answers is taken over under these names.
struct Step {
    const char* method;
    const char* path;                                              ///< as in the document
    std::vector<std::pair<const char*, const char*>> learns = {};  ///< name, JSON pointer into the answer
};

/// The order in which a developer meets the API. Operations that are not here run after these, in the document's order.
const std::vector<Step> kWalk{
    {"get", "/v1/health"},
    {"get", "/v1/consent/versions"},
    {"post", "/v1/consent", {{"consent_id", "/consent_id"}}},
    {"post", "/v1/liveness/session", {{"sessionId", "/session_id"}}},
    {"get", "/v1/liveness/result/{sessionId}"},
    {"post", "/v1/detect-attributes"},
    {"post", "/v1/enroll", {{"user_id", "/user_id"}, {"face_id", "/enrollments/0/faceId"}}},
    {"post", "/v1/verify", {{"session_id", "/session_id"}, {"verification_token", "/verification_token"}}},
    {"post", "/v1/match"},
    {"get", "/v1/users"},
    {"get", "/v1/users/{id}"},
    {"get", "/v1/audit"},
    {"get", "/v1/audit/heads"},
};

class Examples : public ApiTest {
protected:
    Examples() : document_(call({"GET", "/openapi.json"}).body) {
        known_["consent_text_hash"] = domain::consent_texts().front().sha256;
        known_["image"] = known_["face_image"] = base64(photo_of(Person::kAda));
    }

    [[nodiscard]] const json::object& operation(const std::string& path, const std::string& method) const {
        return document_.at("paths").at(path).at(method).as_object();
    }

    /// The example with everything replaced that this walk knows better.
    json::value body_of(const json::object& operation) {
        const json::value* request = operation.if_contains("requestBody");
        if (request == nullptr) return nullptr;
        json::object body = request->at("content").at("application/json").at("example").as_object();
        for (auto& member : body) {
            if (member.key() == "liveness_session_id") {
                member.value() = finished_liveness(client_.scope, Person::kAda);
            } else if (const auto known = known_.find(std::string(member.key())); known != known_.end()) {
                member.value() = known->second;
            }
        }
        return body;
    }

    /// The path with what the walk learned; an id that it did not learn is one that nobody has.
    std::string path_of(const std::string& path, const json::object& operation) const {
        std::string made = path;
        for (const json::value& parameter : parameters_of(operation)) {
            const std::string name(parameter.at("name").as_string());
            const std::size_t place = made.find("{" + name + "}");
            if (place == std::string::npos) continue;
            std::string key = name;
            if (name == "id")
                key = path.starts_with("/v1/session")               ? "session_id"
                      : path.find("/consent/") != std::string::npos ? "consent_id"
                                                                    : "user_id";
            const auto known = known_.find(key);
            made.replace(place, name.size() + 2,
                         known == known_.end() ? "unknown" : std::string(known->second.as_string()));
        }
        return made;
    }
    static json::array parameters_of(const json::object& operation) {
        const json::value* parameters = operation.if_contains("parameters");
        return parameters == nullptr ? json::array() : parameters->as_array();
    }

    Answer run(const std::string& path, const std::string& method) {
        const json::object& described = operation(path, method);
        std::string upper = method;
        std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        Sent sent{upper, path_of(path, described)};
        if (!described.at("security").as_array().empty()) sent.key = client_.key;
        if (const json::value body = body_of(described); !body.is_null()) sent.body = json::serialize(body);
        return call(sent);
    }

    /// The answer has a status that is documented, and its body is as that says.
    void expect_described(const std::string& path, const std::string& method, const Answer& answer) {
        const json::object& responses = operation(path, method).at("responses").as_object();
        const json::value* response = responses.if_contains(std::to_string(answer.status));
        ASSERT_NE(response, nullptr) << answer;
        const json::value* content = response->as_object().if_contains("content");
        if (content == nullptr) return;
        const json::value* media = content->as_object().if_contains("application/json");
        if (media == nullptr || !media->as_object().contains("schema")) return;
        EXPECT_THAT(schema_errors(answer.body, media->at("schema"), document_), ::testing::IsEmpty()) << answer;
    }

    json::value document_;
    std::map<std::string, json::value> known_;
};

TEST_F(Examples, RunInContractOrderAndEveryAnswerIsAsDescribed) {
    std::set<std::pair<std::string, std::string>> done;
    for (const Step& step : kWalk) {
        SCOPED_TRACE(std::string(step.method) + " " + step.path);
        const Answer answer = run(step.path, step.method);
        EXPECT_TRUE(
            operation(step.path, step.method).at("responses").as_object().contains(std::to_string(answer.status)));
        EXPECT_LT(answer.status, 300U) << answer;
        expect_described(step.path, step.method, answer);
        for (const auto& [name, pointer] : step.learns) known_[name] = answer.at(pointer);
        done.insert({step.path, step.method});
    }
    std::vector<std::pair<std::string, std::string>> rest;
    for (const auto& [path, item] : document_.at("paths").as_object()) {
        for (const auto& [method, described] : item.as_object()) {
            const bool is_socket = described.at("responses").as_object().contains("101");
            if (!is_socket && !done.contains({std::string(path), std::string(method)})) rest.emplace_back(path, method);
        }
    }
    // What deletes comes last: the others still need what it takes away.
    std::ranges::stable_partition(rest, [](const auto& one) { return one.second != "delete"; });
    for (const auto& [path, method] : rest) {
        SCOPED_TRACE(method + " " + path);
        expect_described(path, method, run(path, method));
    }
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
                EXPECT_TRUE(described_media.contains("example") || described_media.contains("examples")) << status;
                if (!described_media.contains("schema") || !described_media.contains("example")) continue;
                EXPECT_THAT(schema_errors(described_media.at("example"), described_media.at("schema"), document_),
                            ::testing::IsEmpty())
                    << status;
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
