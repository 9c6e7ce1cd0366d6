#include "crypto/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace facegate::crypto {
namespace {

using testing::HasSubstr;

// The P-256 key of RFC 7515 appendix A.3 (x, y, d) as unencrypted PKCS#8.
EcKey rfc7515_key() {
    const auto raw = [](std::string_view text) { return to_hex(from_base64url(text).value()); };
    const std::string d = raw("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    const std::string x = raw("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    const std::string y = raw("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    const std::string der =
        "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420" + d + "a14403420004" + x + y;
    return EcKey::from_private_der(from_hex(der).value()).value();
}

constexpr std::string_view kRfc7515Token =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

TEST(EcKeyTest, VerifiesTheTokenOfRfc7515) {
    const auto jws = split_jws(kRfc7515Token);
    ASSERT_TRUE(jws);
    EXPECT_EQ(jws->header, R"({"alg":"ES256"})");
    EXPECT_THAT(jws->claims, HasSubstr(R"("iss":"joe")"));
    EXPECT_TRUE(rfc7515_key().verify(as_bytes(jws->signing_input), jws->signature));
    EXPECT_FALSE(EcKey::generate().verify(as_bytes(jws->signing_input), jws->signature));
}

TEST(EcPublicKeyTest, IsAPointWithItsThumbprint) {
    // Of the key above: RFC 7515 appendix A.3.
    const auto key = EcPublicKey::from_coordinates("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                                   "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->thumbprint(), rfc7515_key().key_id());
    const auto jws = split_jws(kRfc7515Token).value();
    EXPECT_TRUE(key->verify(as_bytes(jws.signing_input), jws.signature));
    EXPECT_FALSE(key->verify(as_bytes("other"), jws.signature));
    EXPECT_FALSE(key->verify(as_bytes(jws.signing_input), Bytes(64, 0)));
    EXPECT_FALSE(key->verify(as_bytes(jws.signing_input), Bytes(63, 1)));
}

TEST(EcPublicKeyTest, WhatIsNoPointOfTheCurveIsNoKey) {
    const std::string x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const std::string y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    for (const auto& [bad_x, bad_y] :
         std::initializer_list<std::pair<std::string, std::string>>{{y, x},
                                                                    {x, x},
                                                                    {"", ""},
                                                                    {x, y.substr(1)},
                                                                    {x, "A" + y},
                                                                    {to_base64url(Bytes(32, 0)), y},
                                                                    {"=", y},
                                                                    {to_base64url(Bytes(32, 0xFF)), y}}) {
        EXPECT_FALSE(EcPublicKey::from_coordinates(bad_x, bad_y)) << bad_x << ' ' << bad_y;
    }
}

TEST(Hs256Test, VerifiesTheTokenOfRfc7515) {
    // Appendix A.1.
    const Bytes secret =
        from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .value();
    const auto jws = split_jws(
                         "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                         "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
                         "Q.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                         .value();
    EXPECT_TRUE(verify_hs256(secret, jws.signing_input, jws.signature));
    EXPECT_FALSE(verify_hs256(as_bytes("another secret"), jws.signing_input, jws.signature));
    EXPECT_FALSE(verify_hs256(secret, jws.signing_input, ByteView(jws.signature).first(31)));
    EXPECT_FALSE(verify_hs256(secret, jws.signing_input, {}));
}

TEST(Hs256Test, SignedTokensSayHow) {
    const Bytes secret(32, 9);
    const auto jws = split_jws(sign_hs256(secret, "hs_1", "JWT", R"({"a":1})")).value();
    EXPECT_EQ(jws.header, R"({"alg":"HS256","typ":"JWT","kid":"hs_1"})");
    EXPECT_EQ(jws.claims, R"({"a":1})");
    EXPECT_TRUE(verify_hs256(secret, jws.signing_input, jws.signature));
}

TEST(EcKeyTest, JwkHoldsThePublicPointAndTheThumbprint) {
    const EcKey key = rfc7515_key();
    const std::string members = R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
    EXPECT_EQ(key.key_id(), to_base64url(sha256(as_bytes(members))));
    EXPECT_EQ(key.public_jwk(), R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":")" +
                                    key.key_id() + R"(","use":"sig","alg":"ES256"})");
}

TEST(EcKeyTest, SurvivesStorage) {
    const EcKey key = EcKey::generate();
    const auto restored = EcKey::from_private_der(key.private_der());
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->key_id(), key.key_id());
    EXPECT_EQ(restored->public_jwk(), key.public_jwk());
    EXPECT_TRUE(key.verify(as_bytes("text"), restored->sign(as_bytes("text"))));
    EXPECT_NE(EcKey::generate().key_id(), key.key_id());
}

TEST(EcKeyTest, DamagedOrForeignKeysAreRefused) {
    const Bytes der = EcKey::generate().private_der();
    EXPECT_FALSE(EcKey::from_private_der({}));
    for (std::size_t size = 0; size < der.size(); ++size)
        EXPECT_FALSE(EcKey::from_private_der(ByteView(der).first(size)));
    Bytes longer = der;
    longer.push_back(0);
    EXPECT_FALSE(EcKey::from_private_der(longer));
    Bytes other_point = der;
    other_point.back() ^= 1;
    EXPECT_FALSE(EcKey::from_private_der(other_point));
    // Ed25519, RFC 8410 section 10.3.
    const auto ed25519 =
        from_hex("302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
    EXPECT_FALSE(EcKey::from_private_der(ed25519.value()));
}

TEST(EcKeyTest, SignaturesAre64BytesAlsoWithSmallNumbers) {
    const EcKey key = EcKey::generate();
    // One in 128 signatures has a leading zero byte in r or s, which DER leaves out.
    for (int i = 0; i < 600; ++i) {
        const std::string text = std::to_string(i);
        const Bytes signature = key.sign(as_bytes(text));
        ASSERT_EQ(signature.size(), 64U);
        ASSERT_TRUE(key.verify(as_bytes(text), signature));
    }
}

TEST(EcKeyTest, ChangedTextOrSignatureIsRefused) {
    const EcKey key = EcKey::generate();
    const Bytes signature = key.sign(as_bytes("text"));
    EXPECT_FALSE(key.verify(as_bytes("tent"), signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        Bytes changed = signature;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(key.verify(as_bytes("text"), changed)) << "bit " << bit;
    }
    EXPECT_FALSE(key.verify(as_bytes("text"), Bytes(64, 0)));
    EXPECT_FALSE(key.verify(as_bytes("text"), ByteView(signature).first(63)));
    EXPECT_FALSE(key.verify(as_bytes("text"), {}));
}

TEST(EcKeyTest, IsSharedBetweenThreads) {
    const EcKey key = EcKey::generate();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([key] {
            for (int i = 0; i < 50; ++i) EXPECT_TRUE(key.verify(as_bytes("x"), key.sign(as_bytes("x"))));
        });
    }
    for (auto& thread : threads) thread.join();
}

TEST(Jws, SignedTokenSplitsAndVerifies) {
    const EcKey key = EcKey::generate();
    const std::string token = sign_es256(key, "JWT", R"({"sub":"user_1"})");
    const auto jws = split_jws(token);
    ASSERT_TRUE(jws);
    EXPECT_EQ(jws->header, R"({"alg":"ES256","typ":"JWT","kid":")" + key.key_id() + R"("})");
    EXPECT_EQ(jws->claims, R"({"sub":"user_1"})");
    EXPECT_TRUE(token.starts_with(jws->signing_input + "."));
    EXPECT_TRUE(key.verify(as_bytes(jws->signing_input), jws->signature));
}

TEST(Jws, TypeCannotBreakOutOfTheHeader) {
    const auto jws = split_jws(sign_es256(EcKey::generate(), R"(x","alg":"none)", "{}"));
    EXPECT_THAT(jws.value().header, HasSubstr(R"("typ":"x\",\"alg\":\"none")"));
}

TEST(Jws, MalformedTokensAreRefused) {
    for (const auto* text : {"", ".", "..", "...", "e30", "e30.e30", ".e30.e30", "e30.e30.", "e30.e30.AAAA.AAAA",
                             "e30.e 0.AAAA", "e30.e30=.AAAA", "e30.e30.AA+A", "e30.e30.AAAA\n"}) {
        EXPECT_FALSE(split_jws(text)) << text;
    }
    EXPECT_TRUE(split_jws("e30.e30.AAAA"));
}

TEST(Jws, LengthIsBounded) {
    const std::string rest = ".e30.AAAA";
    std::string token(16 * 1024 - rest.size(), 'A');
    token.resize(token.size() / 4 * 4);
    EXPECT_TRUE(split_jws(token + rest));
    EXPECT_FALSE(split_jws(std::string(16 * 1024, 'A') + rest));
}

}  // namespace
}  // namespace facegate::crypto
