#include "domain/issuers/signing_keys.h"

#include <boost/json.hpp>
#include <set>

#include "domain/issuers/issuers.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Two servers on one database, and the operator's program beside them.
class SigningKeysTest : public DomainTest {
protected:
    Issuers load(const std::optional<std::string>& live_secret = std::nullopt) {
        return db_.write_system([&](sql::SystemTx& tx) {
            return Issuers::load_or_create(tx, vault_, "https://id.example", now_, live_secret);
        });
    }
    bool reload(Issuers& issuers) {
        return db_.read_system([&](sql::SystemTx& tx) { return issuers.reload(tx, vault_, now_); });
    }
    SigningKeyInfo rotate(std::string_view issuer, Milliseconds publish_for = kPublishBeforeSigning) {
        return db_
            .write_system([&](sql::SystemTx& tx) { return rotate_signing_key(tx, vault_, issuer, publish_for, now_); })
            .value();
    }
    CreatedTokenSecret secret(const Scope& scope, Milliseconds publish_for = {}) {
        return db_
            .write(scope,
                   [&](sql::TenantTx& tx) { return create_token_secret(tx, vault_, random_, publish_for, now_); })
            .value();
    }
    std::string sign(const Issuers& issuers, const Scope& scope) {
        AccessClaims claims;
        claims.scope = scope;
        claims.user = UserId("user_1");
        claims.session = SessionId("sess_1");
        claims.device = DeviceId("dev_1");
        claims.auth_time = now_;
        claims.issued_at = now_;
        return issuers.sign_access_token(claims, random_);
    }
    RefreshToken sign_refresh(const Issuers& issuers) {
        return issuers.sign_refresh_token(ours_, UserId("user_1"), SessionId("sess_1"), DeviceId("dev_1"),
                                          now_ + kRefreshTokenLife, random_, now_);
    }
    bool accepts(const Issuers& issuers, const std::string& token, const Scope& scope) {
        return issuers.verify_access_token(token, scope, now_).has_value();
    }
    static std::string header(const std::string& token, const char* name) {
        return std::string(json::parse(crypto::split_jws(token)->header).at(name).as_string());
    }
    std::set<std::string> published(const Issuers& issuers, Environment environment) {
        std::set<std::string> ids;
        const auto set = json::parse(issuers.jwks(environment, now_));
        for (const auto& key : set.at("keys").as_array()) ids.insert(std::string(key.at("kid").as_string()));
        return ids;
    }

    Issuers issuers_ = load();
};

TEST_F(SigningKeysTest, ANewKeyIsPublishedBeforeItSignsAndTheOldOneUntilItsTokensAreOver) {
    const std::string before = sign(issuers_, ours_);
    const std::string old_key = header(before, "kid");
    const SigningKeyInfo fresh = rotate("test");
    EXPECT_EQ(published(issuers_, Environment::kTest), std::set{old_key}) << "not before it is followed";
    EXPECT_TRUE(reload(issuers_));
    EXPECT_FALSE(reload(issuers_)) << "nothing changed since";
    EXPECT_EQ(published(issuers_, Environment::kTest), (std::set{old_key, fresh.key_id}));
    EXPECT_EQ(header(sign(issuers_, ours_), "kid"), old_key);

    now_ += kPublishBeforeSigning - Milliseconds(1);
    const std::string last_of_old = sign(issuers_, ours_);
    EXPECT_EQ(header(last_of_old, "kid"), old_key);
    now_ += Milliseconds(1) + seconds(1);
    EXPECT_EQ(header(sign(issuers_, ours_), "kid"), fresh.key_id) << "without a reload";
    EXPECT_TRUE(accepts(issuers_, last_of_old, ours_));
    now_ += kAccessTokenLife - seconds(3);
    EXPECT_TRUE(accepts(issuers_, last_of_old, ours_)) << "to its last second";
    EXPECT_TRUE(published(issuers_, Environment::kTest).contains(old_key));

    now_ += minutes(10);
    EXPECT_EQ(published(issuers_, Environment::kTest), std::set{fresh.key_id});
    EXPECT_EQ(db_.write_system([&](sql::SystemTx& tx) { return purge_signing_keys(tx, now_); }), 1);
    reload(issuers_);
    EXPECT_TRUE(accepts(issuers_, sign(issuers_, ours_), ours_));
}

