#include "domain/policies/liveness_policy.h"

#include <gtest/gtest.h>

#include "api/liveness_streams.h"
#include "api/tokens.h"
#include "domain/faces/face.h"
#include "domain/sessions/session.h"

namespace facegate::testing {
namespace {

using domain::ChallengeChoice;
using domain::LivenessChallenge;

const json::object kMovement{{"challenge", "movement"}};

/// What a tenant lets its clients choose, and what follows from the choice.
class LivenessPolicy : public LivenessStreamTest {
protected:
    static void change(const Scope& scope, const domain::LivenessPolicyChange& change) {
        ASSERT_TRUE(application().database().write(
            scope, [&](sql::TenantTx& tx) { return domain::change_liveness_policy(tx, change, clock().now()); }));
    }
    void allow_movement() const { change(client_.scope, {.challenge = ChallengeChoice::kMovementAllowed}); }
    static Answer ask(const Client& client, const json::object& body) {
        return post(client, "/v1/liveness/session", body);
    }
    static const vision::FaceVector& face_of(Person person) { return vector_of(services().engines.current(), person); }
    std::string finished(const vision::FaceVector& face, LivenessChallenge challenge, double confidence = 98.7) const {
        return finished_liveness(client_.scope, face, true, confidence, challenge);
    }
    Answer sign_in(LivenessChallenge challenge, std::vector<std::pair<std::string, std::string>> headers = {}) const {
        return post(client_, "/v1/verify", {{"liveness_session_id", finished(face_of(Person::kAda), challenge)}},
                    std::move(headers));
    }
    static json::object claims_of(const Answer& answer) {
        return decode_token(answer.text_at("/verification_token")).claims;
    }
    /// Details of the last audit record of this action.
    json::object audited(const std::string& action) const {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            const auto rows = tx.query(
                "SELECT details FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND action = $3 "
                "ORDER BY seq DESC LIMIT 1",
                {action});
            return rows.empty() ? json::object{} : json::parse(rows.front().text(0)).as_object();
        });
    }
};

TEST_F(LivenessPolicy, MovementAloneIsRefusedUntilTheTenantAllowsIt) {
    const Answer refused = ask(client_, kMovement);
    EXPECT_TRUE(is_error(refused, 403, "CHALLENGE_NOT_ALLOWED"));
    EXPECT_TRUE(refused.at("/credentials").is_null());
    EXPECT_EQ(rows_in("liveness_sessions", client_.scope), 0);
    allow_movement();
    const Answer allowed = ask(client_, kMovement);
    EXPECT_EQ(allowed.status, 200U) << allowed;
    EXPECT_EQ(allowed.text_at("/challenge"), "movement");
    change(client_.scope, {.challenge = ChallengeChoice::kMovementAndLight});
    EXPECT_TRUE(is_error(ask(client_, kMovement), 403, "CHALLENGE_NOT_ALLOWED"));
    EXPECT_EQ(rows_in("liveness_sessions", client_.scope), 1);
}

TEST_F(LivenessPolicy, WhoDoesNotAskGetsLight) {
    for (const bool allowed : {false, true}) {
        if (allowed) allow_movement();
        EXPECT_EQ(call({"POST", "/v1/liveness/session", client_.key}).text_at("/challenge"), "movement_and_light");
        for (const json::object& body : {json::object{}, json::object{{"challenge", "movement_and_light"}},
                                         json::object{{"movement", true}, {"something", "else"}}}) {
            EXPECT_EQ(ask(client_, body).text_at("/challenge"), "movement_and_light");
        }
    }
}

TEST_F(LivenessPolicy, TenantsAndEnvironmentsChooseForThemselves) {
    allow_movement();
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    const Client stranger = new_client();
    EXPECT_EQ(ask(client_, kMovement).status, 200U);
    for (const Client& other : {live, stranger}) {
        EXPECT_TRUE(is_error(ask(other, kMovement), 403, "CHALLENGE_NOT_ALLOWED"));
        EXPECT_EQ(rows_in("liveness_sessions", other.scope), 0);
    }
    // Another key of the same collection is under the same policy.
    EXPECT_EQ(ask(key_for(client_.scope.tenant, Environment::kTest), kMovement).status, 200U);
}

