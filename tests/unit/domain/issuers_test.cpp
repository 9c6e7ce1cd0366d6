#include "domain/issuers/issuers.h"

#include <boost/json.hpp>
#include <set>

#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using std::chrono::seconds;

class IssuersTest : public DomainTest {
protected:
    Issuers load(TimeMs at) {
        return db_.write_system(
            [&](sql::SystemTx& tx) { return Issuers::load_or_create(tx, vault_, "https://id.example", at); });
    }
    AccessClaims claims(const Scope& scope) {
        AccessClaims made;
        made.scope = scope;
        made.user = UserId("user_1");
        made.session = SessionId("sess_1");
        made.role = "guard";
        made.name = "Ada \"G\" Guard";
        made.device = DeviceId("dev_1");
        made.fingerprint = "ab";
        made.confidence = 99.4;
        made.liveness = 98;
        made.auth_time = now_ - seconds(3);
        made.issued_at = now_;
        return made;
    }
    std::string sign(const Scope& scope) {
        auto made = claims(scope);
        return issuers_.sign_access_token(made, random_);
    }
    bool accepted(const std::string& token, const Scope& scope, TimeMs at) {
        const auto verified = issuers_.verify_access_token(token, scope, at);
        if (!verified) {
            EXPECT_EQ(verified.error().code, ErrorCode::kInvalidToken);
        }
        return verified.has_value();
    }
    std::set<std::string> kids(Environment environment) {
        std::set<std::string> found;
        const auto jwks = json::parse(issuers_.jwks(environment, now_));
        for (const auto& key : jwks.at("keys").as_array()) {
            EXPECT_FALSE(key.as_object().contains("d")) << "a private key was published";
            found.insert(std::string(key.at("kid").as_string()));
        }
        return found;
    }
    Issuers issuers_ = load(now_);
};

TEST_F(IssuersTest, TokenSaysExactlyWhatTheContractLists) {
    auto made = claims(ours_);
    const auto token = issuers_.sign_access_token(made, random_);
    const auto parts = crypto::split_jws(token).value();
    const auto payload = json::parse(parts.claims).as_object();
    std::set<std::string> names;
    for (const auto& member : payload) names.insert(std::string(member.key()));
    EXPECT_EQ(names, (std::set<std::string>{"iss", "aud", "sub", "sid", "tid", "env", "role", "name", "did", "dfp",
                                            "conf", "liv", "amr", "acr", "auth_time", "iat", "nbf", "exp", "jti"}));
    const auto text = [&](const char* name) { return std::string(payload.at(name).as_string()); };
    EXPECT_EQ(text("iss"), "https://id.example/test");
    EXPECT_EQ(text("aud"), ours_.tenant.value);
    EXPECT_EQ(text("tid"), ours_.tenant.value);
    EXPECT_EQ(text("env"), "test");
    EXPECT_EQ(text("sub"), "user_1");
    EXPECT_EQ(text("name"), "Ada \"G\" Guard");
    EXPECT_EQ(payload.at("conf").to_number<double>(), 99.4);
    EXPECT_EQ(json::serialize(payload.at("amr")), R"(["face"])");
    const auto now_s = to_unix_ms(now_) / 1000;
    EXPECT_EQ(payload.at("iat").as_int64(), now_s);
    EXPECT_EQ(payload.at("nbf").as_int64(), now_s);
    EXPECT_EQ(payload.at("exp").as_int64(), now_s + 900);
    EXPECT_TRUE(is_uuid(text("jti")));
    const auto header = json::parse(parts.header);
    EXPECT_EQ(header.at("alg").as_string(), "ES256");
    EXPECT_EQ(header.at("kid").as_string(), *kids(Environment::kTest).begin());
}

TEST_F(IssuersTest, MovementAloneIsSaidAndIsAnotherContext) {
    auto full = claims(ours_);
    auto reduced = claims(ours_);
    reduced.challenge = LivenessChallenge::kMovement;
    const auto full_token = issuers_.sign_access_token(full, random_);
    const auto reduced_token = issuers_.sign_access_token(reduced, random_);
    const auto payload = json::parse(crypto::split_jws(reduced_token)->claims);
    EXPECT_EQ(json::serialize(payload.at("amr")), R"(["face","liveness_movement"])");
    EXPECT_EQ(payload.at("acr").as_string(), "urn:facegate:acr:face-liveness-movement");
    EXPECT_EQ(json::parse(crypto::split_jws(full_token)->claims).at("acr").as_string(),
              "urn:facegate:acr:face-liveness");
    EXPECT_EQ(issuers_.verify_access_token(reduced_token, ours_, now_)->challenge, LivenessChallenge::kMovement);
    EXPECT_EQ(issuers_.verify_access_token(full_token, ours_, now_)->challenge, LivenessChallenge::kMovementAndLight);
}

