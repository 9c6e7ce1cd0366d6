#include <gtest/gtest.h>

#include <cmath>

#include "api/api_fixture.h"
#include "domain/users/user.h"

namespace facegate::testing {
namespace {

const std::string kFingerprint(64, 'a');

class Verify : public ApiTest {
protected:
    Answer verify(Person person, const json::object& more = {},
                  std::vector<std::pair<std::string, std::string>> headers = {}) const {
        return ApiTest::verify(client_, person, more, std::move(headers));
    }
    Answer verify_face(const vision::FaceVector& face, double liveness, const json::object& more = {}) const {
        json::object body{{"liveness_session_id", finished_liveness(client_.scope, face, true, liveness)}};
        for (const auto& member : more) body[member.key()] = member.value();
        return post("/v1/verify", body);
    }
    void set_status(const std::string& user, domain::UserStatus status) const {
        ASSERT_TRUE(application().database().write(client_.scope, [&](sql::TenantTx& tx) {
            return domain::set_user_status(tx, UserId(user), status, clock().now());
        }));
    }
    static double score(const vision::FaceVector& a, const vision::FaceVector& b) {
        return services().engines.current().score(a, b);
    }
    static double false_match_rate(double score) {
        return services().engines.current().calibration().false_match_rate(score, 1).fmr;
    }
};

const std::vector<std::string> kMembers = {"matched",       "confidence", "verification_token",
                                           "refresh_token", "session_id", "device_id",
                                           "user",          "risk",       "re_enrollment_required"};

void expect_mismatch(const Answer& answer) {
    EXPECT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), kMembers);
    EXPECT_EQ(answer.at("/matched"), false) << answer;
    for (const char* member : {"/verification_token", "/refresh_token", "/session_id", "/user", "/risk"}) {
        EXPECT_TRUE(answer.at(member).is_null()) << member;
    }
    EXPECT_EQ(answer.at("/re_enrollment_required"), false);
    EXPECT_EQ(std::fmod(answer.number_at("/confidence"), 10), 0) << answer;
    EXPECT_FALSE(answer.text_at("/device_id").empty());
}

TEST_F(Verify, AMatchAnswersAsTheContractSays) {
    enroll(client_, Person::kBen);
    const std::string user = enroll(client_, Person::kAda, {{"metadata", {{"badge", 7}}}});
    const Answer answer = verify(Person::kAda);
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), kMembers);
    EXPECT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(answer.number_at("/confidence"), 100);
    EXPECT_TRUE(answer.text_at("/session_id").starts_with("sess_"));
    EXPECT_TRUE(answer.text_at("/device_id").starts_with("dev_"));
    EXPECT_EQ(answer.at("/user"),
              (json::object{{"id", user}, {"name", "Ada Guard"}, {"role", "guard"}, {"metadata", {{"badge", 7}}}}));
    EXPECT_EQ(answer.members("/risk"),
              (std::vector<std::string>{"score", "level", "factors", "step_up_required", "step_up_type"}));
    EXPECT_EQ(answer.at("/risk/step_up_required"), false);
    EXPECT_TRUE(answer.at("/risk/step_up_type").is_null());
    EXPECT_EQ(answer.at("/re_enrollment_required"), false);
    EXPECT_EQ(get("/v1/users/" + user).text_at("/last_verified_at"), to_iso8601(clock().now()));
}

TEST_F(Verify, AMismatchSaysNothingMore) {
    expect_mismatch(verify(Person::kAda));  // nobody is enrolled
    enroll(client_, Person::kBen);
    expect_mismatch(verify(Person::kAda));
    EXPECT_EQ(rows_in("sessions", client_.scope), 0);
    EXPECT_EQ(rows_in("devices", client_.scope), 0);
}

TEST_F(Verify, AClaimComparesWithThatPersonAlone) {
    const std::string ada = enroll(client_, Person::kAda, {{"external_id", "staff-1"}, {"email", "Ada@Example.com"}});
    const std::string ben = enroll(client_, Person::kBen, {{"external_id", "staff-2"}, {"email", "ben@example.com"}});
    struct Case {
        const char* name;
        json::object claim;
        bool matched;
    };
    const std::vector<Case> cases = {
        {"user_id", {{"user_id", ada}}, true},
        {"external_id", {{"external_id", "staff-1"}}, true},
        {"email", {{"email", "Ada@Example.com"}}, true},
        {"email in another case", {{"email", "ADA@example.COM"}}, true},
        {"somebody else's user_id", {{"user_id", ben}}, false},
        {"somebody else's external_id", {{"external_id", "staff-2"}}, false},
        {"somebody else's email", {{"email", "ben@example.com"}}, false},
        {"unknown user_id", {{"user_id", "user_unknown"}}, false},
        {"unknown external_id", {{"external_id", "STAFF-1"}}, false},
        {"unknown email", {{"email", "nobody@example.com"}}, false},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        const Answer answer = verify(Person::kAda, {{"claim", one.claim}});
        if (one.matched) {
            EXPECT_EQ(answer.text_at("/user/id"), ada) << answer;
        } else {
            expect_mismatch(answer);
        }
    }
}