TEST_F(LivenessPolicy, TheChallengeIsOneOfTwoNames) {
    allow_movement();
    for (const json::value& wrong : {json::value(7), json::value(nullptr), json::value(true), json::value(""),
                                     json::value("light"), json::value("Movement"), json::value("movement "),
                                     json::value("FaceMovementChallenge"), json::value(json::array{"movement"})}) {
        const Answer refused = ask(client_, {{"challenge", wrong}});
        EXPECT_TRUE(is_error(refused, 400, "Validation failed")) << json::serialize(wrong);
        EXPECT_EQ(refused.at("/details/0/path"), json::array{"challenge"}) << refused;
    }
    EXPECT_EQ(call({"POST", "/v1/liveness/session", client_.key, "[]"}).status, 400U);
    EXPECT_EQ(call({"POST", "/v1/liveness/session", client_.key, "{}", {}, "text/plain"}).status, 415U);
    EXPECT_EQ(rows_in("liveness_sessions", client_.scope), 0);
}

TEST_F(LivenessPolicy, TheStreamAnnouncesWhatTheSessionWasCreatedWith) {
    allow_movement();
    const WidgetSession movement = new_session(client_, kMovement);
    const WidgetSession light = new_session(client_);
    // What the tenant chooses later changes neither.
    change(client_.scope, {.challenge = ChallengeChoice::kMovementAndLight});
    const Stream by_movement = open(movement);
    const Stream by_light = open(light);
    ASSERT_TRUE(is_open(by_movement));
    ASSERT_TRUE(is_open(by_light));
    EXPECT_EQ(challenge_in(by_movement).type, liveness::ChallengeType::kMovement);
    EXPECT_TRUE(challenge_in(by_movement).colors.empty());
    EXPECT_GT(challenge_in(by_movement).oval.height, 0);
    EXPECT_EQ(challenge_in(by_light).type, liveness::ChallengeType::kMovementAndLight);
    EXPECT_EQ(challenge_in(by_light).colors.size(), 8U);
}

TEST_F(LivenessPolicy, AClientThatDoesNotKnowTheChallengeSpendsNothing) {
    allow_movement();
    const std::pair<WidgetSession, const char*> cases[] = {
        {new_session(client_, kMovement), "FaceMovementAndLightChallenge_2.0.0"},
        {new_session(client_), "FaceMovementChallenge_1.0.0"},
    };
    for (const auto& [session, known] : cases) {
        SCOPED_TRACE(known);
        StreamQuery query = widget_query(session, clock().now());
        query["challenge-versions"] = known;
        EXPECT_TRUE(
            is_refused(open(presigned(query, session.secret_access_key), session.secret_access_key).opening, session));
        EXPECT_EQ(status_of(session), "CREATED");
        EXPECT_TRUE(is_open(open(session)));
    }
}

TEST_F(LivenessPolicy, TheClientsEventsCannotChangeTheChallenge) {
    allow_movement();
    const WidgetSession session = new_session(client_, kMovement);
    Stream stream = open(session);
    EXPECT_TRUE(stream.send_video(video_opening()).send.empty());
    EXPECT_TRUE(is_refused(stream.send_start(), session)) << "an event of the challenge with light";
    EXPECT_EQ(status_of(session), "FAILED 0");
}