TEST_F(SigningKeysTest, OnlyTheIssuerAskedForRotates) {
    const auto live = published(issuers_, Environment::kLive);
    const auto demo = published(issuers_, Environment::kDemo);
    rotate("test", Milliseconds(0));
    reload(issuers_);
    EXPECT_EQ(published(issuers_, Environment::kTest).size(), 2U);
    EXPECT_EQ(published(issuers_, Environment::kLive), live);
    EXPECT_EQ(published(issuers_, Environment::kDemo), demo);
    for (const Milliseconds wrong : {Milliseconds(-1), Milliseconds(hours(7 * 24)) + Milliseconds(1)}) {
        EXPECT_FALSE(
            db_.write_system([&](sql::SystemTx& tx) { return rotate_signing_key(tx, vault_, "test", wrong, now_); }));
    }
    EXPECT_FALSE(db_.write_system(
        [&](sql::SystemTx& tx) { return rotate_signing_key(tx, vault_, "other", Milliseconds(0), now_); }));
}

TEST_F(SigningKeysTest, TwoServersFollowTheSameRotation) {
    Issuers other = load();
    rotate("test");
    reload(issuers_);
    now_ += kPublishBeforeSigning + seconds(1);
    const std::string token = sign(issuers_, ours_);
    EXPECT_FALSE(accepts(other, token, ours_)) << "it never looked";
    EXPECT_TRUE(reload(other));
    EXPECT_TRUE(accepts(other, token, ours_));
}

TEST_F(SigningKeysTest, RefreshTokensOutliveTheirKeysRotationByTheirWholeLife) {
    const RefreshToken before = sign_refresh(issuers_);
    now_ += seconds(1);
    const SigningKeyInfo fresh = rotate("refresh", Milliseconds(0));
    reload(issuers_);
    now_ += seconds(1);
    EXPECT_EQ(header(sign_refresh(issuers_).token, "kid"), fresh.key_id);
    now_ += kRefreshTokenLife - seconds(4);
    EXPECT_TRUE(issuers_.verify_refresh_token(before.token, ours_, now_).has_value());
}

TEST_F(SigningKeysTest, AKeyInWrongHandsIsGoodForNothingAtOnce) {
    const std::string stolen = sign(issuers_, ours_);
    const std::string live = sign(issuers_, ours_live_);
    rotate("test");  // one that would sign later is replaced as well
    const SigningKeyInfo fresh =
        db_.write_system([&](sql::SystemTx& tx) { return replace_signing_keys(tx, vault_, "test", now_); }).value();
    reload(issuers_);
    EXPECT_FALSE(accepts(issuers_, stolen, ours_));
    EXPECT_EQ(published(issuers_, Environment::kTest), std::set{fresh.key_id});
    EXPECT_TRUE(accepts(issuers_, sign(issuers_, ours_), ours_));
    EXPECT_TRUE(accepts(issuers_, live, ours_live_));
}

TEST_F(SigningKeysTest, ASecretSignsForOneTenantAndEnvironmentAlone) {
    const std::string before = sign(issuers_, ours_);
    const CreatedTokenSecret made = secret(ours_);
    EXPECT_GE(made.text.size(), 43U);
    reload(issuers_);
    const std::string token = sign(issuers_, ours_);
    EXPECT_EQ(header(token, "alg"), "HS256");
    EXPECT_EQ(header(token, "kid"), made.secret.key_id);
    const auto parts = crypto::split_jws(token).value();
    EXPECT_TRUE(crypto::verify_hs256(as_bytes(made.text), parts.signing_input, parts.signature));
    EXPECT_TRUE(accepts(issuers_, token, ours_));
    EXPECT_TRUE(accepts(issuers_, before, ours_)) << "signed with ES256 a moment ago";
    for (const Scope& other : others_) {
        EXPECT_FALSE(accepts(issuers_, token, other));
        EXPECT_EQ(header(sign(issuers_, other), "alg"), "ES256");
    }
    EXPECT_EQ(published(issuers_, Environment::kTest).size(), 1U) << "a secret is in no key set";
}

