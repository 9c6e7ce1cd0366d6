#include <gtest/gtest.h>

#include <algorithm>

#include "api/api_fixture.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

/// A page that carries a publishable key, of a tenant that lets people enroll themselves as `member`.
class PublishableEnroll : public ApiTest {
protected:
    PublishableEnroll() { change({.default_role = "member", .publishable_enroll = true}); }

    void change(const domain::TenantChange& change) const {
        ASSERT_TRUE(application().database().write_system(
            [&](sql::SystemTx& tx) { return domain::change_tenant(tx, client_.scope.tenant, change); }));
    }
    /// What the page sends: no role.
    json::object self_enrollment(Person person) const {
        return {{"name", "Ada"},
                {"consent_id", consent(web_)},
                {"liveness_session_id", finished_liveness(client_.scope, person)}};
    }
    Answer send(const json::object& body, std::vector<std::pair<std::string, std::string>> headers = {}) const {
        return post(web_, "/v1/enroll", body, std::move(headers));
    }
    static json::object with(json::object body, const json::object& more) {
        for (const auto& member : more) body[member.key()] = member.value();
        return body;
    }
    /// What the issues of a validation error are about.
    static std::vector<std::string> wrong_members(const Answer& answer) {
        std::vector<std::string> members;
        const json::array issues = answer.at("/details").as_array();
        for (const json::value& issue : issues) {
            members.emplace_back(issue.at("path").at(0).as_string());
        }
        return members;
    }

    Client web_ = key_for(client_.scope.tenant, Environment::kTest, {}, domain::KeyKind::kPublishable);
};

TEST_F(PublishableEnroll, IsOffUntilTheTenantAllowsItAndOffAgainAtOnce) {
    const TenantId fresh = new_client().scope.tenant;
    const Client page = key_for(fresh, Environment::kTest, {}, domain::KeyKind::kPublishable);
    EXPECT_TRUE(is_error(post(page, "/v1/enroll", json::object{}), 403, "SECRET_KEY_REQUIRED"));
    const json::object body = self_enrollment(Person::kAda);
    for (int i = 0; i < 3; ++i) {
        change({.publishable_enroll = false});
        EXPECT_TRUE(is_error(send(body), 403, "SECRET_KEY_REQUIRED"));
        EXPECT_TRUE(is_error(send({}), 403, "SECRET_KEY_REQUIRED")) << "whatever is sent";
        change({.publishable_enroll = true});
        EXPECT_TRUE(is_error(send({}), 400, "Validation failed"));
    }
    EXPECT_EQ(send(body).status, 201U) << "nothing was consumed by what was refused";
}

TEST_F(PublishableEnroll, GivesTheTenantsRoleAndNothingElse) {
    const Answer enrolled =
        send(with(self_enrollment(Person::kAda), {{"email", "ada@example.com"}, {"phone", "+1 555"}}));
    ASSERT_EQ(enrolled.status, 201U) << enrolled;
    EXPECT_EQ(enrolled.members(), (std::vector<std::string>{"user_id", "enrollments"}));
    const Answer profile = get("/v1/users/" + enrolled.text_at("/user_id"));
    EXPECT_EQ(profile.text_at("/role"), "member");
    EXPECT_EQ(profile.text_at("/email"), "ada@example.com");
    EXPECT_EQ(profile.text_at("/phone"), "+1 555");
    EXPECT_TRUE(profile.at("/external_id").is_null());
    EXPECT_EQ(profile.at("/metadata"), json::object{});
    EXPECT_EQ(verify(web_, Person::kAda).text_at("/user/role"), "member");
    EXPECT_EQ(send(with(self_enrollment(Person::kBen), {{"role", "member"}})).status, 201U)
        << "the role it gets anyway";
    EXPECT_EQ(send(with(self_enrollment(Person::kCleo), {{"is_admin", true}})).status, 201U)
        << "unknown members are ignored";
}