TEST_F(LivenessPolicy, ASignInByMovementSaysSoAndRaisesTheRisk) {
    allow_movement();
    const std::string user = enroll(client_, Person::kAda);
    const std::vector<std::pair<std::string, std::string>> phone{{"x-device-id", "phone"}};
    const Answer full = sign_in(LivenessChallenge::kMovementAndLight, phone);
    EXPECT_EQ(full.at("/risk/factors"), json::array{"new_device"}) << full;
    EXPECT_EQ(claims_of(full).at("amr"), json::array{"face"});
    EXPECT_EQ(claims_of(full).at("acr"), "urn:facegate:acr:face-liveness");
    EXPECT_EQ(audited("verify.matched").at("challenge"), "movement_and_light");

    const Answer reduced = sign_in(LivenessChallenge::kMovement, phone);
    EXPECT_EQ(reduced.text_at("/user/id"), user) << reduced;
    EXPECT_EQ(reduced.at("/risk/factors"), json::array{"reduced_liveness"});
    EXPECT_EQ(reduced.number_at("/risk/score"), 0.15);
    EXPECT_EQ(reduced.at("/risk/step_up_required"), false);
    EXPECT_FALSE(reduced.text_at("/refresh_token").empty());
    EXPECT_EQ(claims_of(reduced).at("amr"), (json::array{"face", "liveness_movement"}));
    EXPECT_EQ(claims_of(reduced).at("acr"), "urn:facegate:acr:face-liveness-movement");
    EXPECT_EQ(claims_of(reduced).at("aud").as_string(), client_.scope.tenant.value);
    const json::object details = audited("verify.matched");
    EXPECT_EQ(details.at("challenge"), "movement");
    EXPECT_EQ(details.at("risk_factors").at("reduced_liveness"), 0.15);
    EXPECT_EQ(details.at("step_up_required"), false);
    const auto session = application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        return domain::find_session(tx, SessionId(reduced.text_at("/session_id")));
    });
    EXPECT_EQ(session.value().challenge, LivenessChallenge::kMovement);
}

TEST_F(LivenessPolicy, TheClientCannotCallItsSessionAnother) {
    allow_movement();
    enroll(client_, Person::kAda);
    const Answer answer = post(client_, "/v1/verify",
                               {{"liveness_session_id", finished(face_of(Person::kAda), LivenessChallenge::kMovement)},
                                {"challenge", "movement_and_light"},
                                {"amr", {"face"}}});
    EXPECT_EQ(claims_of(answer).at("amr"), (json::array{"face", "liveness_movement"})) << answer;
}

TEST_F(LivenessPolicy, TheTenantMayDemandAStepUpAfterMovement) {
    change(client_.scope, {.challenge = ChallengeChoice::kMovementAllowed, .movement_step_up = true});
    enroll(client_, Person::kAda);
    const Answer full = sign_in(LivenessChallenge::kMovementAndLight);
    EXPECT_EQ(full.at("/risk/step_up_required"), false) << full;
    const Answer reduced = sign_in(LivenessChallenge::kMovement);
    EXPECT_EQ(reduced.at("/matched"), true) << reduced;
    EXPECT_EQ(reduced.at("/risk/step_up_required"), true);
    EXPECT_EQ(reduced.text_at("/risk/step_up_type"), "liveness");
    EXPECT_EQ(reduced.number_at("/risk/score"), 0.3) << "the risk itself is what it is";
    EXPECT_TRUE(reduced.at("/refresh_token").is_null());
    const json::object claims = claims_of(reduced);
    EXPECT_EQ(claims.at("aud").as_string(), client_.scope.tenant.value + ":step-up");
    EXPECT_EQ(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 300);
    EXPECT_EQ(claims.at("amr"), (json::array{"face", "liveness_movement"}));
    EXPECT_EQ(audited("verify.matched").at("step_up_required"), true);
    const auto session = application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        return domain::find_session(tx, SessionId(reduced.text_at("/session_id")));
    });
    EXPECT_TRUE(session.value().step_up_required);
}

TEST_F(LivenessPolicy, MovementAloneTeachesNothing) {
    allow_movement();
    const std::string user = enroll(client_, Person::kAda);
    clock().advance(std::chrono::hours(24));
    const auto faces = [&] {
        return application()
            .database()
            .read(client_.scope, [&](sql::TenantTx& tx) { return domain::faces_of_user(tx, UserId(user)); })
            .size();
    };
    EXPECT_EQ(sign_in(LivenessChallenge::kMovement).at("/matched"), true);
    EXPECT_EQ(faces(), 1U);
    EXPECT_EQ(sign_in(LivenessChallenge::kMovementAndLight).at("/matched"), true);
    EXPECT_EQ(faces(), 2U) << "the same face, proved in full";
}

