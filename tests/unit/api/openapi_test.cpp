#include "api/openapi.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "api/json_reader.h"
#include "api/json_writer.h"
#include "unit/api/toy_routes.h"

namespace facegate::api {
namespace {

boost::json::object document() {
    RouteTable routes;
    add_toy_routes(routes);
    return openapi_document(routes, {"Toy", "1.2.3", "A toy.", "https://id.example"});
}

void each_reference(const boost::json::value& value, const std::function<void(std::string)>& visit) {
    if (const auto* array = value.if_array()) {
        for (const auto& item : *array) each_reference(item, visit);
    } else if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            if (member.key() == "$ref") visit(std::string(member.value().as_string()));
            each_reference(member.value(), visit);
        }
    }
}

TEST(OpenApi, EveryReferenceResolvesAndEverySchemaIsUsed) {
    const boost::json::object json = document();
    for (const std::string kind : {"schemas", "headers"}) {
        const auto& declared = json.at("components").at(kind).as_object();
        const std::string prefix = "#/components/" + kind + "/";
        std::set<std::string> used;
        each_reference(json, [&](const std::string& reference) {
            if (reference.starts_with(prefix)) used.insert(reference.substr(prefix.size()));
        });
        for (const std::string& name : used) EXPECT_TRUE(declared.contains(name)) << name;
        EXPECT_EQ(used.size(), declared.size()) << kind;
    }
    EXPECT_TRUE(json.at("components").at("schemas").as_object().contains("GreetRequest"));
    EXPECT_FALSE(json.at("components").at("schemas").as_object().contains("Nothing"));
}

TEST(OpenApi, EveryRouteIsThereWithItsParameters) {
    RouteTable routes;
    add_toy_routes(routes);
    const boost::json::object json = document();
    std::set<std::string> ids;
    std::size_t operations = 0;
    for (const auto& path : json.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            ++operations;
            const auto& body = operation.value().as_object();
            EXPECT_TRUE(ids.insert(std::string(body.at("operationId").as_string())).second);
            EXPECT_FALSE(body.at("responses").as_object().empty());
            std::size_t declared = 0;
            if (body.contains("parameters")) {
                for (const auto& parameter : body.at("parameters").as_array()) {
                    if (parameter.at("in") != "path") continue;
                    ++declared;
                    const std::string braced = "{" + std::string(parameter.at("name").as_string()) + "}";
                    EXPECT_NE(path.key().find(braced), boost::json::string_view::npos);
                    EXPECT_EQ(parameter.at("required"), true);
                }
            }
            EXPECT_EQ(declared, static_cast<std::size_t>(std::count(path.key().begin(), path.key().end(), '{')));
        }
    }
    EXPECT_EQ(operations, routes.routes().size());
}

TEST(OpenApi, DescribesAnOperation) {
    const boost::json::object json = document();
    EXPECT_EQ(json.at("openapi"), "3.1.0");
    const auto& greet = json.at("paths").at("/v1/greet").at("post").as_object();
    EXPECT_EQ(
        write_json(greet.at("requestBody")),
        R"({"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/GreetRequest"},)"
        R"("example":{"name":"Ada Guard"}}}})");
    EXPECT_EQ(greet.at("responses").at("201").at("content").at("application/json").at("schema").at("$ref"),
              "#/components/schemas/GreetAnswer");
    EXPECT_EQ(write_json(greet.at("security")),
              R"([{"secretKey":[]},{"secretKeyHeader":[]},{"publishableKey":[]},{"publishableKeyHeader":[]}])");
    EXPECT_EQ(write_json(json.at("paths").at("/v1/guests/{id}").at("delete").at("security")),
              R"([{"secretKey":[]},{"secretKeyHeader":[]}])");
    const auto& schemes = json.at("components").at("securitySchemes").as_object();
    EXPECT_EQ(schemes.size(), 4U) << "those of the toy alone";
    EXPECT_EQ(write_json(greet.at("tags")), R"(["Greetings"])");
    const std::string face = write_json(greet.at("responses").at("422"));
    EXPECT_NE(face.find(R"("enum":["IDEMPOTENCY_KEY_REUSED","NO_FACE_DETECTED"])"), std::string::npos) << face;
    for (const char* status : {"400", "401", "403", "413", "415", "500", "503"}) {
        EXPECT_TRUE(greet.at("responses").as_object().contains(status)) << status;
    }
    EXPECT_EQ(write_json(json.at("paths").at("/v1/health").at("get").at("security")), "[]");
    EXPECT_TRUE(json.at("paths").at("/stream").at("get").at("responses").as_object().contains("101"));
    EXPECT_TRUE(json.at("paths")
                    .at("/assets/{file}")
                    .at("get")
                    .at("responses")
                    .at("200")
                    .at("content")
                    .as_object()
                    .contains("text/plain"));
}

TEST(OpenApi, EveryAnswerHasAnExample) {
    const boost::json::object json = document();
    const auto& greet = json.at("paths").at("/v1/greet").at("post").at("responses").as_object();
    EXPECT_EQ(write_json(greet.at("201").at("content").at("application/json").at("example")), R"({"greeting":"text"})");
    const auto& face = greet.at("422").at("content").at("application/json").at("examples").at("NO_FACE_DETECTED");
    EXPECT_EQ(face.at("value").at("error"), "NO_FACE_DETECTED");
    EXPECT_FALSE(face.at("value").at("message").as_string().empty());
    const auto& invalid = greet.at("400").at("content").at("application/json").at("examples").as_object();
    EXPECT_EQ(invalid.at("Validation failed").at("value").at("details").as_array().size(), 1U);
}