TEST_F(PublishableEnroll, EveryOtherFieldNeedsASecretKeyAndConsumesNothing) {
    const json::string photo(base64(photo_of(Person::kBen)));
    const std::vector<json::object> wanted = {
        {{"role", "admin"}},
        {{"role", "Member"}},
        {{"role", "member "}},
        {{"external_id", "staff-1"}},
        {{"metadata", json::object{}}},
        {{"metadata", {{"admin", true}}}},
        {{"face_image", photo}},
        {{"face_image", "no image"}},
        {{"face_images", json::array{photo}}},
        {{"allow_duplicate", true}},
        {{"allow_duplicate", false}},
        {{"enrolled_with_glasses", true}},
        {{"enrolled_with_glasses", false}},
    };
    const json::object body = self_enrollment(Person::kAda);
    for (const json::object& more : wanted) {
        const Answer answer = send(with(body, more));
        EXPECT_TRUE(is_error(answer, 403, "SECRET_KEY_REQUIRED")) << json::serialize(more).substr(0, 80);
    }
    for (const char* face : {"face_image", "face_images"}) {
        json::object by_photo = body;
        by_photo.erase("liveness_session_id");
        by_photo[face] = std::string_view(face) == "face_image" ? json::value(photo) : json::value(json::array{photo});
        EXPECT_TRUE(is_error(send(by_photo), 403, "SECRET_KEY_REQUIRED")) << face;
    }
    EXPECT_EQ(rows_in("users", client_.scope), 0);
    EXPECT_EQ(send(body).status, 201U) << "session and consent were left alone";
}

TEST_F(PublishableEnroll, NullsAndWrongTypesAreValidationErrorsAsForEverybody) {
    const json::object body = self_enrollment(Person::kAda);
    for (const char* member : {"role", "external_id", "metadata", "face_image", "face_images", "allow_duplicate",
                               "enrolled_with_glasses", "email", "phone"}) {
        for (const json::value& value : {json::value(nullptr), json::value(1)}) {
            const Answer answer = send(with(body, {{member, value}}));
            EXPECT_TRUE(is_error(answer, 400, "Validation failed")) << member;
            EXPECT_EQ(wrong_members(answer), std::vector<std::string>{member});
        }
    }
    EXPECT_EQ(wrong_members(send(with(body, {{"role", ""}}))), std::vector<std::string>{"role"})
        << "an empty role is none that was left out";
    // All issues at once, whatever else would be refused.
    EXPECT_EQ(wrong_members(send({{"role", "admin"}, {"external_id", ""}})),
              (std::vector<std::string>{"name", "consent_id", "external_id", "liveness_session_id"}));
    EXPECT_EQ(wrong_members(send({})), (std::vector<std::string>{"name", "consent_id", "liveness_session_id"}));
    EXPECT_EQ(wrong_members(post("/v1/enroll", json::object{})),
              (std::vector<std::string>{"name", "role", "consent_id", "liveness_session_id"}))
        << "a secret key chooses the role";
    json::object unsaid = body;
    unsaid.erase("consent_id");
    EXPECT_TRUE(is_error(send(unsaid), 400, "CONSENT_REQUIRED"));
    EXPECT_EQ(send(body).status, 201U);
}

TEST_F(PublishableEnroll, AMemberSentTwiceIsHeldToWhatIsUsed) {
    const json::object body = self_enrollment(Person::kAda);
    const std::string inner = json::serialize(body).substr(1);
    for (const char* roles : {R"({"role":"member","role":"admin",)", R"({"role":"admin","role":"member",)"}) {
        const Answer answer = call({"POST", "/v1/enroll", web_.key, roles + inner});
        if (answer.status == 201) {
            EXPECT_EQ(get("/v1/users/" + answer.text_at("/user_id")).text_at("/role"), "member");
        } else {
            EXPECT_TRUE(answer.status == 400 || answer.status == 403) << answer;
        }
    }
    const json::array users = get("/v1/users").at("/users").as_array();
    for (const json::value& user : users) EXPECT_EQ(user.at("role"), "member");
}