TEST_F(LivenessPolicy, AnEnrollmentRecordsHowLivenessWasProved) {
    allow_movement();
    json::object body = enrollment(client_, Person::kAda);
    body["liveness_session_id"] = finished(face_of(Person::kAda), LivenessChallenge::kMovement);
    ASSERT_EQ(post(client_, "/v1/enroll", body).status, 201U);
    EXPECT_EQ(audited("user.enrolled").at("source"), "liveness");
    EXPECT_EQ(audited("user.enrolled").at("challenge"), "movement");
    enroll(client_, Person::kBen);
    EXPECT_EQ(audited("user.enrolled").at("challenge"), "movement_and_light");
    ASSERT_EQ(post(client_, "/v1/enroll", photo_enrollment(client_, photo_of(Person::kCleo))).status, 201U);
    EXPECT_EQ(audited("user.enrolled").at("source"), "photos");
    EXPECT_FALSE(audited("user.enrolled").contains("challenge"));
}

TEST_F(LivenessPolicy, AContinuationKeepsTheChallengeOfItsSession) {
    change(client_.scope, {.challenge = ChallengeChoice::kMovementAllowed, .movement_step_up = true});
    const std::string ada = enroll(client_, Person::kAda);
    enroll(client_, Person::kBen);
    // As much like the one as like the other.
    vision::FaceVector both = face_of(Person::kAda);
    for (std::size_t k = 0; k < both.size(); ++k) both[k] += face_of(Person::kBen)[k];
    for (const LivenessChallenge challenge : domain::kLivenessChallenges) {
        const bool movement = challenge == LivenessChallenge::kMovement;
        const Answer first = post(client_, "/v1/verify", {{"liveness_session_id", finished(both, challenge)}});
        ASSERT_EQ(first.at("/claim_required"), true) << first;
        const Answer second = post(client_, "/v1/verify",
                                   {{"continuation_token", first.text_at("/continuation_token")},
                                    {"claim", {{"user_id", ada}}},
                                    {"challenge", "movement_and_light"}});
        ASSERT_EQ(second.at("/matched"), true) << second;
        EXPECT_EQ(claims_of(second).at("amr").as_array().size(), movement ? 2U : 1U);
        EXPECT_EQ(second.at("/refresh_token").is_null(), movement) << "a step-up is demanded of movement alone";
        EXPECT_EQ(audited("verify.matched").at("challenge").as_string(), std::string(domain::name_of(challenge)));
    }
}

TEST_F(LivenessPolicy, TheTenantMayRaiseTheBar) {
    enroll(client_, Person::kAda);
    change(client_.scope, {.min_confidence = 95});
    const std::string below = finished(face_of(Person::kAda), LivenessChallenge::kMovementAndLight, 94.9);
    const Answer result = get("/v1/liveness/result/" + below);
    EXPECT_EQ(result.at("/is_live"), false) << result;
    EXPECT_EQ(result.text_at("/status"), "FAILED");
    EXPECT_EQ(result.number_at("/confidence"), 94.9);
    const Answer refused = post("/v1/verify", json::object{{"liveness_session_id", below}});
    EXPECT_TRUE(is_error(refused, 403, "LIVENESS_FAILED"));
    EXPECT_EQ(refused.number_at("/details/confidence"), 90) << "floored";
    EXPECT_EQ(audited("verify.not_live").at("challenge"), "movement_and_light");
    const std::string enough = finished(face_of(Person::kAda), LivenessChallenge::kMovementAndLight, 95);
    EXPECT_EQ(post("/v1/verify", json::object{{"liveness_session_id", enough}}).at("/matched"), true);
    json::object body = enrollment(client_, Person::kBen);
    body["liveness_session_id"] = finished(face_of(Person::kBen), LivenessChallenge::kMovementAndLight, 94);
    EXPECT_TRUE(is_error(post(client_, "/v1/enroll", body), 403, "LIVENESS_FAILED"));
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    const Answer elsewhere =
        get(live, "/v1/liveness/result/" + finished_liveness(live.scope, face_of(Person::kAda), true, 91));
    EXPECT_EQ(elsewhere.at("/is_live"), true) << "the other environment's bar is its own";
}

}  // namespace
}  // namespace facegate::testing