TEST_F(Verify, AnEmailMayBeShared) {
    enroll(client_, Person::kAda, {{"email", "office@example.com"}});
    const std::string ben = enroll(client_, Person::kBen, {{"email", "office@example.com"}});
    EXPECT_EQ(verify(Person::kBen, {{"claim", {{"email", "office@example.com"}}}}).text_at("/user/id"), ben);
    expect_mismatch(verify(Person::kEve, {{"claim", {{"email", "office@example.com"}}}}));
}

TEST_F(Verify, AClaimNamesExactlyOnePerson) {
    const std::string session = finished_liveness(client_.scope, Person::kAda);
    for (const json::object& claim : {json::object{},
                                      {{"user_id", "a"}, {"external_id", "b"}},
                                      {{"user_id", "a"}, {"email", "a@example.com"}},
                                      {{"name", "Ada"}}}) {
        const Answer answer = post("/v1/verify", json::object{{"liveness_session_id", session}, {"claim", claim}});
        EXPECT_TRUE(is_error(answer, 400, "Validation failed"));
        EXPECT_EQ(answer.at("/details/0/path"), json::array{"claim"}) << answer;
    }
    EXPECT_EQ(post("/v1/verify", json::object{{"liveness_session_id", session}}).status, 200U)
        << "nothing was consumed";
}

TEST_F(Verify, WhoIsNotActiveIsRefused) {
    const std::string user = enroll(client_, Person::kAda);
    const auto refused = {std::pair{domain::UserStatus::kSuspended, "USER_SUSPENDED"},
                          std::pair{domain::UserStatus::kLocked, "USER_LOCKED"}};
    for (const auto& [status, error] : refused) {
        set_status(user, status);
        EXPECT_TRUE(is_error(verify(Person::kAda), 403, error));
        EXPECT_TRUE(is_error(verify(Person::kAda, {{"claim", {{"user_id", user}}}}), 403, error));
        EXPECT_TRUE(is_error(post("/v1/match", json::object{{"image", base64(photo_of(Person::kAda))}}), 403, error));
    }
    EXPECT_EQ(rows_in("sessions", client_.scope), 0);
    set_status(user, domain::UserStatus::kActive);
    EXPECT_EQ(verify(Person::kAda).at("/matched"), true);
}

TEST_F(Verify, DeviceHeadersAreChecked) {
    const std::vector<std::pair<const char*, std::pair<std::string, std::string>>> cases = {
        {"too short", {"x-device-fingerprint", "abc"}},
        {"one digit short", {"x-device-fingerprint", std::string(63, 'a')}},
        {"one too many", {"x-device-fingerprint", std::string(65, 'a')}},
        {"no hexadecimal", {"x-device-fingerprint", std::string(64, 'g')}},
        {"id with a space", {"x-device-id", "my phone"}},
        {"id too long", {"x-device-id", std::string(129, 'a')}},
    };
    const std::string session = finished_liveness(client_.scope, Person::kAda);
    for (const auto& [name, header] : cases) {
        SCOPED_TRACE(name);
        const Answer answer = post(client_, "/v1/verify", json::object{{"liveness_session_id", session}}, {header});
        EXPECT_TRUE(is_error(answer, 400, "Validation failed"));
        EXPECT_EQ(answer.at("/details/0/path"), (json::array{"headers", header.first})) << answer;
    }
    EXPECT_EQ(post("/v1/verify", json::object{{"liveness_session_id", session}}).status, 200U)
        << "nothing was consumed";
}

