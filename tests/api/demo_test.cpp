#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/tokens.h"
#include "app/jobs.h"
#include "domain/tenants/tenant.h"
#include "unit/temporary_directory.h"

namespace facegate::testing {
namespace {

const Scope kDemo = domain::demo_scope();

class Demo : public ApiTest {
protected:
    Demo() {
        // The demo is one collection for all: what other tests left there runs out.
        clock().advance(std::chrono::hours(2));
        application().jobs().erase_expired();
    }
    static Answer post(const std::string& path, const json::object& body) {
        return call({"POST", path, "", json::serialize(body)});
    }
    static json::object enrollment(Person person) {
        return {{"name", "Visitor"}, {"liveness_session_id", finished_liveness(kDemo, person)}, {"consent", true}};
    }
    static Answer verify(Person person) {
        return post("/demo/verify", {{"liveness_session_id", finished_liveness(kDemo, person)}});
    }
    static Answer delete_me(const std::string& authorization) {
        return call({"DELETE", "/demo/me", "", "", {{"authorization", authorization}}});
    }
    static Answer new_session(const std::string& address) {
        return call({"POST", "/demo/liveness-session", "", "", {}, "", address});
    }
};

TEST_F(Demo, NobodyIsEnrolledWithoutConsent) {
    json::object body = enrollment(Person::kAda);
    body["consent"] = false;
    const Answer refused = post("/demo/enroll", body);
    EXPECT_TRUE(is_error(refused, 400, "Validation failed"));
    EXPECT_EQ(refused.at("/details/0/path"), json::array{"consent"});
    body["consent"] = "true";
    EXPECT_TRUE(is_error(post("/demo/enroll", body), 400, "Validation failed"));
    body.erase("consent");
    EXPECT_TRUE(is_error(post("/demo/enroll", body), 400, "Validation failed"));
    EXPECT_EQ(rows_in("users", kDemo), 0);
    body["consent"] = true;
    EXPECT_EQ(post("/demo/enroll", body).status, 201U);
}

TEST_F(Demo, EnrollsAndRecognisesUnderItsOwnIssuer) {
    const Answer enrolled = post("/demo/enroll", enrollment(Person::kAda));
    ASSERT_EQ(enrolled.status, 201U) << enrolled;
    EXPECT_EQ(enrolled.members(), (std::vector<std::string>{"user_id", "enrollments"}));
    const Answer answer = verify(Person::kAda);
    ASSERT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(answer.text_at("/user/id"), enrolled.text_at("/user_id"));
    EXPECT_EQ(answer.text_at("/user/name"), "Visitor");
    EXPECT_EQ(answer.text_at("/user/role"), "demo");
    const Token token = decode_token(answer.text_at("/verification_token"));
    EXPECT_EQ(token.claims.at("iss"), "http://localhost:8080/demo");
    EXPECT_EQ(token.claims.at("env"), "demo");
    EXPECT_EQ(verify(Person::kBen).at("/matched"), false);
}

TEST_F(Demo, EnrollingAgainReplacesOnesOwnFace) {
    const Answer first = post("/demo/enroll", enrollment(Person::kAda));
    json::object body = enrollment(Person::kAda);
    body["name"] = "Visitor, again";
    const Answer second = post("/demo/enroll", body);
    ASSERT_EQ(second.status, 201U) << second;
    EXPECT_NE(second.text_at("/user_id"), first.text_at("/user_id"));
    EXPECT_EQ(rows_in("users", kDemo), 1);
    EXPECT_EQ(rows_in("faces", kDemo), 1);
    EXPECT_EQ(verify(Person::kAda).text_at("/user/name"), "Visitor, again");
}

TEST_F(Demo, TakesLivenessOnly) {
    json::object body = enrollment(Person::kAda);
    body.erase("liveness_session_id");
    body["face_image"] = base64(photo_of(Person::kAda));
    EXPECT_TRUE(is_error(post("/demo/enroll", body), 400, "Validation failed"));
    const vision::FaceVector& ada = vector_of(services().engines.current(), Person::kAda);
    body["liveness_session_id"] = finished_liveness(kDemo, ada, false, 60);
    EXPECT_TRUE(is_error(post("/demo/enroll", body), 403, "LIVENESS_FAILED"));
    EXPECT_EQ(rows_in("users", kDemo), 0);
}

TEST_F(Demo, KnowsNoClaims) {
    for (const Person person : {Person::kAda, Person::kBen}) {
        ASSERT_EQ(post("/demo/enroll", enrollment(person)).status, 201U);
    }
    // As much like the one as like the other: elsewhere that asks for a claim.
    vision::FaceVector both = vector_of(services().engines.current(), Person::kAda);
    const vision::FaceVector& ben = vector_of(services().engines.current(), Person::kBen);
    for (std::size_t k = 0; k < both.size(); ++k) both[k] += ben[k];
    const Answer answer = post("/demo/verify", {{"liveness_session_id", finished_liveness(kDemo, both)}});
    EXPECT_EQ(answer.at("/matched"), false) << answer;
    EXPECT_TRUE(answer.at("/claim_required").is_null());
    EXPECT_TRUE(answer.at("/continuation_token").is_null());
    EXPECT_EQ(rows_in("liveness_probes", kDemo), 0) << "the face does not wait for what cannot come";
}

TEST_F(Demo, DeleteMeWorksOnceWithTheDemosOwnToken) {
    enroll(client_, Person::kAda);
    ASSERT_EQ(post("/demo/enroll", enrollment(Person::kAda)).status, 201U);
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    enroll(live, Person::kAda);
    const std::string test_token = ApiTest::verify(client_, Person::kAda).text_at("/verification_token");
    const std::string live_token = ApiTest::verify(live, Person::kAda).text_at("/verification_token");
    const Answer signed_in = verify(Person::kAda);
    const std::string refresh = signed_in.text_at("/refresh_token");
    ASSERT_FALSE(test_token.empty() || live_token.empty() || refresh.empty()) << signed_in;
    for (const std::string& wrong :
         {std::string(), std::string("Bearer "), std::string("Bearer x.y.z"), "Bearer " + test_token,
          "Bearer " + live_token, "Bearer " + refresh, "Bearer " + client_.key}) {
        EXPECT_TRUE(is_error(delete_me(wrong), 401, "UNAUTHORIZED"));
    }
    EXPECT_EQ(rows_in("users", kDemo), 1);
    const std::string token = "Bearer " + signed_in.text_at("/verification_token");
    const Answer deleted = delete_me(token);
    ASSERT_EQ(deleted.status, 200U) << deleted;
    EXPECT_EQ(deleted.body,
              (json::object{{"deleted", true}, {"user_id", signed_in.text_at("/user/id")}, {"faces_deleted", 1}}));
    EXPECT_TRUE(is_error(delete_me(token), 404, "NOT_FOUND"));
    EXPECT_EQ(verify(Person::kAda).at("/matched"), false);
    EXPECT_EQ(rows_in("users", client_.scope), 1);
}

TEST_F(Demo, DeleteMeNeedsATokenThatIsStillValid) {
    ASSERT_EQ(post("/demo/enroll", enrollment(Person::kAda)).status, 201U);
    const std::string token = "bearer " + verify(Person::kAda).text_at("/verification_token");
    clock().advance(std::chrono::minutes(15));
    EXPECT_TRUE(is_error(delete_me(token), 401, "UNAUTHORIZED"));
    EXPECT_EQ(rows_in("users", kDemo), 1);
    const std::string fresh = "bearer " + verify(Person::kAda).text_at("/verification_token");
    EXPECT_EQ(delete_me(fresh).status, 200U) << "the scheme has no case, RFC 9110 11.1";
}

TEST_F(Demo, FacesLiveForAnHour) {
    ASSERT_EQ(post("/demo/enroll", enrollment(Person::kAda)).status, 201U);
    clock().advance(std::chrono::minutes(59));
    application().jobs().erase_expired();
    EXPECT_EQ(verify(Person::kAda).at("/matched"), true);
    clock().advance(std::chrono::minutes(2));
    application().jobs().erase_expired();
    EXPECT_EQ(verify(Person::kAda).at("/matched"), false);
    EXPECT_EQ(rows_in("users", kDemo), 0);
    EXPECT_EQ(rows_in("faces", kDemo), 0);
    EXPECT_EQ(rows_in("user_keys", kDemo), 0);
}

TEST_F(Demo, TenSessionsAnHourFromOneAddress) {
    for (int i = 0; i < 10; ++i) {
        const Answer answer = new_session("192.0.2.1");
        ASSERT_EQ(answer.status, 200U) << answer;
        EXPECT_TRUE(answer.at("/credentials").is_object());
        clock().advance(std::chrono::minutes(1));
    }
    const Answer refused = new_session("192.0.2.1");
    EXPECT_TRUE(is_error(refused, 429, "RATE_LIMITED"));
    ASSERT_FALSE(refused.header("retry-after").empty());
    EXPECT_EQ(std::stoi(refused.header("retry-after")), 50 * 60) << "when the first one leaves the window";
    EXPECT_EQ(new_session("192.0.2.2").status, 200U);
    clock().advance(std::chrono::minutes(50));
    EXPECT_EQ(new_session("192.0.2.1").status, 200U);
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(new_session(i % 2 == 0 ? "127.0.0.1" : "::1").status, 200U);
    }
}

TEST_F(Demo, AddressesOfOneNetworkShareTheirSessions) {
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(new_session("2001:db8:1:2::" + std::to_string(i + 1)).status, 200U);
    }
    EXPECT_TRUE(is_error(new_session("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), 429, "RATE_LIMITED"));
    EXPECT_EQ(new_session("2001:db8:1:3::1").status, 200U);
}

TEST_F(Demo, AnEnrollmentThatCannotBeKeepsNoConsent) {
    const std::int64_t before = rows_in("consents", kDemo);
    json::object body = enrollment(Person::kAda);
    const std::string finished(body["liveness_session_id"].as_string());
    body["liveness_session_id"] = "00000000-0000-4000-8000-000000000000";
    EXPECT_TRUE(is_error(post("/demo/enroll", body), 404, "NOT_FOUND"));
    EXPECT_EQ(rows_in("consents", kDemo), before);
    body["liveness_session_id"] = finished;
    EXPECT_EQ(post("/demo/enroll", body).status, 201U);
    EXPECT_EQ(rows_in("consents", kDemo), before + 1);
}

TEST_F(Demo, PreflightSaysWhetherItCanWork) {
    const Answer answer = call({"GET", "/demo/preflight"});
    EXPECT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), (std::vector<std::string>{"ok", "checks", "challenges"}));
    EXPECT_EQ(answer.members("/checks"), (std::vector<std::string>{"camera_origin_secure", "provider", "assets"}));
    EXPECT_EQ(answer.at("/checks/camera_origin_secure"), true);
    EXPECT_EQ(answer.at("/checks/provider"), true);
    EXPECT_EQ(answer.at("/challenges"), (json::array{"movement_and_light", "movement"}));
}

TEST_F(Demo, AVisitorMayAskForMovementAlone) {
    EXPECT_EQ(post("/demo/liveness-session", {}).text_at("/challenge"), "movement_and_light");
    const Answer asked = post("/demo/liveness-session", {{"challenge", "movement"}});
    EXPECT_EQ(asked.status, 200U) << asked;
    EXPECT_EQ(asked.text_at("/challenge"), "movement");
    EXPECT_TRUE(is_error(post("/demo/liveness-session", {{"challenge", "none"}}), 400, "Validation failed"));
    ASSERT_EQ(post("/demo/enroll", enrollment(Person::kAda)).status, 201U);
    const vision::FaceVector& ada = vector_of(services().engines.current(), Person::kAda);
    const std::string session = finished_liveness(kDemo, ada, true, 98, domain::LivenessChallenge::kMovement);
    const Answer answer = post("/demo/verify", {{"liveness_session_id", session}});
    EXPECT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(answer.at("/risk/factors"), (json::array{"new_device", "reduced_liveness"}));
}

TEST_F(Demo, IsOffUnlessAskedFor) {
    const TemporaryDirectory directory;
    app::Config config = test_config(directory.file("data"));
    config.demo = false;
    app::Application plain(config, clock(), random());
    plain.start();
    int routes = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!route.info.path.starts_with("/demo")) continue;
        SCOPED_TRACE(route.info.method + " " + route.info.path);
        // Not even that it could be there is to be seen.
        for (const char* method : {"GET", "POST", "DELETE", "OPTIONS"}) {
            EXPECT_TRUE(is_error(testing::call(plain.service(), {method, route.info.path}), 404, "NOT_FOUND"))
                << method;
        }
        ++routes;
    }
    EXPECT_GE(routes, 7);
    EXPECT_EQ(testing::call(plain.service(), {"GET", "/"}).status, 404U);
    EXPECT_EQ(testing::call(plain.service(), {"GET", "/v1/health"}).status, 200U);
    const Answer document = testing::call(plain.service(), {"GET", "/openapi.json"});
    EXPECT_EQ(document.status, 200U);
    EXPECT_EQ(document.text.find("/demo"), std::string::npos);
    plain.stop();
}

}  // namespace
}  // namespace facegate::testing