TEST(OpenApi, ErrorsShowTheIssuesOfTheirOwnRoute) {
    const boost::json::object json = document();
    const auto example = [&](const char* path, const char* method) -> const boost::json::value& {
        return json.at("paths")
            .at(path)
            .at(method)
            .at("responses")
            .at("400")
            .at("content")
            .at("application/json")
            .at("examples")
            .at("Validation failed")
            .at("value");
    };
    EXPECT_EQ(write_json(example("/v1/greet", "post").at("details").at(0).at("path")), R"(["name"])");
    EXPECT_EQ(write_json(example("/v1/guests", "get").at("details").at(0).at("path")), R"(["limit"])");
}

TEST(OpenApi, HeadersAreDescribedWhereTheyAreReadAndAnswered) {
    RouteTable routes;
    add_toy_routes(routes);
    routes.add<Nothing, GreetAnswer>({.method = "POST", .path = "/v1/enter", .reads_sender = true},
                                     [](Call<Nothing>&) -> Result<GreetAnswer> { return {}; });
    const boost::json::object json = openapi_document(routes, {"Toy", "1.2.3", "A toy.", "https://id.example"});
    const auto names = [&](const char* path) {
        std::vector<std::string> found;
        const auto& operation = json.at("paths").at(path).at("post").as_object();
        for (const auto& parameter : operation.at("parameters").as_array()) {
            EXPECT_EQ(parameter.at("in"), "header");
            EXPECT_FALSE(parameter.at("description").as_string().empty());
            found.emplace_back(parameter.at("name").as_string());
        }
        return found;
    };
    EXPECT_EQ(names("/v1/enter"),
              (std::vector<std::string>{"Idempotency-Key", "x-device-id", "x-device-fingerprint", "DPoP"}));
    EXPECT_EQ(names("/v1/greet"), std::vector<std::string>{"Idempotency-Key"});
    const auto headers = [&](const char* status) {
        const auto& answer = json.at("paths").at("/v1/greet").at("post").at("responses").at(status);
        return write_json(answer.at("headers"));
    };
    for (const char* status : {"201", "401", "429"}) {
        for (const char* name : {"x-request-id", "RateLimit", "RateLimit-Policy"}) {
            EXPECT_NE(headers(status).find(std::string("headers/") + name), std::string::npos) << status << name;
        }
    }
    EXPECT_NE(headers("429").find("Retry-After"), std::string::npos);
    EXPECT_NE(headers("503").find("Retry-After"), std::string::npos);
    EXPECT_EQ(headers("401").find("Retry-After"), std::string::npos);
    EXPECT_NE(headers("401").find("WWW-Authenticate"), std::string::npos);
}

TEST(OpenApi, TheAdministrationPromisesOnlyWhatItDoes) {
    RouteTable routes;
    routes.add<GreetRequest, GreetAnswer>({.method = "POST", .path = "/admin/v1/greet", .auth = Auth::kSecretKey},
                                          [](Call<GreetRequest>&) -> Result<GreetAnswer> { return {}; });
    OpenApiInfo info{"Toy", "1.2.3", "A toy.", "https://id.example"};
    EXPECT_NE(write_json(openapi_document(routes, info)).find("Idempotency-Key"), std::string::npos);
    info.administration = true;
    const std::string text = write_json(openapi_document(routes, info));
    for (const char* absent : {"Idempotency-Key", "IDEMPOTENCY", "RateLimit", "SECRET_KEY_REQUIRED", "TENANT_SUSPENDED",
                               "STARTING", "API key", "Idempotent-Replayed"}) {
        EXPECT_EQ(text.find(absent), std::string::npos) << absent;
    }
    EXPECT_NE(text.find(R"("security":[{"adminToken":[]},{"adminTokenHeader":[]}])"), std::string::npos);
    EXPECT_NE(text.find("Too many wrong tokens"), std::string::npos);
}

TEST(OpenApi, QueriesAreParameters) {
    const boost::json::object json = document();
    const auto& list = json.at("paths").at("/v1/guests").at("get").as_object();
    EXPECT_EQ(write_json(list.at("parameters").as_array().at(0)),
              R"({"name":"limit","in":"query","required":false,"description":"How many.",)"
              R"("schema":{"type":"integer","minimum":1,"maximum":100,"default":10}})");
    EXPECT_FALSE(list.contains("requestBody"));
}

TEST(OpenApi, IsDeterministicAndReadable) {
    const std::string text = write_json_indented(document());
    EXPECT_EQ(text, write_json_indented(document()));
    const auto json = read_json(text);
    ASSERT_TRUE(json);
    EXPECT_TRUE(write_json(*json) == write_json(document()));
}

struct OtherGreetAnswer {
    int greeting = 0;
    static const Schema<OtherGreetAnswer>& schema() {
        static const Schema<OtherGreetAnswer> kSchema("GreetAnswer",
                                                      {field("greeting", &OtherGreetAnswer::greeting, "")});
        return kSchema;
    }
};

TEST(OpenApi, TwoTypesMustNotShareAName) {
    RouteTable routes;
    add_toy_routes(routes);
    routes.add<Nothing, OtherGreetAnswer>({.path = "/other"},
                                          [](Call<Nothing>&) -> Result<OtherGreetAnswer> { return {}; });
    EXPECT_THROW(openapi_document(routes, {}), std::logic_error);
}

}  // namespace
}  // namespace facegate::api
