#include "domain/issuers/signing_keys.h"
#include "api/session_fixture.h"
#include "app/jobs.h"
#include "domain/issuers/token_secrets.h"

namespace facegate::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// A running server whose keys another process changes.
class SigningKeys : public SessionTest {
protected:
    static std::string rotate_test_key() {
        return application()
            .database()
            .write_system([&](sql::SystemTx& tx) {
                return domain::rotate_signing_key(tx, application().vault(), "test", domain::kPublishBeforeSigning,
                                                  clock().now());
            })
            .value()
            .key_id;
    }
    static json::value key_set() { return call({"GET", "/test/.well-known/jwks.json"}).body; }
    static std::string key_of(const std::string& token) {
        return std::string(decode_token(token).header.at("kid").as_string());
    }
};

TEST_F(SigningKeys, RotateWhileTheServerRuns) {
    const std::string before = sign_in().text_at("/verification_token");
    const std::string fresh = rotate_test_key();
    application().jobs().follow_signing_keys();
    EXPECT_TRUE(find_key(key_set(), fresh).is_object()) << "published before it signs";
    EXPECT_TRUE(find_key(key_set(), key_of(before)).is_object());
    EXPECT_EQ(key_of(sign_in().text_at("/verification_token")), key_of(before));
    EXPECT_EQ(exchange(before).status, 200U);
    clock().advance(domain::kPublishBeforeSigning - seconds(2));
    const std::string last = sign_in().text_at("/verification_token");
    EXPECT_EQ(key_of(last), key_of(before));
    clock().advance(seconds(3));
    const std::string token = sign_in().text_at("/verification_token");
    EXPECT_EQ(key_of(token), fresh);
    EXPECT_TRUE(signed_by(find_key(key_set(), fresh), token));
    clock().advance(minutes(14));
    EXPECT_EQ(exchange(last).status, 200U) << "the old key is known until its tokens are over";
    clock().advance(minutes(7));
    EXPECT_TRUE(find_key(key_set(), key_of(before)).is_null());
}

TEST_F(SigningKeys, ATenantsSecretSignsItsTokens) {
    const std::string before = sign_in().text_at("/verification_token");
    const domain::CreatedTokenSecret secret =
        application()
            .database()
            .write(client_.scope,
                   [&](sql::TenantTx& tx) {
                       return domain::create_token_secret(tx, application().vault(), random(), Milliseconds(0),
                                                          clock().now());
                   })
            .value();
    application().jobs().follow_signing_keys();
    clock().advance(seconds(1));
    const Answer signed_in = sign_in();
    const std::string token = signed_in.text_at("/verification_token");
    EXPECT_EQ(decode_token(token).header.at("alg"), "HS256");
    const auto parts = crypto::split_jws(token).value();
    EXPECT_TRUE(crypto::verify_hs256(as_bytes(secret.text), parts.signing_input, parts.signature));
    EXPECT_EQ(exchange(token).status, 200U);
    EXPECT_EQ(exchange(before).status, 200U) << "signed with the public key before";
    EXPECT_EQ(refresh(signed_in.text_at("/refresh_token")).status, 200U);
    const Client other = new_client();
    enroll(other, Person::kAda);
    const std::string theirs = verify(other, Person::kAda).text_at("/verification_token");
    EXPECT_EQ(decode_token(theirs).header.at("alg"), "ES256");
    EXPECT_TRUE(is_error(post(other, "/v1/session", {{"verification_token", token}}), 401, "INVALID_TOKEN"));
}

}  // namespace
}  // namespace facegate::testing
