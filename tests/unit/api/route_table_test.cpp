#include "api/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/api/toy_routes.h"

namespace facegate::api {
namespace {

using testing::ElementsAre;

class RouteTableTest : public testing::Test {
protected:
    RouteTableTest() { add_toy_routes(routes_); }
    std::string found(std::string_view method, std::string_view path) {
        const RouteTable::Match match = routes_.find(method, path);
        return match.route == nullptr ? "none" : match.route->info.path;
    }
    RouteTable routes_;
};

TEST_F(RouteTableTest, FindsByMethodAndPath) {
    EXPECT_EQ(found("POST", "/v1/greet"), "/v1/greet");
    EXPECT_EQ(found("GET", "/v1/guests"), "/v1/guests");
    EXPECT_EQ(found("HEAD", "/v1/guests"), "/v1/guests");
    EXPECT_EQ(found("GET", "/v1/guests/first"), "/v1/guests/first");
    EXPECT_EQ(found("GET", "/v1/guests/second"), "/v1/guests/:id");
    EXPECT_EQ(found("DELETE", "/v1/guests/first"), "/v1/guests/:id");
    EXPECT_EQ(found("GET", "/v1/%67uests"), "/v1/guests");
}

TEST_F(RouteTableTest, UnknownPaths) {
    const std::string long_path(1000, '/');
    for (const std::string path :
         {"", "/", "v1/greet", "/v1/greet/", "/v1//greet", "/V1/greet", "/v1/guests/", "/v1/guests/a/b", "/v1/guests/%",
          "/v1/guests/%zz", "/v1/guests/%00", "/v1/guests/%ff", "/assets/", "/assets", "*", long_path.c_str()}) {
        const RouteTable::Match match = routes_.find("GET", path);
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_TRUE(match.allowed.empty()) << path;
    }
}

TEST_F(RouteTableTest, OtherMethodsAreTold) {
    const RouteTable::Match match = routes_.find("PATCH", "/v1/guests/7");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_THAT(match.allowed, ElementsAre("DELETE", "GET", "HEAD", "OPTIONS"));
    EXPECT_THAT(routes_.find("GET", "/v1/greet").allowed, ElementsAre("POST", "OPTIONS"));
    EXPECT_EQ(routes_.find("get", "/v1/guests").route, nullptr);
}

TEST_F(RouteTableTest, ParametersAreDecoded) {
    EXPECT_EQ(routes_.find("GET", "/v1/guests/a%2Fb%20c").params.at("id"), "a/b c");
    EXPECT_EQ(routes_.find("GET", "/assets/js/x.js").params.at("file"), "js/x.js");
}

TEST_F(RouteTableTest, ARouteIsDeclaredOnce) {
    EXPECT_THROW(add_toy_routes(routes_), std::logic_error);
}

}  // namespace
}  // namespace facegate::api
