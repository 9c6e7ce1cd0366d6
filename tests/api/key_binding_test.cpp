#include "api/session_fixture.h"
#include "unit/key_proof_maker.h"

namespace facegate::testing {
namespace {

/// DPoP (RFC 9449) through the routes that issue and take tokens.
class KeyBinding : public SessionTest {
protected:
    static constexpr const char* kBase = "http://localhost:8080";

    std::string proof(KeyProofMaker& key, const std::string& path, const std::string& token = {}) const {
        return key.proof("POST", kBase + path, clock().now(), token);
    }
    Answer bound_sign_in() { return sign_in({{"dpop", proof(key_, "/v1/verify")}}); }
    static std::string bound_to(const std::string& token) {
        const json::object claims = decode_token(token).claims;
        const json::value* cnf = claims.if_contains("cnf");
        return cnf == nullptr ? "" : std::string(cnf->at("jkt").as_string());
    }

    KeyProofMaker key_;
    KeyProofMaker other_;
};

TEST_F(KeyBinding, AProofAtVerifyBindsEveryTokenOfTheSession) {
    const Answer signed_in = bound_sign_in();
    const std::string token = signed_in.text_at("/verification_token");
    EXPECT_EQ(bound_to(token), key_.thumbprint());
    EXPECT_EQ(introspect(token).text_at("/cnf/jkt"), key_.thumbprint());
    EXPECT_EQ(introspect(token).text_at("/token_type"), "DPoP");
    const Answer exchanged = exchange(token, {{"dpop", proof(key_, "/v1/session", token)}});
    ASSERT_EQ(exchanged.status, 200U) << exchanged;
    EXPECT_EQ(bound_to(exchanged.text_at("/token")), key_.thumbprint());
    const Answer refreshed =
        refresh(signed_in.text_at("/refresh_token"), {{"dpop", proof(key_, "/v1/session/refresh")}});
    ASSERT_EQ(refreshed.status, 200U) << refreshed;
    EXPECT_EQ(bound_to(refreshed.text_at("/token")), key_.thumbprint());
    EXPECT_EQ(bound_to(sign_in().text_at("/verification_token")), "") << "without a proof nothing is bound";
}

TEST_F(KeyBinding, WhoHoldsTheTokenAloneCannotUseIt) {
    const Answer signed_in = bound_sign_in();
    const std::string token = signed_in.text_at("/verification_token");
    const std::string refresh_token = signed_in.text_at("/refresh_token");
    EXPECT_TRUE(is_error(exchange(token), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(is_error(exchange(token, {{"dpop", proof(other_, "/v1/session", token)}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(is_error(exchange(token, {{"dpop", proof(key_, "/v1/session")}}), 401, "INVALID_DPOP_PROOF"))
        << "a proof for no token";
    EXPECT_TRUE(is_error(exchange(token, {{"dpop", proof(key_, "/v1/session", "a.b.c")}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(is_error(exchange(token, {{"dpop", proof(key_, "/v1/verify", token)}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(is_error(refresh(refresh_token), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(
        is_error(refresh(refresh_token, {{"dpop", proof(other_, "/v1/session/refresh")}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_EQ(audited("session.refresh_reused"), 0);
    EXPECT_EQ(refresh(refresh_token, {{"dpop", proof(key_, "/v1/session/refresh")}}).status, 200U);
}

TEST_F(KeyBinding, AProofIsUsedOnce) {
    const std::string verifying = proof(key_, "/v1/verify");
    EXPECT_EQ(sign_in({{"dpop", verifying}}).status, 200U);
    const std::string liveness = finished_liveness(client_.scope, Person::kAda);
    const json::object body{{"liveness_session_id", liveness}};
    EXPECT_TRUE(is_error(post(client_, "/v1/verify", body, {{"dpop", verifying}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_EQ(post(client_, "/v1/verify", body, {{"dpop", proof(key_, "/v1/verify")}}).status, 200U)
        << "the refusal consumed nothing";
    const Answer signed_in = bound_sign_in();
    const std::string refreshing = proof(key_, "/v1/session/refresh");
    const Answer first = refresh(signed_in.text_at("/refresh_token"), {{"dpop", refreshing}});
    ASSERT_EQ(first.status, 200U) << first;
    EXPECT_TRUE(is_error(refresh(first.text_at("/refresh_token"), {{"dpop", refreshing}}), 401, "INVALID_DPOP_PROOF"));
}

TEST_F(KeyBinding, ABadProofIsRefusedBeforeAnythingIsConsumed) {
    const json::object body{{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}};
    const auto verify_with = [&](Headers headers) { return post(client_, "/v1/verify", body, std::move(headers)); };
    EXPECT_TRUE(is_error(verify_with({{"dpop", "x"}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(is_error(verify_with({{"dpop", proof(key_, "/v1/session")}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_TRUE(is_error(verify_with({{"dpop", proof(key_, "/v1/verify")}, {"dpop", proof(key_, "/v1/verify")}}), 401,
                         "INVALID_DPOP_PROOF"));
    const std::string old = proof(key_, "/v1/verify");
    clock().advance(std::chrono::seconds(62));
    EXPECT_TRUE(is_error(verify_with({{"dpop", old}}), 401, "INVALID_DPOP_PROOF"));
    EXPECT_EQ(verify_with({}).status, 200U);
}

TEST_F(KeyBinding, AStepUpNeedsTheSessionsKeyAndKeepsIt) {
    const Answer signed_in = risky_sign_in({{"dpop", proof(key_, "/v1/verify")}});
    const std::string path = "/v1/sessions/" + signed_in.text_at("/session_id") + "/step-up";
    const json::object body{{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}};
    EXPECT_TRUE(is_error(post(client_, path, body), 401, "INVALID_DPOP_PROOF"));
    const Answer answer = post(client_, path, body, {{"dpop", proof(key_, path)}});
    ASSERT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(bound_to(answer.text_at("/verification_token")), key_.thumbprint());
}

TEST_F(KeyBinding, TheFirstProofAtRefreshBindsASessionForGood) {
    const Answer signed_in = sign_in();
    const Answer first = refresh(signed_in.text_at("/refresh_token"), {{"dpop", proof(key_, "/v1/session/refresh")}});
    ASSERT_EQ(first.status, 200U) << first;
    EXPECT_EQ(bound_to(first.text_at("/token")), key_.thumbprint());
    EXPECT_TRUE(is_error(refresh(first.text_at("/refresh_token")), 401, "INVALID_DPOP_PROOF"));
}

TEST_F(KeyBinding, BrowsersMaySendProofs) {
    const Answer preflight = call({"OPTIONS",
                                   "/v1/verify",
                                   "",
                                   "",
                                   {{"origin", "https://app.example.com"},
                                    {"access-control-request-method", "POST"},
                                    {"access-control-request-headers", "dpop"}}});
    EXPECT_NE(preflight.header("access-control-allow-headers").find("dpop"), std::string::npos);
}

}  // namespace
}  // namespace facegate::testing
