#include "api/docs_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "api/error_map.h"
#include "api/openapi.h"
#include "unit/api/toy_routes.h"

namespace facegate::api {
namespace {

using testing::HasSubstr;
using testing::Not;

boost::json::object document() {
    RouteTable routes;
    add_toy_routes(routes);
    return openapi_document(routes, {"Toy <b>", "1.2.3", "A toy & `code`.", "https://id.example"});
}

/// The values of an attribute, in order.
std::vector<std::string> attributes(const std::string& html, const std::string& name) {
    std::vector<std::string> values;
    const std::string start = " " + name + "=\"";
    for (std::size_t at = 0; (at = html.find(start, at)) != std::string::npos;) {
        at += start.size();
        values.push_back(html.substr(at, html.find('"', at) - at));
    }
    return values;
}

TEST(DocsPages, EveryOperationAndTypeHasItsAnchorAndEveryLinkLeadsSomewhere) {
    const boost::json::object json = document();
    const std::string html = docs_page(json);
    const auto ids = attributes(html, "id");
    const std::set<std::string> anchors(ids.begin(), ids.end());
    EXPECT_EQ(anchors.size(), ids.size()) << "each once";
    for (const auto& path : json.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            EXPECT_TRUE(anchors.contains(std::string(operation.value().at("operationId").as_string()))) << path.key();
        }
    }
    for (const auto& schema : json.at("components").at("schemas").as_object()) {
        EXPECT_TRUE(anchors.contains("schema-" + std::string(schema.key())));
    }
    for (const std::string& link : attributes(html, "href")) {
        if (!link.starts_with('#')) continue;
        EXPECT_TRUE(anchors.contains(link.substr(1))) << link;
    }
}

TEST(DocsPages, TextOfTheDocumentIsEscapedAndNothingRunsOrIsLoadedFromElsewhere) {
    const std::string html = docs_page(document());
    EXPECT_THAT(html, HasSubstr("Toy &lt;b&gt; API 1.2.3"));
    EXPECT_THAT(html, HasSubstr("A toy &amp; <code>code</code>."));
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr(" style=")));
    EXPECT_THAT(html, Not(HasSubstr("onclick")));
    EXPECT_THAT(html, Not(HasSubstr("src=")));
    EXPECT_EQ(html_escaped("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(DocsPages, AnOperationShowsItsCommandItsBodyAndItsErrors) {
    const std::string html = docs_page(document());
    EXPECT_THAT(html, HasSubstr("curl -X POST &quot;https://id.example/v1/greet&quot;"));
    EXPECT_THAT(html, HasSubstr("-d &#39;{&quot;name&quot;:&quot;Ada Guard&quot;}&#39;"));
    EXPECT_THAT(html, HasSubstr("/v1/guests/$ID&quot;"));
    EXPECT_THAT(html, HasSubstr("Whom to greet."));
    EXPECT_THAT(html, HasSubstr("NO_FACE_DETECTED"));
}

TEST(DocsPages, TheErrorPageHasEveryError) {
    const std::string html = errors_page();
    for (const ErrorRow& row : error_table()) {
        EXPECT_THAT(html, HasSubstr("<code>" + html_escaped(row.name) + "</code>")) << row.name;
    }
}

TEST(DocsPages, TheyTellWhereTheApiIsWhatOpensItAndWhoMayCallWhat) {
    const std::string html = docs_page(document());
    EXPECT_THAT(html, HasSubstr("<code>https://id.example</code>"));
    EXPECT_THAT(html, HasSubstr("A publishable key, <code>fg_test_pub_…</code>"));
    EXPECT_THAT(html, HasSubstr("With a secret or a publishable key."));
    EXPECT_THAT(html, HasSubstr("With a secret key."));
    EXPECT_THAT(html, HasSubstr("Needs no key."));
    EXPECT_THAT(html, HasSubstr("<code class=\"status\">401</code> <code>UNAUTHORIZED</code>"));
    EXPECT_THAT(html, Not(HasSubstr("curl &quot;https://id.example/stream"))) << "a WebSocket is not for curl";
}

TEST(DocsPages, LimitsAreInWords) {
    EXPECT_THAT(docs_page(document()), HasSubstr("1 to 255 characters"));
    EXPECT_THAT(docs_page(document()), HasSubstr("1 to 100, default 10"));
}

}  // namespace
}  // namespace facegate::api
