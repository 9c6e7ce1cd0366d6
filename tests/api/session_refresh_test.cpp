#include "api/session_fixture.h"
#include "domain/users/user.h"

namespace facegate::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class Refresh : public SessionTest {};

TEST_F(Refresh, EachTokenIsFollowedByTheNext) {
    const Answer signed_in = sign_in();
    clock().advance(minutes(20));
    const Answer first = refresh(signed_in.text_at("/refresh_token"));
    ASSERT_EQ(first.status, 200U) << first;
    EXPECT_EQ(first.members(),
              (std::vector<std::string>{"token", "refresh_token", "expires_in", "session_id", "user"}));
    EXPECT_EQ(first.at("/session_id"), signed_in.at("/session_id"));
    EXPECT_EQ(first.at("/user"), signed_in.at("/user"));
    EXPECT_EQ(first.at("/expires_in"), 900);
    EXPECT_NE(first.text_at("/refresh_token"), signed_in.text_at("/refresh_token"));
    const Token before = decode_token(signed_in.text_at("/verification_token"));
    const Token after = decode_token(first.text_at("/token"));
    EXPECT_EQ(after.claims.at("auth_time"), before.claims.at("auth_time")) << "the face was seen then";
    EXPECT_EQ(after.claims.at("conf"), before.claims.at("conf"));
    EXPECT_NE(after.claims.at("iat"), before.claims.at("iat"));
    EXPECT_TRUE(active(first.text_at("/token")));
    EXPECT_EQ(refresh(first.text_at("/refresh_token")).status, 200U);
    EXPECT_EQ(audited("session.refreshed"), 2);
}

TEST_F(Refresh, HowLivenessWasProvedIsSaidAgain) {
    const vision::FaceVector& face = vector_of(services().engines.current(), Person::kAda);
    const json::object body{{"liveness_session_id",
                             finished_liveness(client_.scope, face, true, 98.7, domain::LivenessChallenge::kMovement)}};
    const Answer signed_in = post("/v1/verify", body);
    const Token token = decode_token(refresh(signed_in.text_at("/refresh_token")).text_at("/token"));
    EXPECT_EQ(token.claims.at("amr"), (json::array{"face", "liveness_movement"}));
    EXPECT_EQ(token.claims.at("acr"), "urn:facegate:acr:face-liveness-movement");
}

TEST_F(Refresh, ATokenUsedTwiceEndsTheSession) {
    const Answer signed_in = sign_in();
    const std::string stolen = signed_in.text_at("/refresh_token");
    const Answer owner = refresh(stolen);
    EXPECT_TRUE(is_error(refresh(stolen), 401, "INVALID_TOKEN"));
    EXPECT_EQ(audited("session.refresh_reused"), 1);
    EXPECT_TRUE(is_error(refresh(owner.text_at("/refresh_token")), 401, "INVALID_TOKEN"));
    EXPECT_FALSE(active(owner.text_at("/token")));
    EXPECT_TRUE(is_error(risk_score(signed_in.text_at("/session_id")), 404, "NOT_FOUND"));
    EXPECT_TRUE(active(sign_in().text_at("/verification_token"))) << "the person's other sessions go on";
}

TEST_F(Refresh, OfConcurrentUsesOneWinsAndTheSessionIsOver) {
    const Answer signed_in = sign_in();
    const std::string token = signed_in.text_at("/refresh_token");
    const std::vector<Answer> answers = at_once(200, [&](int) { return refresh(token); });
    EXPECT_EQ(std::ranges::count(answers, 200U, [](const Answer& answer) { return answer.status; }), 1);
    EXPECT_EQ(std::ranges::count(answers, 401U, [](const Answer& answer) { return answer.status; }), 199);
    EXPECT_EQ(audited("session.refreshed"), 1);
    EXPECT_EQ(audited("session.refresh_reused"), 1);
    EXPECT_TRUE(is_error(risk_score(signed_in.text_at("/session_id")), 404, "NOT_FOUND"));
}

