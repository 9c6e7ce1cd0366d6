#include "http/uri.h"

#include <gtest/gtest.h>

namespace facegate::http {
namespace {

TEST(Uri, DecodesPercentEncoding) {
    EXPECT_EQ(percent_decode("a%20b%2Fc%c3%A9+"), "a b/c\xc3\xa9+");
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    for (const char* broken : {"%", "%2", "a%2", "%zz", "%-1", "%%41"}) EXPECT_EQ(percent_decode(broken), std::nullopt);
}

TEST(Uri, ParsesAQueryInOrder) {
    const auto fields = parse_query("a=1&b=x+y%2B&&flag&c=d=e&a=2&=v");
    ASSERT_TRUE(fields);
    const QueryFields expected = {{"a", "1"}, {"b", "x y+"}, {"flag", ""}, {"c", "d=e"}, {"a", "2"}, {"", "v"}};
    EXPECT_EQ(*fields, expected);
    EXPECT_EQ(parse_query(""), QueryFields());
}

TEST(Uri, RefusesBrokenAndLongQueries) {
    EXPECT_EQ(parse_query("a=%2"), std::nullopt);
    EXPECT_EQ(parse_query("%=1"), std::nullopt);
    EXPECT_TRUE(parse_query("a&b&c", 3));
    EXPECT_EQ(parse_query("a&b&c&d", 3), std::nullopt);
}

}  // namespace
}  // namespace facegate::http
