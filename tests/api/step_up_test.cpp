#include "api/session_fixture.h"
#include "domain/policies/liveness_policy.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::testing {
namespace {

using std::chrono::minutes;

const Headers kPhone{{"x-device-id", "phone"}};

class StepUp : public SessionTest {
protected:
    json::object by_face(Person person = Person::kAda, bool live = true, double confidence = 98.7,
                         domain::LivenessChallenge challenge = domain::LivenessChallenge::kMovementAndLight) const {
        const vision::FaceVector& face = vector_of(services().engines.current(), person);
        return {{"liveness_session_id", finished_liveness(client_.scope, face, live, confidence, challenge)}};
    }
    static json::object approval() { return {{"approved_by", "shift lead 7"}, {"method", "in_person"}}; }
    bool still_waits(const std::string& session) const {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return domain::find_session(tx, SessionId(session))->step_up_required;
        });
    }
};

TEST_F(StepUp, TheSamePersonsFaceFinishesTheSignIn) {
    const Answer signed_in = risky_sign_in();
    const std::string id = signed_in.text_at("/session_id");
    EXPECT_TRUE(signed_in.at("/refresh_token").is_null());
    clock().advance(minutes(1));
    const Answer answer = step_up(id, by_face());
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), signed_in.members()) << "like verify";
    EXPECT_EQ(answer.at("/matched"), true);
    EXPECT_EQ(answer.text_at("/session_id"), id);
    EXPECT_EQ(answer.at("/device_id"), signed_in.at("/device_id"));
    EXPECT_EQ(answer.at("/user"), signed_in.at("/user"));
    EXPECT_EQ(answer.at("/risk/step_up_required"), false);
    EXPECT_TRUE(answer.at("/risk/step_up_type").is_null());
    EXPECT_EQ(answer.at("/risk/score"), signed_in.at("/risk/score"));
    EXPECT_EQ(answer.at("/risk/level"), signed_in.at("/risk/level"));
    EXPECT_EQ(answer.at("/risk/factors"), signed_in.at("/risk/factors"));
    const Token token = decode_token(answer.text_at("/verification_token"));
    EXPECT_EQ(token.claims.at("aud"), json::string(client_.scope.tenant.value));
    EXPECT_EQ(token.claims.at("auth_time").as_int64(), to_unix_ms(clock().now()) / 1000);
    EXPECT_EQ(exchange(answer.text_at("/verification_token")).status, 200U);
    EXPECT_EQ(refresh(answer.text_at("/refresh_token")).status, 200U);
    EXPECT_EQ(audited("step_up.matched"), 1);
}

