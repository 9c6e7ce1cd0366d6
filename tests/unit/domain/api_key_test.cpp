#include "domain/keys/api_key.h"

#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

const std::string kBody(32, 'a');

TEST(KeyGrammar, SecretKeys) {
    const auto test = parse_key("fg_test_" + kBody);
    ASSERT_TRUE(test.has_value());
    EXPECT_EQ(test->environment, Environment::kTest);
    EXPECT_FALSE(test->publishable);
    EXPECT_EQ(parse_key("fg_live_" + std::string(128, 'Z'))->environment, Environment::kLive);
}

TEST(KeyGrammar, APublishableKeyIsNeverASecretOne) {
    const auto parsed = parse_key("fg_live_pub_" + kBody);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->publishable);
}

TEST(KeyGrammar, EverythingElseIsNoKey) {
    for (const auto& text :
         {std::string(), std::string("fg_test_"), "fg_test_" + std::string(31, 'a'), "fg_test_" + std::string(129, 'a'),
          "fg_demo_" + kBody, "FG_TEST_" + kBody, "fg_test_" + kBody + " ", " fg_test_" + kBody,
          "fg_test_" + kBody + "-", "fg_test_pub_pub_" + kBody, "fg_test_pub_" + std::string(28, 'a'),
          "fg_test" + kBody, "fg_test_" + kBody + std::string(1, '\0')}) {
        EXPECT_FALSE(parse_key(text).has_value()) << text;
    }
}

class ApiKeyTest : public DomainTest {
protected:
    CreatedKey create(const Scope& scope, std::optional<TimeMs> expires_at = std::nullopt) {
        return db_
            .write_system([&](sql::SystemTx& tx) { return create_key(tx, random_, scope, "ci", expires_at, now_); })
            .value();
    }
    Result<AuthenticatedKey> present(const std::string& text, TimeMs at) {
        return db_.read_system([&](sql::SystemTx& tx) { return authenticate(tx, text, at); });
    }
    std::optional<ErrorCode> refusal(const std::string& text, TimeMs at) {
        const auto key = present(text, at);
        return key ? std::nullopt : std::optional(key.error().code);
    }
};

TEST_F(ApiKeyTest, OpensItsOwnScope) {
    for (const auto& scope : {ours_, ours_live_, theirs_}) {
        const auto created = create(scope);
        EXPECT_EQ(parse_key(created.text)->environment, scope.environment);
        const auto key = present(created.text, now_).value();
        EXPECT_EQ(key.scope, scope);
        EXPECT_EQ(key.id, created.key.id);
        EXPECT_EQ(key.allowed_origins.size(), 1U);
    }
}

TEST_F(ApiKeyTest, PublishableOnesSayWhatTheyAre) {
    const auto created =
        db_.write_system([&](sql::SystemTx& tx) {
               return create_key(tx, random_, ours_live_, "web", std::nullopt, now_, KeyKind::kPublishable);
           })
            .value();
    EXPECT_TRUE(created.text.starts_with("fg_live_pub_"));
    EXPECT_TRUE(parse_key(created.text)->publishable);
    EXPECT_EQ(present(created.text, now_)->kind, KeyKind::kPublishable);
    EXPECT_EQ(present(created.text, now_)->scope, ours_live_);
    EXPECT_EQ(present(create(ours_).text, now_)->kind, KeyKind::kSecret);
    const auto listed = db_.read_system([&](sql::SystemTx& tx) { return list_keys(tx, ours_live_.tenant); });
    EXPECT_EQ(std::ranges::count(listed, KeyKind::kPublishable, &ApiKey::kind), 1);
    // The mark is part of what is hashed.
    EXPECT_EQ(refusal("fg_live_" + created.text.substr(12), now_), ErrorCode::kUnauthorized);
}

TEST_F(ApiKeyTest, TextIsStoredNowhere) {
    const auto created = create(ours_);
    const auto leaks = db_.read_system([&](sql::SystemTx& tx) {
        return tx.query("SELECT id FROM api_keys WHERE name = $1 OR id = $1 OR key_hash = $2",
                        {created.text, Bytes(created.text.begin(), created.text.end())});
    });
    EXPECT_TRUE(leaks.empty());
}