TEST_F(Refresh, OnlyARefreshTokenOfThisTenantAndEnvironment) {
    const Answer signed_in = sign_in();
    const std::string token = signed_in.text_at("/refresh_token");
    EXPECT_TRUE(is_error(refresh(signed_in.text_at("/verification_token")), 401, "INVALID_TOKEN"));
    EXPECT_TRUE(is_error(refresh(token + "A"), 401, "INVALID_TOKEN"));
    EXPECT_TRUE(is_error(refresh("x"), 401, "INVALID_TOKEN"));
    for (const Client& other : {new_client(), key_for(client_.scope.tenant, Environment::kLive)}) {
        EXPECT_TRUE(is_error(post(other, "/v1/session/refresh", {{"refresh_token", token}}), 401, "INVALID_TOKEN"));
    }
    EXPECT_EQ(refresh(token).status, 200U) << "none of these was a use";
}

TEST_F(Refresh, ThePolicyMayAskForTheFaceFirst) {
    const Answer signed_in = sign_in();
    const std::string token = signed_in.text_at("/refresh_token");
    set_continuous_policy({{"re_verify_interval_minutes", 30}});
    clock().advance(minutes(31));
    EXPECT_TRUE(is_error(refresh(token), 401, "RE_VERIFY_REQUIRED"));
    EXPECT_EQ(audited("session.refresh_reused"), 0) << "a refusal is no use";
    // The same session goes on once the face was shown.
    const std::string id = signed_in.text_at("/session_id");
    const Answer again = step_up(id, {{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}});
    ASSERT_EQ(again.at("/matched"), true) << again;
    EXPECT_EQ(again.text_at("/session_id"), id);
    EXPECT_EQ(risk_score(id).at("/re_verify_required"), false);
    EXPECT_EQ(refresh(again.text_at("/refresh_token")).status, 200U);
    EXPECT_TRUE(is_error(refresh(token), 401, "INVALID_TOKEN")) << "the one from before was replaced";
}

TEST_F(Refresh, NothingLivesPastTheSessionsEnd) {
    const Answer signed_in = sign_in();
    clock().advance(hours(30 * 24) - minutes(4));
    const Answer last = refresh(signed_in.text_at("/refresh_token"));
    ASSERT_EQ(last.status, 200U) << last;
    EXPECT_LE(last.number_at("/expires_in"), 240);
    EXPECT_GE(last.number_at("/expires_in"), 238);
    clock().advance(minutes(4));
    EXPECT_FALSE(active(last.text_at("/token")));
    EXPECT_TRUE(is_error(refresh(last.text_at("/refresh_token")), 401, "INVALID_TOKEN"));
}

TEST_F(Refresh, NotForAPersonWhoMayNotSignIn) {
    const std::string token = sign_in().text_at("/refresh_token");
    set_status(domain::UserStatus::kLocked);
    EXPECT_TRUE(is_error(refresh(token), 403, "USER_LOCKED"));
    set_status(domain::UserStatus::kActive);
    EXPECT_EQ(refresh(token).status, 200U);
}

TEST_F(Refresh, OnlyFromTheDeviceItIsBoundTo) {
    const std::string fingerprint(64, 'a');
    const Answer signed_in = sign_in({{"x-device-fingerprint", fingerprint}});
    const std::string token = signed_in.text_at("/refresh_token");
    EXPECT_TRUE(is_error(refresh(token, {{"x-device-fingerprint", std::string(64, 'b')}}), 401, "DEVICE_MISMATCH"));
    const Answer own = refresh(token, {{"x-device-fingerprint", fingerprint}});
    ASSERT_EQ(own.status, 200U) << own;
    EXPECT_EQ(decode_token(own.text_at("/token")).claims.at("dfp"), json::string(fingerprint));
}

}  // namespace
}  // namespace facegate::testing
