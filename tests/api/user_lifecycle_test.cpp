#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "domain/re_enrollment/re_enrollment_token.h"

namespace facegate::testing {
namespace {

class UserLifecycle : public ApiTest {
protected:
    Answer patch(const std::string& path, const json::value& body) const {
        return call({"PATCH", path, client_.key, json::serialize(body)});
    }
    Answer re_enroll(const std::string& user, const json::value& body) const {
        return post("/v1/users/" + user + "/re-enroll", body);
    }
    json::object session_of(Person person) const {
        return {{"liveness_session_id", finished_liveness(client_.scope, person)}};
    }
    static void expect_cursor_refused(const Answer& answer) {
        EXPECT_TRUE(is_error(answer, 400, "Validation failed"));
        EXPECT_EQ(answer.at("/details/0/path"), json::array{"cursor"});
    }
};

TEST_F(UserLifecycle, ListsComeInPages) {
    const std::string ada = enroll(client_, Person::kAda, {{"email", "ada@example.com"}, {"external_id", "emp-1"}});
    clock().advance(Milliseconds(1));
    const std::string ben = enroll(client_, Person::kBen, {{"name", "Ben"}});
    EXPECT_EQ(get("/v1/users").members(), std::vector<std::string>{"users"});
    const Answer first = get("/v1/users?limit=1");
    EXPECT_EQ(first.members(), (std::vector<std::string>{"users", "next_cursor"}));
    EXPECT_EQ(first.text_at("/users/0/id"), ada);
    const std::string cursor = first.text_at("/next_cursor");
    const Answer second = get("/v1/users?limit=1&cursor=" + cursor);
    EXPECT_EQ(second.text_at("/users/0/id"), ben);
    EXPECT_EQ(second.members(), std::vector<std::string>{"users"});
    EXPECT_EQ(get("/v1/users?q=EXAMPLE").at("/users").as_array().size(), 1U);
    EXPECT_EQ(get("/v1/users?external_id=emp-1").text_at("/users/0/id"), ada);
    EXPECT_EQ(get("/v1/users?status=locked").at("/users"), json::array());

    expect_cursor_refused(get("/v1/users?cursor=" + cursor.substr(1)));
    expect_cursor_refused(get(new_client(), "/v1/users?cursor=" + cursor));
    expect_cursor_refused(get("/v1/users/" + ada + "/sessions?cursor=" + cursor));
    for (const char* bad : {"limit=0", "limit=201", "limit=x", "status=gone", "q=", "possible_duplicate=1"}) {
        EXPECT_TRUE(is_error(get(std::string("/v1/users?") + bad), 400, "Validation failed")) << bad;
    }
}

TEST_F(UserLifecycle, TheStatusDecidesAboutSignIns) {
    const std::string ada = enroll(client_, Person::kAda);
    ASSERT_EQ(verify(client_, Person::kAda).at("/matched"), true);
    EXPECT_EQ(get("/v1/users/" + ada + "/sessions").at("/sessions").as_array().size(), 1U);
    EXPECT_EQ(patch("/v1/users/" + ada + "/status", {{"status", "suspended"}}).body,
              (json::object{{"user_id", ada}, {"status", "suspended"}}));
    EXPECT_EQ(get("/v1/users/" + ada + "/sessions").at("/sessions"), json::array());
    EXPECT_EQ(get("/v1/users/" + ada + "/sessions?include=ended").text_at("/sessions/0/status"), "revoked");
    EXPECT_TRUE(is_error(verify(client_, Person::kAda), 403, "USER_SUSPENDED"));
    EXPECT_EQ(patch("/v1/users/" + ada + "/status", {{"status", "active"}}).status, 200U);
    EXPECT_EQ(verify(client_, Person::kAda).at("/matched"), true);
    EXPECT_EQ(post("/v1/users/" + ada + "/sessions/revoke", json::object{}).body, (json::object{{"revoked", 1}}));
    EXPECT_EQ(post("/v1/users/" + ada + "/sessions/revoke", json::object{}).body, (json::object{{"revoked", 0}}));
    EXPECT_TRUE(is_error(patch("/v1/users/" + ada + "/status", {{"status", "gone"}}), 400, "Validation failed"));
    EXPECT_TRUE(is_error(patch("/v1/users/user_x/status", {{"status", "active"}}), 404, "NOT_FOUND"));
}

TEST_F(UserLifecycle, ReEnrollingReplacesTheFaces) {
    const std::string frida = enroll(client_, Person::kFridaThen);
    const std::string before = get("/v1/users/" + frida).text_at("/enrollments/0/faceId");
    const Answer same = re_enroll(frida, session_of(Person::kFridaThen));
    ASSERT_EQ(same.status, 200U) << same;
    EXPECT_EQ(same.members(), (std::vector<std::string>{"user_id", "enrollments", "identity_changed"}));
    EXPECT_EQ(same.at("/identity_changed"), false);
    const Answer profile = get("/v1/users/" + frida);
    ASSERT_EQ(profile.at("/enrollments").as_array().size(), 1U);
    EXPECT_NE(profile.text_at("/enrollments/0/faceId"), before);

    ASSERT_EQ(verify(client_, Person::kFridaThen).at("/matched"), true);
    const Answer other = re_enroll(frida, session_of(Person::kAda));
    EXPECT_EQ(other.at("/identity_changed"), true) << other;
    EXPECT_EQ(get("/v1/users/" + frida + "/sessions").at("/sessions"), json::array());
    EXPECT_EQ(verify(client_, Person::kAda).text_at("/user/id"), frida);
    EXPECT_EQ(verify(client_, Person::kFridaThen).at("/matched"), false) << "the former face is gone from the index";

    const std::string ben = enroll(client_, Person::kBen);
    EXPECT_TRUE(is_error(re_enroll(ben, session_of(Person::kAda)), 409, "USER_ALREADY_ENROLLED"));
    EXPECT_EQ(verify(client_, Person::kBen).text_at("/user/id"), ben) << "nothing was replaced";
    EXPECT_TRUE(is_error(re_enroll("user_x", session_of(Person::kCleo)), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(re_enroll(ben, json::object{}), 400, "Validation failed"));
}

TEST_F(UserLifecycle, AReEnrollmentTokenIsForItsUserOnce) {
    const std::string ada = enroll(client_, Person::kAda);
    const std::string ben = enroll(client_, Person::kBen);
    const std::string token = application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        return domain::create_re_enrollment_token(tx, random(), UserId(ada), clock().now());
    });
    json::object body = session_of(Person::kBen);
    body["re_enrollment_token"] = token;
    EXPECT_TRUE(is_error(re_enroll(ben, body), 400, "RE_ENROLLMENT_TOKEN_INVALID"));
    body = session_of(Person::kAda);
    body["re_enrollment_token"] = token;
    EXPECT_EQ(re_enroll(ada, body).status, 200U);
    body = session_of(Person::kAda);
    body["re_enrollment_token"] = token;
    EXPECT_TRUE(is_error(re_enroll(ada, body), 400, "RE_ENROLLMENT_TOKEN_INVALID"));
}

TEST_F(UserLifecycle, ADuplicateMayBeAllowedAndIsListed) {
    const std::string ada = enroll(client_, Person::kAda);
    const std::string twin = enroll(client_, Person::kAda, {{"allow_duplicate", true}});
    const Answer list = get("/v1/users?possible_duplicate=true");
    ASSERT_EQ(list.at("/users").as_array().size(), 1U) << list;
    EXPECT_EQ(list.text_at("/users/0/id"), twin);
    EXPECT_EQ(get("/v1/users/" + twin).at("/possible_duplicate"), true);
    ASSERT_EQ(erase("/v1/users/" + ada).status, 200U);
    EXPECT_EQ(get("/v1/users?possible_duplicate=true").at("/users"), json::array());
}

TEST_F(UserLifecycle, RevokingAConsentDeletesItsUser) {
    json::object body = enrollment(client_, Person::kAda);
    const std::string id(body["consent_id"].as_string());
    const std::string user = post("/v1/enroll", body).text_at("/user_id");
    EXPECT_EQ(get("/v1/consent/" + id).text_at("/user_id"), user);
    const Answer revoked = erase("/v1/consent/" + id);
    EXPECT_EQ(revoked.body,
              (json::object{{"revoked", true}, {"revoked_at", to_iso8601(clock().now())}, {"user_deleted", true}}));
    EXPECT_TRUE(is_error(get("/v1/users/" + user), 404, "NOT_FOUND"));
    EXPECT_EQ(verify(client_, Person::kAda).at("/matched"), false);
    EXPECT_TRUE(get("/v1/consent/" + id).at("/ip").is_null());
    clock().advance(std::chrono::hours(1));
    EXPECT_EQ(erase("/v1/consent/" + id).body, revoked.body);
    EXPECT_TRUE(is_error(erase("/v1/consent/" + random().uuid()), 404, "NOT_FOUND"));
}

TEST_F(UserLifecycle, AnExportHoldsEverythingButTemplates) {
    const std::string ada = enroll(client_, Person::kAda, {{"email", "ada@example.com"}});
    ASSERT_EQ(verify(client_, Person::kAda, {}, {{"x-device-id", "phone-1"}}).at("/matched"), true);
    const Answer answer = get("/v1/users/" + ada + "/export");
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(),
              (std::vector<std::string>{"exported_at", "profile", "consents", "devices", "sessions", "audit"}));
    EXPECT_EQ(answer.text_at("/profile/email"), "ada@example.com");
    EXPECT_EQ(answer.text_at("/consents/0/consent_version"), "v1");
    EXPECT_EQ(answer.text_at("/devices/0/device_id"), "phone-1");
    EXPECT_EQ(answer.text_at("/sessions/0/status"), "active");
    EXPECT_EQ(answer.text_at("/audit/0/action"), "user.enrolled");
    EXPECT_EQ(answer.text.find("\"score\""), std::string::npos);
    const json::array records = get("/v1/users/" + ada + "/export").at("/audit").as_array();
    EXPECT_EQ(records.back().at("action"), "user.exported") << "the first export was recorded";
}

}  // namespace
}  // namespace facegate::testing
