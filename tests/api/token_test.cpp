#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/tokens.h"
#include "crypto/secret.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

class Tokens : public ApiTest {
protected:
    static json::value key_set(const std::string& path) {
        const Answer answer = call({"GET", path});
        EXPECT_EQ(answer.status, 200U) << answer;
        EXPECT_EQ(answer.header("content-type"), "application/jwk-set+json");
        return answer.body;
    }
    static std::int64_t seconds(TimeMs time) { return to_unix_ms(time) / 1000; }
};

constexpr const char* kKeySets[] = {"/.well-known/jwks.json", "/test/.well-known/jwks.json",
                                    "/demo/.well-known/jwks.json"};

TEST_F(Tokens, SayWhatTheyShall) {
    const std::string user = enroll(client_, Person::kAda);
    const std::string fingerprint(64, 'c');
    const Answer answer = verify(client_, Person::kAda, {}, {{"x-device-fingerprint", fingerprint}});
    ASSERT_EQ(answer.at("/matched"), true) << answer;
    const std::string text = answer.text_at("/verification_token");
    EXPECT_EQ(std::count(text.begin(), text.end(), '.'), 2);
    const Token token = decode_token(text);
    EXPECT_EQ(token.header.at("alg"), "ES256");
    EXPECT_EQ(token.header.at("typ"), "JWT");

    const std::int64_t now = seconds(clock().now());
    const std::string& tenant = client_.scope.tenant.value;
    json::object expected{{"iss", "http://localhost:8080/test"},
                          {"aud", tenant},
                          {"sub", user},
                          {"sid", answer.text_at("/session_id")},
                          {"tid", tenant},
                          {"env", "test"},
                          {"role", "guard"},
                          {"name", "Ada Guard"},
                          {"did", answer.text_at("/device_id")},
                          {"conf", answer.number_at("/confidence")},
                          {"liv", 98.7},
                          {"amr", json::array{"face"}},
                          {"acr", token.claims.at("acr")},
                          {"auth_time", now},
                          {"iat", now},
                          {"nbf", now},
                          {"exp", now + 900},
                          {"jti", token.claims.at("jti")},
                          {"dfp", fingerprint}};
    EXPECT_EQ(token.claims, expected) << json::serialize(token.claims);
    EXPECT_FALSE(token.claims.at("jti").as_string().empty());
    EXPECT_FALSE(token.claims.at("acr").as_string().empty());
}

TEST_F(Tokens, AreBoundToADeviceOnlyIfItWasNamed) {
    enroll(client_, Person::kAda);
    const Token token = decode_token(verify(client_, Person::kAda).text_at("/verification_token"));
    EXPECT_FALSE(token.claims.contains("dfp"));
    const Token second = decode_token(verify(client_, Person::kAda).text_at("/verification_token"));
    EXPECT_NE(token.claims.at("jti"), second.claims.at("jti"));
    EXPECT_NE(token.claims.at("sid"), second.claims.at("sid"));
}

