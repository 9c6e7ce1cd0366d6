#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "api/json_reader.h"
#include "api/json_writer.h"

namespace facegate::api {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

TEST(JsonReader, RefusesWhatIsNotOneJsonText) {
    const std::vector<std::string> bad = {"",
                                          " ",
                                          "{",
                                          "}",
                                          "[1,]",
                                          "{\"a\":1,}",
                                          "{a:1}",
                                          "{'a':1}",
                                          "nul",
                                          "NaN",
                                          "Infinity",
                                          "-",
                                          "01",
                                          "1.",
                                          "1e",
                                          "+1",
                                          "{} {}",
                                          "{}x",
                                          "\"\\x\"",
                                          "\"\t\"",
                                          "\"\\ud800\"",
                                          "\"\xff\"",
                                          "\"\xc0\xaf\"",
                                          "\"\xed\xa0\x80\"",
                                          "// c\n{}",
                                          "\xef\xbb\xbf{}",
                                          "1e999",
                                          "[-1e999]",
                                          "{\"a\":{\"b\":1e400}}",
                                          std::string("{}\0", 3),
                                          "\"abc",
                                          "\"abc\\\""};
    for (const std::string& text : bad) {
        const auto value = read_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, ErrorCode::kInvalidJson) << text;
    }
}

TEST(JsonReader, RefusesDeepNesting) {
    for (const std::string open : {"[", "{\"a\":"}) {
        const std::string close = open == "[" ? "]" : "}";
        EXPECT_TRUE(
            read_json(repeated(open, kMaxJsonDepth) + (open == "[" ? "" : "1") + repeated(close, kMaxJsonDepth)));
        for (const std::size_t depth : {kMaxJsonDepth + 1, std::size_t{10'000}, std::size_t{40'000}}) {
            const auto closed = read_json(repeated(open, depth) + "1" + repeated(close, depth));
            ASSERT_FALSE(closed);
            EXPECT_EQ(closed.error().code, ErrorCode::kInvalidJson);
            EXPECT_FALSE(read_json(repeated(open, depth)));
        }
    }
}

TEST(JsonReader, BoundsTheNumberOfValues) {
    EXPECT_TRUE(read_json("[" + repeated("1,", kMaxJsonValues - 10) + "1]"));
    const auto many = read_json("[" + repeated("1,", kMaxJsonValues) + "1]");
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().code, ErrorCode::kPayloadTooLarge);
    EXPECT_FALSE(read_json("[" + repeated("[],", kMaxJsonValues) + "[]]"));
    // What is inside strings does not count, escaped quotes included.
    EXPECT_TRUE(read_json("\"" + repeated(",[{", kMaxJsonValues) + "\""));
    EXPECT_TRUE(read_json("[\"\\\"" + repeated(",", kMaxJsonValues) + "\\\\\",1]"));
    EXPECT_FALSE(read_json("[\"\\\\\"" + repeated(",1", kMaxJsonValues) + "]"));
}

TEST(JsonReader, LastMemberOfANameWins) {
    const auto value = read_json(R"({"a":1,"b":2,"a":3})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->at("a"), 3);
    EXPECT_EQ(value->as_object().size(), 2U);
}

TEST(JsonWriter, WritesNumbersAsPeopleDo) {
    EXPECT_EQ(write_json(boost::json::array{99.4, 0.08, 1.0, -3, 1e21, std::numeric_limits<double>::infinity(), 5U}),
              "[99.4,0.08,1,-3,1e+21,null,5]");
}

TEST(JsonWriter, WhatItWritesReadsBack) {
    const auto value = read_json(R"({"a":[1,2.5,{"b":"\"\\\u0001€"}],"c":{},"d":[],"e":null,"f":true})");
    ASSERT_TRUE(value);
    EXPECT_EQ(*read_json(write_json(*value)), *value);
    EXPECT_EQ(*read_json(write_json_indented(*value)), *value);
    EXPECT_EQ(write_json_indented(boost::json::object{{"a", boost::json::array{1, 2}}, {"b", boost::json::object{}}}),
              "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}\n");
}

}  // namespace
}  // namespace facegate::api
