#include "liveness/credentials.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "liveness/admission.h"
#include "liveness/challenge.h"

namespace facegate::liveness {
namespace {

const TimeMs kNow = *from_iso8601("2026-05-01T12:00:00.000Z");
const Scope kScope{TenantId("ten_1"), Environment::kLive};
const LivenessSessionId kSession("6f1c8a52-6f7e-4d53-9d3c-111111111111");

crypto::SecretKey key(std::uint8_t fill) {
    std::array<std::uint8_t, 32> bytes;
    bytes.fill(fill);
    return crypto::SecretKey(bytes);
}

StreamCredentials derive(const crypto::SecretKey& server_key = key(1)) {
    SystemRandom random;
    return derive_credentials(server_key, kScope, kSession, kNow, random);
}

TEST(Credentials, OpenTheirOwnSession) {
    const auto credentials = derive();
    EXPECT_EQ(credentials.access_key_id.size(), 20u);
    EXPECT_TRUE(credentials.access_key_id.starts_with("ASIA"));
    EXPECT_EQ(credentials.secret_key.text().size(), 40u);
    EXPECT_EQ(credentials.expiration, kNow + kCredentialLifetime);
    EXPECT_EQ(credentials.session_token.find("6f1c8a52"), std::string::npos);

    const auto grant =
        check_credentials(key(1), credentials.session_token, credentials.access_key_id, kSession.value, kNow);
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->scope, kScope);
    EXPECT_EQ(grant->session, kSession);
    EXPECT_EQ(grant->secret_key.text(), credentials.secret_key.text());
}

TEST(Credentials, OpenNothingElse) {
    const auto good = derive();
    SystemRandom random;
    const auto other = derive_credentials(key(1), kScope, LivenessSessionId("other"), kNow, random);
    const auto check = [&](const crypto::SecretKey& server_key, const std::string& token, const std::string& access,
                           const std::string& session, TimeMs now = kNow) {
        return check_credentials(server_key, token, access, session, now).has_value();
    };
    EXPECT_FALSE(check(key(2), good.session_token, good.access_key_id, kSession.value));
    EXPECT_FALSE(check(key(1), good.session_token, good.access_key_id, "other"));
    EXPECT_FALSE(check(key(1), good.session_token, other.access_key_id, kSession.value));
    EXPECT_FALSE(check(key(1), other.session_token, good.access_key_id, kSession.value));
    EXPECT_FALSE(check(key(1), good.session_token, "", kSession.value));
    EXPECT_FALSE(check(key(1), "", good.access_key_id, kSession.value));
    EXPECT_FALSE(check(key(1), std::string(5000, 'A'), good.access_key_id, kSession.value));
    EXPECT_TRUE(
        check(key(1), good.session_token, good.access_key_id, kSession.value, good.expiration - Milliseconds(1)));
    EXPECT_FALSE(check(key(1), good.session_token, good.access_key_id, kSession.value, good.expiration));
    for (std::size_t i = 0; i < good.session_token.size(); ++i) {
        std::string token = good.session_token;
        token[i] = token[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(check(key(1), token, good.access_key_id, kSession.value)) << i;
    }
}

TEST(Credentials, DifferByScopeAndSession) {
    SystemRandom random;
    const auto base = derive();
    const auto tenant = derive_credentials(key(1), {TenantId("ten_2"), Environment::kLive}, kSession, kNow, random);
    const auto environment =
        derive_credentials(key(1), {TenantId("ten_1"), Environment::kTest}, kSession, kNow, random);
    for (const auto& other : {tenant, environment, derive(key(3))}) {
        EXPECT_NE(other.access_key_id, base.access_key_id);
        EXPECT_NE(other.secret_key.text(), base.secret_key.text());
    }
}

/// Presigns as a client would; parameters are given in byte order and need no escapes beyond the credential's slashes.
crypto::PresignedRequest presign(const StreamCredentials& credentials, const std::string& session,
                                 const std::string& size, const std::string& service = "rekognition") {
    crypto::PresignedRequest request{fmt::format("/api{}", kStreamPath), "", "face.example:8443"};
    const std::string date = crypto::to_amz_date(kNow);
    const std::string day = date.substr(0, 8);
    const std::string before = fmt::format(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F{}%2Fany-region%2F{}%2Faws4_request&X-Amz-Date={}&X-"
        "Amz-Expires=299"
        "&X-Amz-Security-Token={}",
        credentials.access_key_id, day, service, date, credentials.session_token);
    const std::string after = fmt::format(
        "&X-Amz-SignedHeaders=host&challenge-versions=FaceMovementAndLightChallenge_2.0.0%2CFaceMovementChallenge_1.0."
        "0&session-id={}{}",
        session, size);
    const std::string canonical = fmt::format("GET\n{}\n{}{}\nhost:face.example\n\nhost\n{}", request.path, before,
                                              after, to_hex(crypto::sha256({})));
    const std::string text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}/any-region/{}/aws4_request\n{}", date, day, service,
                                         to_hex(crypto::sha256(as_bytes(canonical))));
    const auto signing = crypto::signing_key(credentials.secret_key, day, "any-region", service);
    request.query =
        fmt::format("{}{}&X-Amz-Signature={}", before, after, to_hex(crypto::hmac_sha256(signing, as_bytes(text))));
    return request;
}

constexpr const char* kVga = "&video-height=480&video-width=640";

TEST(Admission, AdmitsASignedRequest) {
    const auto admitted = admit_stream(key(1), presign(derive(), kSession.value, kVga), kNow);
    ASSERT_TRUE(admitted) << admitted.error().message;
    EXPECT_EQ(admitted->scope, kScope);
    EXPECT_EQ(admitted->session, kSession);
    EXPECT_EQ(admitted->video_width, 640);
    EXPECT_EQ(admitted->video_height, 480);
    EXPECT_TRUE(admitted->knows_movement_and_light);
    EXPECT_TRUE(admitted->knows_movement);
}

TEST(Admission, RefusesTheRest) {
    const auto credentials = derive();
    const auto good = presign(credentials, kSession.value, kVga);
    EXPECT_FALSE(admit_stream(key(2), good, kNow));
    EXPECT_FALSE(admit_stream(key(1), good, kNow + Milliseconds(300'000)));
    EXPECT_FALSE(admit_stream(key(1), presign(credentials, "another-session", kVga), kNow));
    EXPECT_FALSE(admit_stream(key(1), presign(credentials, kSession.value, "&video-height=480"), kNow));
    EXPECT_FALSE(
        admit_stream(key(1), presign(credentials, kSession.value, "&video-height=480&video-width=1921"), kNow));
    EXPECT_FALSE(
        admit_stream(key(1), presign(credentials, kSession.value, "&video-height=-480&video-width=640"), kNow));
    EXPECT_FALSE(admit_stream(key(1), presign(credentials, kSession.value, kVga, "s3"), kNow));
    auto changed = good;
    changed.host = "evil.example";
    EXPECT_FALSE(admit_stream(key(1), changed, kNow));
    changed = good;
    changed.path = "/api/other";
    EXPECT_FALSE(admit_stream(key(1), changed, kNow));
    changed = good;
    changed.query.clear();
    EXPECT_FALSE(admit_stream(key(1), changed, kNow));
}

}  // namespace
}  // namespace facegate::liveness