TEST_F(Tokens, AreSignedByTheirOwnIssuerAlone) {
    struct Case {
        const char* name;
        std::string token;
        const char* issuer;
        const char* key_set;
    };
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    enroll(client_, Person::kAda);
    enroll(live, Person::kAda);
    const auto demo_body = [&](Person person) {
        return json::object{{"liveness_session_id", finished_liveness(domain::demo_scope(), person)}};
    };
    json::object enrolling = demo_body(Person::kCleo);
    enrolling["name"] = "Cleo";
    enrolling["consent"] = true;
    ASSERT_EQ(call({"POST", "/demo/enroll", "", json::serialize(enrolling)}).status, 201U);
    const Answer demo = call({"POST", "/demo/verify", "", json::serialize(demo_body(Person::kCleo))});

    const std::vector<Case> cases = {
        {"live", verify(live, Person::kAda).text_at("/verification_token"), "http://localhost:8080", kKeySets[0]},
        {"test", verify(client_, Person::kAda).text_at("/verification_token"), "http://localhost:8080/test",
         kKeySets[1]},
        {"demo", demo.text_at("/verification_token"), "http://localhost:8080/demo", kKeySets[2]},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        const Token token = decode_token(one.token);
        ASSERT_TRUE(token.header.contains("kid"));
        EXPECT_EQ(token.claims.at("iss"), one.issuer);
        EXPECT_EQ(token.claims.at("env"), one.name);
        const std::string key_id(token.header.at("kid").as_string());
        for (const char* path : kKeySets) {
            const json::value key = find_key(key_set(path), key_id);
            EXPECT_EQ(key.is_object(), std::string_view(path) == one.key_set) << path;
        }
        const json::value key = find_key(key_set(one.key_set), key_id);
        ASSERT_TRUE(key.is_object());
        EXPECT_EQ(key.at("kty"), "EC");
        EXPECT_EQ(key.at("crv"), "P-256");
        EXPECT_EQ(key.at("alg"), "ES256");
        EXPECT_EQ(key.at("use"), "sig");
        EXPECT_FALSE(key.as_object().contains("d")) << "a private key";
        EXPECT_TRUE(signed_by(key, one.token));
        // One changed character of the claims breaks it.
        std::string forged = one.token;
        char& changed = forged[forged.find('.') + 10];
        changed = changed == 'A' ? 'B' : 'A';
        EXPECT_FALSE(signed_by(key, forged));
        for (const char* path : kKeySets) {
            if (std::string_view(path) == one.key_set) continue;
            const json::value others = key_set(path);
            for (const json::value& other : others.at("keys").as_array()) EXPECT_FALSE(signed_by(other, one.token));
        }
    }
}

TEST_F(Tokens, TheRefreshTokenIsUnderAKeyNobodyPublishes) {
    const std::string user = enroll(client_, Person::kAda);
    const Answer answer = verify(client_, Person::kAda);
    const std::string text = answer.text_at("/refresh_token");
    const Token token = decode_token(text);
    EXPECT_EQ(token.header.at("typ"), "refresh+jwt");
    EXPECT_EQ(token.claims.at("sub"), json::string(user));
    const std::string key_id(token.header.at("kid").as_string());
    for (const char* path : kKeySets) EXPECT_TRUE(find_key(key_set(path), key_id).is_null()) << path;
    // Only its hash is stored.
    const auto stored = application().database().read(client_.scope, [](sql::TenantTx& tx) {
        return tx.query("SELECT refresh_hash FROM sessions WHERE tenant_id = $1 AND environment = $2").front().blob(0);
    });
    const crypto::Digest hash = crypto::sha256(as_bytes(text));
    EXPECT_EQ(stored, Bytes(hash.begin(), hash.end()));
}

TEST_F(Tokens, AStepUpTokenIsForNobodyElse) {
    const std::string user = enroll(client_, Person::kAda);
    // Barely the person, barely alive, never seen device.
    const vision::FaceVector weak = resembling(Person::kAda, 9e-5);
    const json::object body{{"liveness_session_id", finished_liveness(client_.scope, weak, true, 90)},
                            {"claim", {{"user_id", user}}}};
    const Answer answer = post("/v1/verify", body);
    ASSERT_EQ(answer.at("/risk/step_up_required"), true) << answer;
    const Token token = decode_token(answer.text_at("/verification_token"));
    EXPECT_EQ(token.claims.at("aud"), json::string(client_.scope.tenant.value + ":step-up"));
    EXPECT_EQ(token.claims.at("exp").to_number<std::int64_t>() - token.claims.at("iat").to_number<std::int64_t>(), 300);
}

TEST_F(Tokens, KeySetsMayBeCachedAndReadByAnyPage) {
    const Answer answer = call({"GET", kKeySets[0], "", "", {{"origin", "https://anywhere.example"}}});
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
    EXPECT_NE(answer.header("cache-control").find("max-age"), std::string::npos);
}

}  // namespace
}  // namespace facegate::testing
