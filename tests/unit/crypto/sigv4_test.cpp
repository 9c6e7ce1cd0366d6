#include "crypto/sigv4.h"

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"

namespace facegate::crypto {
namespace {

// AWS's own example of a signing key (General Reference, "Deriving the signing key").
TEST(SigV4, DerivesTheDocumentedSigningKey) {
    const SecretAccessKey secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    EXPECT_EQ(to_hex(signing_key(secret, "20150830", "us-east-1", "iam")),
              "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

// A request that the AWS SDK for JavaScript presigned in a browser (throw-away credentials).
PresignedRequest sample() {
    return {
        "/start-face-liveness-session-websocket",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA694CE94FC4B0B9F1%2F20261123%2Fus-east-1%2Frekognition%"
        "2Faws4_request"
        "&X-Amz-Date=20261123T015339Z&X-Amz-Expires=299&X-Amz-Security-Token=tok.4ZRZPm%2BAQKRRFFfvKjT5x9EPchiXTWtt%2B%"
        "2F%3D"
        "&X-Amz-Signature=016fa13dfa21dfb6b0627f50e5d3af161176f96ecc25ec5620d3843e21ce546d&X-Amz-SignedHeaders=host&"
        "attempt-count=1"
        "&challenge-versions=FaceMovementAndLightChallenge_2.0.0%2CFaceMovementChallenge_1.0.0&precheck-view-enabled=1"
        "&session-id=light-genuine--echo1000&video-height=480&video-width=640&x-amz-user-agent=aws-sdk-js%2F3.1112.0%"
        "20ua%2F2.1%20"
        "os%2FLinux%20lang%2Fjs%20md%2Fbrowser%23Chromium_156%20api%2Frekognitionstreaming%233.1112.0%20m%2FE%20aws-"
        "amplify%2F6.22.1"
        "-framework%2F0-ui-react-liveness%2F3.6.8",
        "localhost:18443"};
}

const SecretAccessKey kSecret("/iYPIXJeIIyIxcj1no8zAZ1LPeDsK6rynIrVXv8D");
const TimeMs kSigned = *from_iso8601("2026-11-23T01:53:39Z");

Result<void> verify(const PresignedRequest& request, TimeMs now, const SecretAccessKey& secret = kSecret) {
    const auto query = parse_query(request.query);
    if (!query) return std::unexpected(query.error());
    const auto claims = read_presigned_claims(*query);
    if (!claims) return std::unexpected(claims.error());
    return verify_presigned(request, *claims, secret, now);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(SigV4, AcceptsWhatTheSdkSigned) {
    EXPECT_TRUE(verify(sample(), kSigned));
    EXPECT_TRUE(verify(sample(), kSigned + Milliseconds(299'000)));
    EXPECT_TRUE(verify(sample(), kSigned - kMaxClockSkew));
}

TEST(SigV4, TheHostCountsWithoutItsPort) {
    PresignedRequest request = sample();
    for (const char* host : {"localhost", "LOCALHOST:1", "localhost:443"}) {
        request.host = host;
        EXPECT_TRUE(verify(request, kSigned)) << host;
    }
    for (const char* host : {"localhost.evil", "", "127.0.0.1:18443"}) {
        request.host = host;
        EXPECT_FALSE(verify(request, kSigned)) << host;
    }
}

TEST(SigV4, RefusesTheWrongTime) {
    EXPECT_FALSE(verify(sample(), kSigned + Milliseconds(299'001)));
    EXPECT_FALSE(verify(sample(), kSigned - kMaxClockSkew - Milliseconds(1)));
}

TEST(SigV4, ParametersMayComeInAnyOrderAndEscape) {
    PresignedRequest request = sample();
    request.query = "video-width=640&" + replaced(request.query, "&video-width=640", "");
    EXPECT_TRUE(verify(request, kSigned));
    request.query = replaced(request.query, "%2Fus-east-1%2F", "%2fus%2Deast-1%2f");
    EXPECT_TRUE(verify(request, kSigned));
}

TEST(SigV4, RefusesEveryChange) {
    struct Case {
        const char* name;
        const char* from;
        const char* to;
    };
    const Case cases[] = {
        {"another session", "session-id=light-genuine", "session-id=other-genuine"},
        {"another size", "video-width=640", "video-width=641"},
        {"another token", "tok.4ZRZ", "tok.5ZRZ"},
        {"another access key", "ASIA694C", "ASIA694D"},
        {"another region", "us-east-1", "us-east-2"},
        {"another service", "%2Frekognition%2F", "%2Fs3%2F"},
        {"another day in the scope", "%2F20261123%2F", "%2F20261124%2F"},
        {"a later date", "20261123T015339Z", "20261123T015340Z"},
        {"a longer life", "X-Amz-Expires=299", "X-Amz-Expires=300"},
        {"far too long a life", "X-Amz-Expires=299", "X-Amz-Expires=901"},
        {"no life", "X-Amz-Expires=299", "X-Amz-Expires=0"},
        {"a life that is no number", "X-Amz-Expires=299", "X-Amz-Expires=-29"},
        {"a flipped signature digit", "016fa13d", "116fa13d"},
        {"an upper-case signature", "016fa13d", "016FA13D"},
        {"a short signature", "016fa13d", ""},
        {"another algorithm", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"},
        {"more signed headers", "SignedHeaders=host", "SignedHeaders=host%3Bx"},
        {"an extra parameter", "attempt-count=1", "attempt-count=1&more=1"},
        {"a missing parameter", "attempt-count=1&", ""},
        {"a repeated parameter", "attempt-count=1", "attempt-count=1&attempt-count=1"},
        {"a broken escape", "ASIA694CE94FC4B0B9F1%2F", "ASIA694CE94FC4B0B9F1%2G"},
        {"an impossible date", "20261123T015339Z", "20261323T015339Z"},
        {"a broken scope", "%2Faws4_request", "%2Faws4_requesT"},
    };
    for (const Case& c : cases) {
        PresignedRequest request = sample();
        request.query = replaced(request.query, c.from, c.to);
        EXPECT_FALSE(verify(request, kSigned)) << c.name;
    }
    PresignedRequest request = sample();
    request.path = "/prefix" + request.path;
    EXPECT_FALSE(verify(request, kSigned));
    EXPECT_FALSE(verify(sample(), kSigned, SecretAccessKey("/iYPIXJeIIyIxcj1no8zAZ1LPeDsK6rynIrVXv8E")));
}

TEST(SigV4, QueriesAreBounded) {
    EXPECT_FALSE(parse_query(std::string(8 * 1024 + 1, 'a')));
    std::string many;
    for (int i = 0; i < 65; ++i) many += "&a" + std::to_string(i) + "=";
    EXPECT_FALSE(parse_query(many.substr(1)));
    EXPECT_FALSE(parse_query("a=1&&b=2"));
    EXPECT_EQ(parse_query("a=1%2B+&b")->at("a"), "1++");
    EXPECT_TRUE(parse_query("")->empty());
}

TEST(SigV4, AmzDatesDropTheMilliseconds) {
    EXPECT_EQ(to_amz_date(kSigned + Milliseconds(999)), "20261123T015339Z");
}

}  // namespace
}  // namespace facegate::crypto