TEST_F(SigningKeysTest, NoAlgorithmTakesTheKeyOfAnother) {
    const CreatedTokenSecret made = secret(ours_);
    reload(issuers_);
    const auto claims = crypto::split_jws(sign(issuers_, ours_))->claims;
    const auto key_set = json::parse(issuers_.jwks(Environment::kTest, now_));
    const json::value& jwk = key_set.at("keys").at(0);
    const std::string kid(jwk.at("kid").as_string());
    // What a verifier that lets the token choose takes for the secret: the public key, in the forms it is known in.
    for (const std::string& key : {json::serialize(jwk), std::string(jwk.at("x").as_string()),
                                   std::string(jwk.at("x").as_string()) + std::string(jwk.at("y").as_string())}) {
        EXPECT_FALSE(accepts(issuers_, crypto::sign_hs256(as_bytes(key), kid, "JWT", claims), ours_));
        EXPECT_FALSE(accepts(issuers_, crypto::sign_hs256(as_bytes(key), made.secret.key_id, "JWT", claims), ours_));
    }
    // The right secret, but under the name of a public key, and of another tenant.
    EXPECT_FALSE(accepts(issuers_, crypto::sign_hs256(as_bytes(made.text), kid, "JWT", claims), ours_));
    EXPECT_TRUE(accepts(issuers_, crypto::sign_hs256(as_bytes(made.text), made.secret.key_id, "JWT", claims), ours_));
    EXPECT_FALSE(
        accepts(issuers_, crypto::sign_hs256(as_bytes(made.text), made.secret.key_id, "JWT", claims), theirs_));
}

TEST_F(SigningKeysTest, SecretsRotateWithOverlapAndEnd) {
    const CreatedTokenSecret first = secret(ours_);
    const CreatedTokenSecret second = secret(ours_, minutes(60));
    reload(issuers_);
    const std::string by_first = sign(issuers_, ours_);
    EXPECT_EQ(header(by_first, "kid"), first.secret.key_id);
    now_ += minutes(60) + seconds(1);
    const std::string by_second = sign(issuers_, ours_);
    EXPECT_EQ(header(by_second, "kid"), second.secret.key_id);
    EXPECT_EQ(db_.write(ours_, [&](sql::TenantTx& tx) { return end_token_secrets(tx, now_); }), 1);
    reload(issuers_);
    now_ += seconds(1);
    EXPECT_EQ(header(sign(issuers_, ours_), "alg"), "ES256");
    EXPECT_TRUE(accepts(issuers_, by_second, ours_)) << "until it expires";
    now_ += kAccessTokenLife;
    EXPECT_EQ(db_.write_system([&](sql::SystemTx& tx) { return purge_token_secrets(tx, now_); }), 2);
}

TEST_F(SigningKeysTest, SecretsAreStoredSealedAndBoundToTheirRow) {
    const CreatedTokenSecret made = secret(ours_);
    const Bytes stored = db_.read_system(
        [](sql::SystemTx& tx) { return tx.query("SELECT sealed_secret FROM token_secrets").front().blob(0); });
    EXPECT_EQ(as_text(stored).find(made.text), std::string_view::npos);
    db_.write_system(
        [&](sql::SystemTx& tx) { tx.execute("UPDATE token_secrets SET tenant_id = $1", {theirs_.tenant}); });
    EXPECT_THROW(reload(issuers_), VaultFailure);
}

TEST_F(SigningKeysTest, ASecretFromTheEnvironmentNeedsExactlyOneTenant) {
    const std::string text(32, 's');
    EXPECT_THROW(load(text), std::runtime_error) << "two tenants";
    db_.write_system([&](sql::SystemTx& tx) { tx.execute("DELETE FROM tenants WHERE id = $1", {theirs_.tenant}); });
    EXPECT_THROW(load(text.substr(1)), std::runtime_error) << "31 bytes";
    Issuers one = load(text);
    const std::string token = sign(one, ours_live_);
    const auto parts = crypto::split_jws(token).value();
    EXPECT_TRUE(crypto::verify_hs256(as_bytes(text), parts.signing_input, parts.signature));
    EXPECT_TRUE(accepts(one, token, ours_live_));
    EXPECT_EQ(header(sign(one, ours_), "alg"), "ES256") << "test tokens never under the live secret";
    rotate("live");
    reload(one);
    EXPECT_TRUE(accepts(one, token, ours_live_)) << "a reload keeps it";
    db_.write_system([&](sql::SystemTx& tx) { tx.execute("DELETE FROM tenants WHERE id = $1", {ours_.tenant}); });
    EXPECT_THROW(load(text), std::runtime_error) << "no tenant but the demo";
}

}  // namespace
}  // namespace facegate::domain
