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
    const auto& schemas = json.at("components").at("schemas").as_object();
    const std::string prefix = "#/components/schemas/";
    std::set<std::string> used;
    each_reference(json, [&](const std::string& reference) {
        ASSERT_TRUE(reference.starts_with(prefix));
        used.insert(reference.substr(prefix.size()));
    });
    for (const std::string& name : used) EXPECT_TRUE(schemas.contains(name)) << name;
    EXPECT_EQ(used.size(), schemas.size());
    EXPECT_TRUE(schemas.contains("GreetRequest"));
    EXPECT_FALSE(schemas.contains("Nothing"));
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
    EXPECT_EQ(write_json(greet.at("security")), R"([{"bearer":[]},{"header":[]}])");
    EXPECT_EQ(write_json(greet.at("tags")), R"(["Greetings"])");
    const std::string face = write_json(greet.at("responses").at("422"));
    EXPECT_NE(face.find(R"("enum":["NO_FACE_DETECTED"])"), std::string::npos) << face;
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
    EXPECT_EQ(*json, boost::json::value(document()));
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
