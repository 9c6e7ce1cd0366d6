#include "base/random.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "base/log.h"

namespace facegate {
namespace {

/// Gives out the bytes it was loaded with.
class ScriptedRandom final : public Random {
public:
    explicit ScriptedRandom(std::deque<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) {
            byte = bytes_.front();
            bytes_.pop_front();
        }
    }

private:
    std::deque<std::uint8_t> bytes_;
};

TEST(Random, IdsAndUuidsHaveTheirForm) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = random.id("user_");
        EXPECT_EQ(id.size(), 27u);
        EXPECT_TRUE(seen.insert(id).second);
        const std::string uuid = random.uuid();
        EXPECT_TRUE(is_uuid(uuid)) << uuid;
        EXPECT_EQ(uuid[14], '4');
        EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    }
}

TEST(Random, BelowDrawsAgainInsteadOfFavouringSmallValues) {
    // 2^32 mod 3 = 1: the value 0 is the one too many and must be skipped.
    ScriptedRandom random({0, 0, 0, 0, 5, 0, 0, 0});
    EXPECT_EQ(random.below(3), 2u);
}

TEST(Random, BelowAndUniformStayInRange) {
    SystemRandom random;
    std::set<std::uint32_t> values;
    for (int i = 0; i < 2000; ++i) {
        values.insert(random.below(7));
        const double x = random.uniform(-2, 3);
        EXPECT_GE(x, -2);
        EXPECT_LT(x, 3);
    }
    EXPECT_EQ(values.size(), 7u);
    EXPECT_EQ(*values.rbegin(), 6u);
}

TEST(Uuid, RefusesOtherForms) {
    EXPECT_TRUE(is_uuid("550e8400-e29b-41d4-a716-446655440000"));
    for (const char* text : {"", "550e8400-e29b-41d4-a716-44665544000", "550e8400e29b41d4a716446655440000aaaa",
                             "550e8400-e29b-41d4-a716-44665544000g", "550e8400-e29b-41d4-a716-4466554400000"}) {
        EXPECT_FALSE(is_uuid(text)) << text;
    }
}

TEST(JsonString, EscapesControlsAndReplacesBadUtf8) {
    EXPECT_EQ(log::json_string("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000a\\u007f\"");
    EXPECT_EQ(log::json_string("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x99\x82"),
              "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x99\x82\"");
    // Overlong, surrogate, truncated and stray bytes.
    EXPECT_EQ(log::json_string("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
    EXPECT_EQ(log::json_string("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
    EXPECT_EQ(log::json_string("\xe2\x82"), "\"\\ufffd\\ufffd\"");
    EXPECT_EQ(log::json_string("\xff"), "\"\\ufffd\"");
}

}  // namespace
}  // namespace facegate
