#include "api/cursor.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace facegate::api {
namespace {

class Cursor : public testing::Test {
protected:
    [[nodiscard]] std::string make(std::string_view list = "users", std::string_view position = "17/user_a") const {
        return make_cursor(vault_, scope_, list, position);
    }
    void expect_refused(const Scope& scope, std::string_view list, std::string_view cursor) const {
        const Result<std::string> read = read_cursor(vault_, scope, list, cursor);
        ASSERT_FALSE(read.has_value()) << cursor;
        EXPECT_EQ(read.error().code, ErrorCode::kValidationFailed);
        ASSERT_EQ(read.error().issues.size(), 1U);
        EXPECT_EQ(read.error().issues.front().path, std::vector<std::string>{"cursor"});
    }

    SystemRandom random_;
    domain::Vault vault_{crypto::SecretKey::generate(random_), random_};
    Scope scope_{TenantId("ten_1"), Environment::kTest};
};

TEST_F(Cursor, GivesThePositionBack) {
    for (const std::string position : {"17/user_a", "x", "0:", "-5/"}) {
        EXPECT_EQ(read_cursor(vault_, scope_, "users", make("users", position)), position);
    }
    EXPECT_EQ(make(), make());
}

TEST_F(Cursor, IsGoodForItsOwnListAndScopeAlone) {
    const std::string cursor = make();
    expect_refused({TenantId("ten_2"), Environment::kTest}, "users", cursor);
    expect_refused({TenantId("ten_1"), Environment::kLive}, "users", cursor);
    expect_refused(scope_, "devices", cursor);
    expect_refused(scope_, "user", cursor);
    const domain::Vault other(crypto::SecretKey::generate(random_), random_);
    EXPECT_FALSE(read_cursor(other, scope_, "users", cursor).has_value());
}

TEST_F(Cursor, ForgedAndCutOnesAreRefused) {
    const std::string cursor = make();
    for (std::size_t length = 0; length < cursor.size(); ++length) {
        expect_refused(scope_, "users", cursor.substr(0, length));
    }
    const Bytes bytes = from_base64url(cursor).value();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        Bytes changed = bytes;
        changed[i] ^= 1;
        expect_refused(scope_, "users", to_base64url(changed));
    }
    expect_refused(scope_, "users", cursor + "AAAA");
    expect_refused(scope_, "users", "not base64url!");
    expect_refused(scope_, "users", std::string(kMaxCursor + 1, 'A'));
}

TEST_F(Cursor, OfAPageHoldsTimeAndId) {
    const domain::PagePosition position{-17, "user_a/b"};
    const std::optional<std::string> cursor = make_page_cursor(vault_, scope_, "users", position);
    EXPECT_EQ(read_page_cursor(vault_, scope_, "users", cursor).value(), position);
    EXPECT_EQ(read_page_cursor(vault_, scope_, "users", std::nullopt).value(), std::nullopt);
    EXPECT_EQ(make_page_cursor(vault_, scope_, "users", std::nullopt), std::nullopt);
    for (const char* other : {"x", "/", "17", "a/b"}) {
        EXPECT_FALSE(read_page_cursor(vault_, scope_, "users", make("users", other)).has_value()) << other;
    }
}

}  // namespace
}  // namespace facegate::api