TEST_F(StepUp, AnotherFaceChangesNothing) {
    enroll(client_, Person::kBen, {{"external_id", "ben"}});
    const std::string id = risky_sign_in().text_at("/session_id");
    const json::object body = by_face(Person::kBen);
    const Answer answer = step_up(id, body);
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.at("/matched"), false);
    EXPECT_EQ(answer.number_at("/confidence"), 0);
    for (const char* member : {"/verification_token", "/refresh_token", "/session_id", "/user", "/risk"}) {
        EXPECT_TRUE(answer.at(member).is_null()) << member;
    }
    EXPECT_TRUE(is_error(step_up(id, body), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_TRUE(still_waits(id));
    EXPECT_EQ(audited("step_up.not_matched"), 1);
}

TEST_F(StepUp, ALivenessSessionThatFailedIsUsedUpAndRefused) {
    const std::string id = risky_sign_in().text_at("/session_id");
    const json::object body = by_face(Person::kAda, false, 34);
    const Answer answer = step_up(id, body);
    EXPECT_TRUE(is_error(answer, 403, "LIVENESS_FAILED"));
    EXPECT_EQ(answer.number_at("/details/confidence"), 30);
    EXPECT_TRUE(is_error(step_up(id, body), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_TRUE(still_waits(id));
    EXPECT_EQ(audited("step_up.not_live"), 1);
    const json::object unfinished{{"liveness_session_id", created_liveness(client_.scope)}};
    EXPECT_TRUE(is_error(step_up(id, unfinished), 400, "LIVENESS_SESSION_NOT_READY"));
    EXPECT_TRUE(is_error(step_up(id, {{"liveness_session_id", "x"}}), 404, "NOT_FOUND"));
}

TEST_F(StepUp, OfConcurrentOnesWithOneLivenessSessionOneWins) {
    const std::string id = risky_sign_in().text_at("/session_id");
    const json::object body = by_face();
    const std::vector<Answer> answers = at_once(64, [&](int) { return step_up(id, body); });
    EXPECT_EQ(std::ranges::count(answers, 200U, [](const Answer& answer) { return answer.status; }), 1);
    EXPECT_EQ(audited("step_up.matched"), 1);
}

TEST_F(StepUp, MovementAloneDoesNotAnswerAStepUpForMovement) {
    application()
        .database()
        .write(client_.scope,
               [&](sql::TenantTx& tx) {
                   return domain::change_liveness_policy(
                       tx, {.challenge = domain::ChallengeChoice::kMovementAllowed, .movement_step_up = true},
                       clock().now());
               })
        .value();
    const json::object movement = by_face(Person::kAda, true, 98.7, domain::LivenessChallenge::kMovement);
    const Answer signed_in = post("/v1/verify", movement);
    ASSERT_EQ(signed_in.at("/risk/step_up_required"), true) << signed_in;
    const std::string id = signed_in.text_at("/session_id");
    const json::object again = by_face(Person::kAda, true, 98.7, domain::LivenessChallenge::kMovement);
    EXPECT_TRUE(is_error(step_up(id, again), 403, "CHALLENGE_NOT_ALLOWED"));
    EXPECT_TRUE(is_error(step_up(id, again), 403, "CHALLENGE_NOT_ALLOWED")) << "and is not used up";
    EXPECT_TRUE(still_waits(id));
    const Answer answer = step_up(id, by_face());
    ASSERT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(decode_token(answer.text_at("/verification_token")).claims.at("acr"), "urn:facegate:acr:face-liveness");
}

TEST_F(StepUp, SomebodyMayVouchForThePerson) {
    const Answer signed_in = risky_sign_in();
    const std::string id = signed_in.text_at("/session_id");
    const Token before = decode_token(signed_in.text_at("/verification_token"));
    clock().advance(minutes(2));
    const Answer answer = step_up(id, approval());
    ASSERT_EQ(answer.status, 200U) << answer;
    const Token after = decode_token(answer.text_at("/verification_token"));
    EXPECT_EQ(after.claims.at("aud"), json::string(client_.scope.tenant.value));
    EXPECT_EQ(after.claims.at("auth_time"), before.claims.at("auth_time")) << "the face was not seen again";
    EXPECT_EQ(after.claims.at("conf"), before.claims.at("conf"));
    EXPECT_EQ(refresh(answer.text_at("/refresh_token")).status, 200U);
    EXPECT_TRUE(is_error(step_up(id, approval()), 409, "STEP_UP_NOT_REQUIRED"));
    EXPECT_EQ(audited("step_up.approved"), 1);
    const std::string details = application().database().read(client_.scope, [](sql::TenantTx& tx) {
        return tx
            .query(
                "SELECT details FROM audit_records WHERE tenant_id = $1 AND environment = $2 "
                "AND action = 'step_up.approved'")
            .front()
            .text(0);
    });
    EXPECT_NE(details.find("in_person"), std::string::npos);
    EXPECT_EQ(details.find("shift lead"), std::string::npos) << "a name in the clear";
}

TEST_F(StepUp, TheRequestIsOneOrTheOther) {
    const std::string id = risky_sign_in().text_at("/session_id");
    json::object both = approval();
    both["liveness_session_id"] = "x";
    for (const json::object& wrong :
         {json::object{}, both, json::object{{"approved_by", "x"}}, json::object{{"approved_by", ""}, {"method", "x"}},
          json::object{{"approved_by", "x"}, {"method", "In Person"}}, json::object{{"liveness_session_id", 7}},
          json::object{{"approved_by", std::string(257, 'x')}, {"method", "x"}}}) {
        EXPECT_TRUE(is_error(step_up(id, wrong), 400, "Validation failed")) << json::serialize(wrong);
    }
}

TEST_F(StepUp, OnlyWhileTheSessionLastsAndThePersonMaySignIn) {
    const std::string id = risky_sign_in().text_at("/session_id");
    set_status(domain::UserStatus::kSuspended);
    EXPECT_TRUE(is_error(step_up(id, by_face()), 403, "USER_SUSPENDED"));
    EXPECT_TRUE(is_error(step_up(id, approval()), 403, "USER_SUSPENDED"));
    set_status(domain::UserStatus::kActive);
    revoke(id);
    EXPECT_TRUE(is_error(step_up(id, by_face()), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(step_up(id, approval()), 404, "NOT_FOUND"));
}

TEST_F(StepUp, FailuresCountAsThoseOfAClaim) {
    ASSERT_EQ(post("/v1/policy/risk", {{"max_failed_attempts", 3}, {"lockout_duration_minutes", 15}}).status, 200U);
    const std::string id = risky_sign_in(kPhone).text_at("/session_id");
    EXPECT_EQ(step_up(id, by_face(Person::kEve), kPhone).at("/matched"), false);
    EXPECT_TRUE(is_error(step_up(id, by_face(Person::kAda, false, 34), kPhone), 403, "LIVENESS_FAILED"));
    EXPECT_EQ(step_up(id, by_face(Person::kEve), kPhone).at("/matched"), false);
    EXPECT_EQ(audited("lockout.started"), 1);
    const json::object right = by_face();
    const Answer locked = step_up(id, right, kPhone);
    EXPECT_TRUE(is_error(locked, 403, "USER_LOCKED"));
    EXPECT_FALSE(locked.text_at("/details/locked_until").empty());
    EXPECT_EQ(audited("step_up.locked_out"), 1);
    EXPECT_TRUE(is_error(step_up(id, right, kPhone), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_TRUE(is_error(verify(client_, Person::kAda, {{"claim", {{"user_id", user_}}}}, kPhone), 403, "USER_LOCKED"))
        << "one count for both";
    EXPECT_EQ(step_up(id, by_face(), {{"x-device-id", "tablet"}}).at("/matched"), true) << "other devices go on";
    clock().advance(minutes(15));
    EXPECT_EQ(step_up(id, by_face(), kPhone).at("/matched"), true);
}

TEST_F(StepUp, AThousandWrongFacesAtOnceLockOnceAndGetNoFurther) {
    constexpr int kAttempts = 1000;
    const std::string id = risky_sign_in(kPhone).text_at("/session_id");
    std::vector<json::object> bodies;
    bodies.reserve(kAttempts);
    for (int i = 0; i < kAttempts; ++i) bodies.push_back(by_face(Person::kEve));
    const std::vector<Answer> answers =
        at_once(kAttempts, [&](int i) { return step_up(id, bodies[static_cast<std::size_t>(i)], kPhone); });
    EXPECT_EQ(std::ranges::count(answers, 200U, [](const Answer& answer) { return answer.status; }), 5);
    EXPECT_EQ(audited("step_up.not_matched"), 5) << "max_failed_attempts";
    EXPECT_EQ(audited("lockout.started"), 1);
}

TEST_F(StepUp, APublishableKeyLearnsNoDeviceFromAnotherFace) {
    const Client web = key_for(client_.scope.tenant, Environment::kTest, {}, domain::KeyKind::kPublishable);
    const std::string id = risky_sign_in(kPhone).text_at("/session_id");
    const Answer answer = post(web, "/v1/sessions/" + id + "/step-up", by_face(Person::kEve));
    ASSERT_EQ(answer.at("/matched"), false) << answer;
    EXPECT_TRUE(answer.at("/device_id").is_null() || answer.text_at("/device_id").empty());
}

TEST_F(StepUp, OnlyFromTheDeviceTheSessionIsBoundTo) {
    const std::string fingerprint(64, 'a');
    const std::string id = risky_sign_in({{"x-device-fingerprint", fingerprint}}).text_at("/session_id");
    const json::object body = by_face();
    EXPECT_TRUE(is_error(step_up(id, body, {{"x-device-fingerprint", std::string(64, 'b')}}), 401, "DEVICE_MISMATCH"));
    EXPECT_EQ(step_up(id, body, {{"x-device-fingerprint", fingerprint}}).at("/matched"), true) << "not used up before";
}

}  // namespace
}  // namespace facegate::testing