TEST_F(IssuersTest, FingerprintIsLeftOutWhereThereIsNone) {
    auto made = claims(ours_);
    made.fingerprint.reset();
    const auto token = issuers_.sign_access_token(made, random_);
    EXPECT_FALSE(json::parse(crypto::split_jws(token)->claims).as_object().contains("dfp"));
    EXPECT_EQ(issuers_.verify_access_token(token, ours_, now_)->fingerprint, std::nullopt);
}

TEST_F(IssuersTest, VerifyingGivesTheClaimsBack) {
    auto made = claims(ours_live_);
    const auto token = issuers_.sign_access_token(made, random_);
    const auto read = issuers_.verify_access_token(token, ours_live_, now_).value();
    EXPECT_EQ(read.scope, ours_live_);
    EXPECT_EQ(read.user, made.user);
    EXPECT_EQ(read.session, made.session);
    EXPECT_EQ(read.role, made.role);
    EXPECT_EQ(read.name, made.name);
    EXPECT_EQ(read.device, made.device);
    EXPECT_EQ(read.fingerprint, made.fingerprint);
    EXPECT_EQ(read.confidence, made.confidence);
    EXPECT_EQ(read.liveness, made.liveness);
    EXPECT_EQ(read.expires_at, made.expires_at);
    EXPECT_EQ(read.jti, made.jti);
}

TEST_F(IssuersTest, TokenIsValidForFifteenMinutes) {
    const auto token = sign(ours_);
    const auto issued = std::chrono::floor<seconds>(now_);
    EXPECT_TRUE(accepted(token, ours_, issued));
    EXPECT_FALSE(accepted(token, ours_, issued - Milliseconds(1)));
    EXPECT_TRUE(accepted(token, ours_, issued + minutes(15) - Milliseconds(1)));
    EXPECT_FALSE(accepted(token, ours_, issued + minutes(15)));
}

TEST_F(IssuersTest, TokenOpensItsOwnScopeOnly) {
    const auto token = sign(ours_);
    EXPECT_TRUE(accepted(token, ours_, now_));
    for (const auto& other : others_) EXPECT_FALSE(accepted(token, other, now_));
}

TEST_F(IssuersTest, IssuersShareNoKey) {
    std::set<std::string> all;
    for (const auto environment : {Environment::kTest, Environment::kLive, Environment::kDemo}) {
        const auto own = kids(environment);
        EXPECT_EQ(own.size(), 1U);
        all.insert(own.begin(), own.end());
    }
    EXPECT_EQ(all.size(), 3U);
    EXPECT_EQ(issuers_.url(Environment::kLive), "https://id.example");
    EXPECT_EQ(issuers_.url(Environment::kDemo), "https://id.example/demo");
}

TEST_F(IssuersTest, RefreshTokenIsNoAccessTokenAndItsKeyIsInNoJwks) {
    const auto refresh = issuers_.sign_refresh_token(ours_, UserId("user_1"), SessionId("sess_1"), DeviceId("dev_1"),
                                                     now_ + std::chrono::hours(30 * 24), random_, now_);
    EXPECT_FALSE(accepted(refresh.token, ours_, now_));
    EXPECT_EQ(refresh.hash, crypto::sha256(as_bytes(refresh.token)));
    const auto header = json::parse(crypto::split_jws(refresh.token)->header);
    EXPECT_EQ(header.at("typ").as_string(), "refresh+jwt");
    const std::string kid(header.at("kid").as_string());
    for (const auto environment : {Environment::kTest, Environment::kLive, Environment::kDemo}) {
        EXPECT_FALSE(kids(environment).contains(kid));
    }
    const auto payload = json::parse(crypto::split_jws(refresh.token)->claims);
    EXPECT_EQ(payload.at("exp").as_int64() - payload.at("iat").as_int64(), 30 * 24 * 3600);
}