TEST_F(PublishableEnroll, IdempotencyKeysOpenNothing) {
    const std::vector<std::pair<std::string, std::string>> once{{"idempotency-key", "k-1"}};
    const json::object body = self_enrollment(Person::kAda);
    const Answer first = send(body, once);
    ASSERT_EQ(first.status, 201U) << first;
    EXPECT_EQ(send(body, once).text, first.text);
    EXPECT_TRUE(is_error(send(with(body, {{"role", "admin"}}), once), 422, "IDEMPOTENCY_KEY_REUSED"));
    EXPECT_NE(post(client_, "/v1/enroll", body, once).text, first.text) << "another key's answers are its own";
    change({.publishable_enroll = false});
    EXPECT_TRUE(is_error(send(body, once), 403, "SECRET_KEY_REQUIRED")) << "also what was answered before";
    change({.publishable_enroll = true});
    EXPECT_EQ(send(body, once).text, first.text);
    EXPECT_EQ(rows_in("users", client_.scope), 1);
    // A change of the default role in between does not make the first answer another one.
    change({.default_role = "guest"});
    EXPECT_EQ(send(body, once).text, first.text);
    EXPECT_EQ(get("/v1/users/" + first.text_at("/user_id")).text_at("/role"), "member");
    EXPECT_TRUE(is_error(send(with(self_enrollment(Person::kBen), {{"role", "member"}})), 403, "SECRET_KEY_REQUIRED"));
}

TEST_F(PublishableEnroll, WhatIsAnotherTenantsOrEnvironmentsDoesNotExist) {
    const Client live = key_for(client_.scope.tenant, Environment::kLive, {}, domain::KeyKind::kPublishable);
    const Client stranger = new_client();
    for (const Client& other : {live, stranger}) {
        json::object body = self_enrollment(Person::kAda);
        body["liveness_session_id"] = finished_liveness(other.scope, Person::kAda);
        EXPECT_TRUE(is_error(send(body), 404, "NOT_FOUND"));
        body = self_enrollment(Person::kAda);
        body["consent_id"] = consent(other);
        EXPECT_TRUE(is_error(send(body), 400, "CONSENT_INVALID"));
    }
    EXPECT_EQ(rows_in("users", client_.scope), 0);
}

TEST_F(PublishableEnroll, AFaceThatIsEnrolledStaysWhoseItIs) {
    const std::string user = enroll(client_, Person::kAda, {{"role", "admin"}});
    const Answer taken = send(self_enrollment(Person::kAda));
    EXPECT_TRUE(is_error(taken, 409, "USER_ALREADY_ENROLLED"));
    EXPECT_EQ(taken.text.find(user), std::string::npos);
    const vision::FaceVector& ben = vector_of(services().engines.current(), Person::kBen);
    json::object not_live = self_enrollment(Person::kBen);
    not_live["liveness_session_id"] = finished_liveness(client_.scope, ben, false, 87);
    const Answer refused = send(not_live);
    EXPECT_TRUE(is_error(refused, 403, "LIVENESS_FAILED"));
    EXPECT_NE(refused.number_at("/details/confidence"), 87) << "scores help who tries";
    EXPECT_EQ(rows_in("users", client_.scope), 1);
}

TEST_F(PublishableEnroll, OpensNoOtherRoute) {
    std::size_t refused = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (route.info.auth != api::Auth::kSecretKey || route.info.path == "/v1/enroll") continue;
        const Answer answer = call({route.info.method, route.info.path, web_.key});
        EXPECT_TRUE(is_error(answer, 403, "SECRET_KEY_REQUIRED")) << route.info.method << ' ' << route.info.path;
        ++refused;
    }
    EXPECT_GE(refused, 6U);
    const std::string user = enroll(client_, Person::kAda);
    EXPECT_TRUE(is_error(post(web_, "/v1/users/" + user + "/re-enroll",
                              {{"liveness_session_id", finished_liveness(client_.scope, Person::kAda)}}),
                         403, "SECRET_KEY_REQUIRED"));
}

}  // namespace
}  // namespace facegate::testing
