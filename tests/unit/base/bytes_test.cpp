#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace facegate {
namespace {

TEST(Base64, KnownAnswersOfRfc4648) {
    const std::vector<std::pair<std::string, std::string>> cases = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : cases) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        const auto back = from_base64(encoded);
        ASSERT_TRUE(back.has_value()) << encoded;
        EXPECT_EQ(as_text(*back), plain);
    }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (const char* text :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9_", "=Zg=", "Zg==Zg=="}) {
        EXPECT_FALSE(from_base64(text).has_value()) << text;
    }
}

TEST(Base64Url, RoundTripsEveryLength) {
    SystemRandom random;
    for (std::size_t length = 0; length < 70; ++length) {
        const Bytes bytes = random.bytes(length);
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
        EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    }
    EXPECT_FALSE(from_base64url("a+b_").has_value());
}

TEST(Hex, RefusesOddAndForeignCharacters) {
    EXPECT_FALSE(from_hex("abc").has_value());
    EXPECT_FALSE(from_hex("zz").has_value());
    EXPECT_EQ(from_hex("AbFf"), (Bytes{0xab, 0xff}));
}

TEST(Base62, PadsAndKeepsEveryBit) {
    EXPECT_EQ(to_base62(Bytes(16, 0), 22), std::string(22, '0'));
    EXPECT_EQ(to_base62(Bytes{61}, 1), "z");
    EXPECT_EQ(to_base62(Bytes{62}, 1), "10");
    // 2^128 - 1 is the largest id and fits in 22 digits.
    EXPECT_EQ(to_base62(Bytes(16, 0xff), 22).size(), 22u);
    EXPECT_EQ(to_base62(Bytes(16, 0xff), 22), "7n42DGM5Tflk9n8mt7Fhc7");
}

}  // namespace
}  // namespace facegate