TEST_F(IssuersTest, StepUpTokenIsForSteppingUpOnly) {
    auto made = claims(ours_);
    made.step_up = true;
    const auto token = issuers_.sign_access_token(made, random_);
    const auto payload = json::parse(crypto::split_jws(token)->claims);
    EXPECT_EQ(payload.at("aud").as_string(), ours_.tenant.value + ":step-up");
    EXPECT_EQ(payload.at("exp").as_int64() - payload.at("iat").as_int64(), 300);
    EXPECT_EQ(issuers_.verify_access_token(token, ours_, now_).error().code, ErrorCode::kStepUpRequired);
    EXPECT_FALSE(accepted(token, theirs_, now_));
    EXPECT_FALSE(accepted(token, ours_, now_ + minutes(5)));
}

TEST_F(IssuersTest, ForgedTokensAreRefused) {
    const auto token = sign(ours_);
    const auto parts = crypto::split_jws(token).value();
    const auto signature = token.substr(token.rfind('.'));
    const auto payload = to_base64url(as_bytes(parts.claims));
    const auto kid = *kids(Environment::kTest).begin();
    const auto with_header = [&](const json::object& header) {
        return to_base64url(as_bytes(json::serialize(header))) + "." + payload + signature;
    };
    EXPECT_FALSE(accepted(with_header({{"alg", "none"}, {"typ", "JWT"}, {"kid", kid}}), ours_, now_));
    EXPECT_FALSE(accepted(with_header({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", kid}}), ours_, now_));
    auto altered = json::parse(parts.claims).as_object();
    altered["sub"] = "user_2";
    EXPECT_FALSE(
        accepted(token.substr(0, token.find('.') + 1) + to_base64url(as_bytes(json::serialize(altered))) + signature,
                 ours_, now_));
    const auto stranger = crypto::EcKey::generate();
    EXPECT_FALSE(accepted(crypto::sign_es256(stranger, "JWT", parts.claims), ours_, now_));
    for (const auto* garbage : {"", "a.b.c", "..", "not a token", "{}"}) EXPECT_FALSE(accepted(garbage, ours_, now_));
    EXPECT_FALSE(accepted(token + "A", ours_, now_));
    EXPECT_FALSE(accepted(std::string(1 << 20, 'a'), ours_, now_));
}

/// What holds even where the signature is right: the type, and that every claim is there.
TEST_F(IssuersTest, WellSignedButWrongTokensAreRefused) {
    const auto der = db_.read_system([&](sql::SystemTx& tx) {
        const auto row = tx.query("SELECT kid, sealed_private_key FROM signing_keys WHERE issuer = 'test'").front();
        return vault_.open_server_row(row.blob(1), "signing_keys/test/" + row.text(0));
    });
    const auto key = crypto::EcKey::from_private_der(der).value();
    const auto good = json::parse(crypto::split_jws(sign(ours_))->claims).as_object();
    EXPECT_TRUE(accepted(crypto::sign_es256(key, "JWT", json::serialize(good)), ours_, now_));
    EXPECT_FALSE(accepted(crypto::sign_es256(key, "refresh+jwt", json::serialize(good)), ours_, now_));
    for (const auto* name : {"iss", "aud", "sub", "sid", "tid", "env", "acr", "exp", "nbf", "jti"}) {
        auto without = good;
        without.erase(name);
        EXPECT_FALSE(accepted(crypto::sign_es256(key, "JWT", json::serialize(without)), ours_, now_)) << name;
        auto mistyped = good;
        mistyped[name] = json::array{};
        EXPECT_FALSE(accepted(crypto::sign_es256(key, "JWT", json::serialize(mistyped)), ours_, now_)) << name;
    }
    auto other_context = good;
    other_context["acr"] = "urn:example:silver";
    EXPECT_FALSE(accepted(crypto::sign_es256(key, "JWT", json::serialize(other_context)), ours_, now_));
    auto endless = good;
    endless["exp"] = 9'000'000'000'000'000'000;
    EXPECT_FALSE(accepted(crypto::sign_es256(key, "JWT", json::serialize(endless)), ours_, now_));
    EXPECT_FALSE(accepted(crypto::sign_es256(key, "JWT", std::string(8000, '[')), ours_, now_));
}

TEST_F(IssuersTest, KeysOutliveARestart) {
    const auto token = sign(ours_);
    const auto restarted = load(now_ + minutes(1));
    EXPECT_TRUE(restarted.verify_access_token(token, ours_, now_).has_value());
    EXPECT_EQ(restarted.jwks(Environment::kTest, now_), issuers_.jwks(Environment::kTest, now_));
    EXPECT_EQ(rows_in("signing_keys"), 4);
}

TEST_F(IssuersTest, ARetiringKeyIsFollowedByANewOneAndStaysKnownUntilItsEnd) {
    const auto token = sign(ours_);
    db_.write_system([&](sql::SystemTx& tx) {
        tx.execute("UPDATE signing_keys SET not_after = $1 WHERE issuer = 'test'", {to_unix_ms(now_ + minutes(5))});
    });
    issuers_ = load(now_);
    EXPECT_EQ(kids(Environment::kTest).size(), 2U);
    EXPECT_TRUE(accepted(token, ours_, now_ + minutes(5) - Milliseconds(1)));
    EXPECT_FALSE(accepted(token, ours_, now_ + minutes(5)));
    auto made = claims(ours_);
    const auto fresh = issuers_.sign_access_token(made, random_);
    EXPECT_TRUE(accepted(fresh, ours_, now_ + minutes(6)));
    EXPECT_EQ(json::parse(issuers_.jwks(Environment::kTest, now_ + minutes(5))).at("keys").as_array().size(), 1U);
}

TEST_F(IssuersTest, ATokenNeverOutlivesItsSession) {
    auto made = claims(ours_);
    made.session_expires_at = now_ + minutes(3);
    const auto token = issuers_.sign_access_token(made, random_);
    EXPECT_TRUE(accepted(token, ours_, now_ + minutes(3) - seconds(1)));
    EXPECT_FALSE(accepted(token, ours_, now_ + minutes(3)));
    made.session_expires_at = now_ + minutes(60);
    EXPECT_FALSE(accepted(issuers_.sign_access_token(made, random_), ours_, now_ + minutes(15)));
}

TEST_F(IssuersTest, AKeyTheTokenIsBoundToComesBack) {
    auto made = claims(ours_);
    made.key_thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    const auto token = issuers_.sign_access_token(made, random_);
    const auto payload = json::parse(crypto::split_jws(token)->claims);
    EXPECT_EQ(payload.at("cnf").at("jkt").as_string(), *made.key_thumbprint);
    EXPECT_EQ(issuers_.verify_access_token(token, ours_, now_)->key_thumbprint, made.key_thumbprint);
}

TEST_F(IssuersTest, RefreshTokensOpenTheirOwnScopeUntilTheSessionEnds) {
    const auto end = now_ + std::chrono::hours(1);
    const auto refresh = issuers_.sign_refresh_token(ours_, UserId("user_1"), SessionId("sess_1"), DeviceId("dev_1"),
                                                     end, random_, now_);
    const auto read = issuers_.verify_refresh_token(refresh.token, ours_, now_);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->user, UserId("user_1"));
    EXPECT_EQ(read->session, SessionId("sess_1"));
    EXPECT_EQ(read->device, DeviceId("dev_1"));
    EXPECT_TRUE(issuers_.verify_refresh_token(refresh.token, ours_, end - seconds(1)).has_value());
    EXPECT_FALSE(issuers_.verify_refresh_token(refresh.token, ours_, end).has_value());
    for (const auto& other : others_) EXPECT_FALSE(issuers_.verify_refresh_token(refresh.token, other, now_));
    EXPECT_FALSE(issuers_.verify_refresh_token(sign(ours_), ours_, now_)) << "an access token";
    const auto parts = crypto::split_jws(refresh.token).value();
    const auto stranger = crypto::EcKey::generate();
    EXPECT_FALSE(issuers_.verify_refresh_token(crypto::sign_es256(stranger, "refresh+jwt", parts.claims), ours_, now_));
}

TEST_F(IssuersTest, AnotherMasterKeyCannotLoadThem) {
    const Vault other(crypto::SecretKey::generate(random_), random_);
    EXPECT_THROW(db_.write_system([&](sql::SystemTx& tx) { (void)Issuers::load_or_create(tx, other, "x", now_); }),
                 VaultFailure);
}

}  // namespace
}  // namespace facegate::domain