TEST_F(Verify, TheDeviceComesFromItsOwnHeadersAlone) {
    enroll(client_, Person::kAda);
    const auto device = [&](std::vector<std::pair<std::string, std::string>> headers) {
        return verify(Person::kAda, {}, std::move(headers)).text_at("/device_id");
    };
    const std::string derived = device({{"x-device-fingerprint", kFingerprint}});
    EXPECT_TRUE(derived.starts_with("dev_"));
    EXPECT_EQ(device({{"x-device-fingerprint", kFingerprint}, {"user-agent", "Other/2"}}), derived);
    EXPECT_EQ(device({{"x-device-fingerprint", std::string(64, 'A')}}), derived) << "hexadecimal has no case";
    EXPECT_NE(device({{"x-device-fingerprint", std::string(64, 'b')}}), derived);
    EXPECT_EQ(device({{"x-device-id", "front-desk"}, {"x-device-fingerprint", kFingerprint}}), "front-desk");
    // Without either it is fresh: address and user agent make no device.
    EXPECT_NE(device({{"user-agent", "Same/1"}}), device({{"user-agent", "Same/1"}}));

    const Client stranger = new_client();
    EXPECT_NE(
        ApiTest::verify(stranger, Person::kAda, {}, {{"x-device-fingerprint", kFingerprint}}).text_at("/device_id"),
        derived)
        << "tenants cannot compare their devices";
}

TEST_F(Verify, ADeviceIsNewOnce) {
    enroll(client_, Person::kAda);
    const auto factors = [&] {
        return verify(Person::kAda, {}, {{"x-device-fingerprint", kFingerprint}}).at("/risk/factors");
    };
    EXPECT_EQ(factors(), json::array{"new_device"});
    EXPECT_EQ(factors(), json::array());
    const Answer second = verify(Person::kAda, {}, {{"x-device-fingerprint", kFingerprint}});
    EXPECT_EQ(second.number_at("/risk/score"), 0);
    EXPECT_EQ(second.text_at("/risk/level"), "low");
    clock().advance(std::chrono::hours(24) * 91);
    EXPECT_EQ(factors(), json::array{"new_device"});
}

TEST_F(Verify, AWeakMatchOnANewDeviceNeedsAStepUp) {
    const std::string user = enroll(client_, Person::kAda);
    const vision::FaceVector weak = resembling(Person::kAda, 9e-5);
    const Answer answer = verify_face(weak, 90, {{"claim", {{"user_id", user}}}});
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.at("/matched"), true) << answer;
    EXPECT_EQ(answer.at("/risk/step_up_required"), true) << answer;
    EXPECT_EQ(answer.text_at("/risk/level"), "high");
    EXPECT_EQ(answer.text_at("/risk/step_up_type"), "liveness");
    EXPECT_FALSE(answer.text_at("/verification_token").empty());
    EXPECT_TRUE(answer.at("/refresh_token").is_null());
    EXPECT_NEAR(answer.number_at("/confidence"), 95, 0.5) << "FMR 1e-4 is 95";
}

TEST_F(Verify, ASearchAsksForAClaimWhereTwoPeopleAreClose) {
    const std::string ada = enroll(client_, Person::kAda);
    enroll(client_, Person::kBen);
    // As much like the one as like the other.
    const vision::FaceVector& a = vector_of(services().engines.current(), Person::kAda);
    const vision::FaceVector& b = vector_of(services().engines.current(), Person::kBen);
    vision::FaceVector both = a;
    for (std::size_t k = 0; k < both.size(); ++k) both[k] += b[k];
    ASSERT_LT(false_match_rate(score(both, a)), 1e-4);
    const Answer answer = verify_face(both, 99);
    EXPECT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.at("/matched"), false) << answer;
    EXPECT_EQ(answer.at("/claim_required"), true) << answer;
    EXPECT_TRUE(answer.at("/user").is_null());
    EXPECT_EQ(verify_face(both, 99, {{"claim", {{"user_id", ada}}}}).text_at("/user/id"), ada);
}

TEST_F(Verify, JustOverTheAcceptedRateIsNoMatch) {
    const std::string user = enroll(client_, Person::kAda);
    const json::object claim{{"claim", {{"user_id", user}}}};
    EXPECT_EQ(verify_face(resembling(Person::kAda, 0.8e-4), 99, claim).at("/matched"), true);
    const Answer refused = verify_face(resembling(Person::kAda, 1.3e-4), 99, claim);
    expect_mismatch(refused);
    EXPECT_EQ(refused.number_at("/confidence"), 0) << "a refused claim answers like an unknown one";
}

TEST_F(Verify, ASearchThatFindsNobodyShowsAFlooredConfidence) {
    enroll(client_, Person::kAda);
    const Answer refused = verify_face(resembling(Person::kAda, 1.3e-3), 99);
    EXPECT_EQ(refused.at("/matched"), false) << refused;
    EXPECT_EQ(refused.number_at("/confidence"), 80) << "89.x, floored";
}

}  // namespace
}  // namespace facegate::testing