TEST_F(ApiKeyTest, UnknownMalformedAndAlteredAreUnauthorized) {
    auto text = create(ours_).text;
    EXPECT_EQ(refusal("fg_test_" + kBody, now_), ErrorCode::kUnauthorized);
    EXPECT_EQ(refusal("nonsense", now_), ErrorCode::kUnauthorized);
    EXPECT_EQ(refusal("fg_live_" + text.substr(8), now_), ErrorCode::kUnauthorized);
    text.back() = text.back() == 'a' ? 'b' : 'a';
    EXPECT_EQ(refusal(text, now_), ErrorCode::kUnauthorized);
}

TEST_F(ApiKeyTest, ExpiresAtItsTime) {
    const auto created = create(ours_, now_ + std::chrono::hours(1));
    EXPECT_EQ(refusal(created.text, now_ + std::chrono::hours(1) - Milliseconds(1)), std::nullopt);
    EXPECT_EQ(refusal(created.text, now_ + std::chrono::hours(1)), ErrorCode::kUnauthorized);
}

TEST_F(ApiKeyTest, RevocationIsImmediateAndKeepsItsFirstTime) {
    const auto created = create(ours_);
    const auto revoke = [&](const KeyId& id, TimeMs at) {
        return db_.write_system([&](sql::SystemTx& tx) { return revoke_key(tx, id, at); });
    };
    EXPECT_EQ(revoke(created.key.id, now_)->revoked_at, now_);
    EXPECT_EQ(refusal(created.text, now_), ErrorCode::kUnauthorized);
    EXPECT_EQ(revoke(created.key.id, now_ + Milliseconds(5))->revoked_at, now_);
    EXPECT_EQ(revoke(KeyId("key_nobody"), now_).error().code, ErrorCode::kNotFound);
}

TEST_F(ApiKeyTest, SuspendedTenantIsToldSo) {
    const auto created = create(ours_);
    db_.write_system([&](sql::SystemTx& tx) { (void)set_tenant_status(tx, ours_.tenant, TenantStatus::kSuspended); });
    EXPECT_EQ(refusal(created.text, now_), ErrorCode::kTenantSuspended);
}

TEST_F(ApiKeyTest, CreationChecksTenantEnvironmentAndExpiry) {
    const auto code_of = [&](const Scope& scope, std::optional<TimeMs> expires_at) {
        return db_.write_system([&](sql::SystemTx& tx) { return create_key(tx, random_, scope, "", expires_at, now_); })
            .error()
            .code;
    };
    EXPECT_EQ(code_of({TenantId("ten_nobody"), Environment::kTest}, std::nullopt), ErrorCode::kNotFound);
    EXPECT_EQ(code_of({demo_tenant_id(), Environment::kTest}, std::nullopt), ErrorCode::kNotFound);
    EXPECT_EQ(code_of({ours_.tenant, Environment::kDemo}, std::nullopt), ErrorCode::kValidationFailed);
    EXPECT_EQ(code_of(ours_, now_), ErrorCode::kValidationFailed);
}

TEST_F(ApiKeyTest, LastUseIsWrittenAtMostOnceAMinute) {
    const auto created = create(ours_);
    const auto touch = [&](TimeMs at) {
        return db_.write_system([&](sql::SystemTx& tx) {
            touch_key(tx, created.key.id, at);
            return list_keys(tx, ours_.tenant).front().last_used_at;
        });
    };
    EXPECT_TRUE(touch_due(present(created.text, now_)->last_used_at, now_));
    EXPECT_EQ(touch(now_), now_);
    EXPECT_EQ(touch(now_ + Milliseconds(59'999)), now_);
    EXPECT_FALSE(touch_due(now_, now_ + Milliseconds(59'999)));
    EXPECT_EQ(touch(now_ + Milliseconds(60'000)), now_ + Milliseconds(60'000));
}

TEST_F(ApiKeyTest, ListIsOfOneTenantOrOfAll) {
    create(ours_);
    create(ours_live_);
    create(theirs_);
    db_.read_system([&](sql::SystemTx& tx) {
        EXPECT_EQ(list_keys(tx, ours_.tenant).size(), 2U);
        EXPECT_EQ(list_keys(tx, theirs_.tenant).size(), 1U);
        EXPECT_EQ(list_keys(tx).size(), 3U);
    });
}

}  // namespace
}  // namespace facegate::domain
