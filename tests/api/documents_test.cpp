#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "api/api_fixture.h"
#include "api/error_map.h"
#include "api/json_writer.h"
#include "domain/risk/risk.h"
#include "liveness/signal_table.h"

namespace facegate::testing {
namespace {

class Documents : public ApiTest {};

/// Compares a file under docs/ with what the server makes today; FACEGATE_UPDATE_DOCS=1 writes it instead.
void expect_document(const std::string& name, const std::string& generated) {
    const std::string path = FACEGATE_DOCS "/" + name;
    if (const char* update = std::getenv("FACEGATE_UPDATE_DOCS");
        update != nullptr && std::string_view(update) == "1") {
        std::ofstream(path, std::ios::binary) << generated;
        return;
    }
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << path << " is missing; run this test with FACEGATE_UPDATE_DOCS=1";
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_TRUE(text.str() == generated) << path << " is out of date; run this test with FACEGATE_UPDATE_DOCS=1";
}

TEST_F(Documents, OpenApiIsUpToDate) {
    const Answer answer = call({"GET", "/openapi.json"});
    ASSERT_EQ(answer.status, 200U);
    ASSERT_TRUE(answer.body.is_object());
    expect_document("openapi.json", api::write_json_indented(answer.body));
}

TEST_F(Documents, ErrorReferenceIsUpToDate) {
    expect_document("errors.md", api::error_reference_markdown());
}

/// A page that holds a generated table.
void expect_table(const std::string& name, const std::string& table) {
    std::ifstream file(FACEGATE_DOCS "/" + name, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    const std::string page = text.str();
    const std::string marker = "<!-- table: generated -->\n";
    const std::size_t from = page.find(marker);
    const std::size_t until = page.find("<!-- end -->", from);
    ASSERT_NE(from, std::string::npos);
    ASSERT_NE(until, std::string::npos);
    expect_document(name, page.substr(0, from + marker.size()) + table + page.substr(until));
}

/// Thresholds as the verdict uses them.
TEST_F(Documents, TheTableOfSignalsIsUpToDate) {
    expect_table("liveness.md", liveness::signal_table_markdown());
}

/// Weights as sign-ins are judged by them.
TEST_F(Documents, TheTableOfRiskFactorsIsUpToDate) {
    expect_table("risk.md", domain::risk_factor_table_markdown());
}

TEST_F(Documents, OpenApiHasEveryRoute) {
    const Answer answer = call({"GET", "/openapi.json"});
    EXPECT_TRUE(answer.text_at("/openapi").starts_with("3.1"));
    std::size_t expected = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!route.info.in_openapi) continue;
        SCOPED_TRACE(route.info.method + " " + route.info.path);
        const std::string path = path_in_openapi(route);
        std::string method = route.info.method;
        for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        const json::object& paths = answer.body.at("paths").as_object();
        ASSERT_TRUE(paths.contains(path)) << path;
        ASSERT_TRUE(paths.at(path).as_object().contains(method));
        const json::value& operation = paths.at(path).at(method);
        const std::string success = route.open ? "101" : std::to_string(route.info.success_status);
        EXPECT_TRUE(operation.at("responses").as_object().contains(success));
        ++expected;
    }
    EXPECT_GE(expected, 15U);
}

TEST_F(Documents, ErrorReferenceHasEveryError) {
    const std::string text = api::error_reference_markdown();
    for (const api::ErrorRow& row : api::error_table()) {
        EXPECT_NE(text.find("`" + std::string(row.name) + "`"), std::string::npos) << row.name;
    }
}

}  // namespace
}  // namespace facegate::testing
