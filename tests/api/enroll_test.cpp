#include <gtest/gtest.h>

#include <algorithm>

#include "api/api_fixture.h"
#include "crypto/secret.h"

namespace facegate::testing {
namespace {

constexpr const char* kTablesOfAUser[] = {"users", "user_profiles", "user_keys", "faces", "face_events"};

class Enroll : public ApiTest {
protected:
    Answer enroll_body(const json::object& body) const { return post("/v1/enroll", body); }
    std::int64_t rows_of_users() const {
        std::int64_t rows = 0;
        for (const char* table : kTablesOfAUser) rows += rows_in(table, client_.scope);
        return rows;
    }
};

TEST_F(Enroll, ErrorsComeInTheirOrder) {
    enroll(client_, Person::kAda, {{"external_id", "taken"}});
    // Everything is wrong; one thing after the other is put right.
    json::object body{{"role", "guard"},
                      {"consent_id", random().uuid()},
                      {"external_id", "taken"},
                      {"liveness_session_id", random().uuid()}};
    EXPECT_TRUE(is_error(enroll_body(body), 400, "Validation failed"));
    body["name"] = "Ben";
    EXPECT_TRUE(is_error(enroll_body(body), 400, "CONSENT_INVALID"));
    body["liveness_session_id"] = "of no form";
    EXPECT_TRUE(is_error(enroll_body(body), 400, "CONSENT_INVALID")) << "the session comes after the consent";
    body["consent_id"] = consent(client_);
    EXPECT_TRUE(is_error(enroll_body(body), 409, "USER_ALREADY_ENROLLED"));
    body["external_id"] = "free";
    EXPECT_TRUE(is_error(enroll_body(body), 404, "NOT_FOUND"));
    body["liveness_session_id"] = created_liveness(client_.scope);
    EXPECT_TRUE(is_error(enroll_body(body), 400, "LIVENESS_SESSION_NOT_READY"));
    body["liveness_session_id"] = finished_liveness(client_.scope, Person::kAda);
    EXPECT_TRUE(is_error(enroll_body(body), 409, "USER_ALREADY_ENROLLED"));
    body["liveness_session_id"] = finished_liveness(client_.scope, Person::kBen);
    const Answer enrolled = enroll_body(body);
    EXPECT_EQ(enrolled.status, 201U) << enrolled;
    EXPECT_EQ(get("/v1/users").at("/users").as_array().size(), 2U);
}

TEST_F(Enroll, AConsentIsForOnePerson) {
    json::object body = enrollment(client_, Person::kAda);
    const json::value used = body["consent_id"];
    const Answer first = enroll_body(body);
    ASSERT_EQ(first.status, 201U) << first;
    body = enrollment(client_, Person::kBen);
    const json::value session = body["liveness_session_id"];
    body["consent_id"] = used;
    EXPECT_TRUE(is_error(enroll_body(body), 400, "CONSENT_INVALID"));
    // Not even after that person is gone.
    EXPECT_EQ(erase("/v1/users/" + first.text_at("/user_id")).status, 200U);
    EXPECT_TRUE(is_error(enroll_body(body), 400, "CONSENT_INVALID"));
    // The session was not consumed by any of it.
    body["consent_id"] = consent(client_);
    EXPECT_EQ(enroll_body(body).status, 201U);
}

TEST_F(Enroll, AFaceIsEnrolledOnce) {
    const Answer first = enroll_body(photo_enrollment(client_, photo_of(Person::kAda)));
    ASSERT_EQ(first.status, 201U) << first;
    json::object body = photo_enrollment(client_, photo_of(Person::kAda));
    body["name"] = "Somebody Else";
    const Answer second = enroll_body(body);
    EXPECT_TRUE(is_error(second, 409, "USER_ALREADY_ENROLLED"));
    EXPECT_EQ(second.text.find(first.text_at("/user_id")), std::string::npos) << "whose face it is stays unsaid";
    EXPECT_EQ(second.text.find("Ada Guard"), std::string::npos);
    EXPECT_TRUE(is_error(enroll_body(enrollment(client_, Person::kAda)), 409, "USER_ALREADY_ENROLLED"));
    EXPECT_EQ(rows_in("users", client_.scope), 1);
    // Other people are welcome.
    for (const Person person : {Person::kBen, Person::kCleo, Person::kDan, Person::kEve}) enroll(client_, person);
    EXPECT_EQ(rows_in("users", client_.scope), 5);
}

TEST_F(Enroll, AnotherPhotoOfTheSamePersonIsTheSameFace) {
    enroll(client_, Person::kFridaThen);
    const Answer answer = enroll_body(enrollment(client_, Person::kFridaNow));
    EXPECT_TRUE(is_error(answer, 409, "USER_ALREADY_ENROLLED"));
}

TEST_F(Enroll, AnExternalIdIsTakenOnce) {
    const std::string user = enroll(client_, Person::kAda, {{"external_id", "staff-1"}});
    json::object body = enrollment(client_, Person::kBen);
    body["external_id"] = "staff-1";
    const Answer refused = enroll_body(body);
    EXPECT_TRUE(is_error(refused, 409, "USER_ALREADY_ENROLLED"));
    EXPECT_EQ(refused.text.find(user), std::string::npos);
    body["external_id"] = "Staff-1";
    EXPECT_EQ(enroll_body(body).status, 201U);
    EXPECT_EQ(erase("/v1/users/" + user).status, 200U);
    enroll(client_, Person::kCleo, {{"external_id", "staff-1"}});
}

TEST_F(Enroll, AFailureLeavesNothing) {
    const vision::FaceVector& ada = vector_of(services().engines.current(), Person::kAda);
    json::object not_live = enrollment(client_, Person::kAda);
    not_live["liveness_session_id"] = finished_liveness(client_.scope, ada, false, 20);
    json::object no_photo = photo_enrollment(client_, {1, 2, 3});
    json::object no_consent = enrollment(client_, Person::kAda);
    no_consent["consent_id"] = random().uuid();
    json::object no_face = photo_enrollment(client_, {});
    no_face["face_image"] = base64(group_photo());
    for (const json::object& body : {not_live, no_photo, no_consent, no_face}) {
        EXPECT_GE(enroll_body(body).status, 400U);
        EXPECT_EQ(rows_of_users(), 0);
    }
    enroll(client_, Person::kAda, {{"external_id", "taken"}});
    const std::int64_t rows = rows_of_users();
    EXPECT_EQ(rows, 5);
    json::object duplicate = enrollment(client_, Person::kAda);
    const std::string unused(duplicate["consent_id"].as_string());
    EXPECT_EQ(enroll_body(duplicate).status, 409U);
    EXPECT_EQ(rows_of_users(), rows);
    // The consent is still good for the right person.
    json::object body = enrollment(client_, Person::kBen);
    body["consent_id"] = unused;
    EXPECT_EQ(enroll_body(body).status, 201U);
}

TEST_F(Enroll, LivenessWinsOverThePhoto) {
    json::object body = enrollment(client_, Person::kAda);
    body["face_image"] = base64(photo_of(Person::kBen));
    const Answer answer = enroll_body(body);
    ASSERT_EQ(answer.status, 201U) << answer;
    EXPECT_EQ(verify(client_, Person::kAda).text_at("/user/id"), answer.text_at("/user_id"));
    EXPECT_EQ(verify(client_, Person::kBen).at("/matched"), false);
    // The photo is not even looked at.
    body = enrollment(client_, Person::kCleo);
    body["face_image"] = "no image";
    EXPECT_EQ(enroll_body(body).status, 201U);
}

TEST_F(Enroll, WhoEnrolledByLivenessIsRecognisedLater) {
    const Answer answer = enroll_body(enrollment(client_, Person::kFridaThen));
    ASSERT_EQ(answer.status, 201U) << answer;
    EXPECT_EQ(answer.number_at("/enrollments/0/confidence"), 98.7);
    clock().advance(std::chrono::hours(24) * 30);
    const Answer signed_in = verify(client_, Person::kFridaNow);
    EXPECT_EQ(signed_in.text_at("/user/id"), answer.text_at("/user_id")) << signed_in;
    EXPECT_EQ(post("/v1/match", json::object{{"image", base64(photo_of(Person::kFridaNow))}}).text_at("/user/id"),
              answer.text_at("/user_id"));
}

TEST_F(Enroll, WhatWasSaidOfAPersonComesBackAsItWas) {
    const json::object metadata{{"whole", 9007199254740991},
                                {"negative", -3},
                                {"fraction", 99.4},
                                {"tiny", 1e-7},
                                {"text", "naïve \"quoted\" \\ \n tab\t 日本 \u2028"},
                                {"nested", {{"list", {1, 2.5, "x", nullptr, true}}, {"empty", json::object{}}}},
                                {"", "an empty name"}};
    const std::string name = "Zoë 👩🏽‍🚀 O'Neil <b>";
    const std::string user = enroll(
        client_, Person::kAda, {{"name", name}, {"metadata", metadata}, {"phone", "+1 555"}, {"external_id", "ü/1"}});
    const Answer profile = get("/v1/users/" + user);
    EXPECT_EQ(profile.at("/metadata"), metadata) << profile;
    EXPECT_NE(profile.text.find(R"("fraction":99.4)"), std::string::npos) << "as a person writes it";
    EXPECT_EQ(profile.text_at("/name"), name);
    EXPECT_EQ(profile.text_at("/phone"), "+1 555");
    EXPECT_EQ(profile.text_at("/external_id"), "ü/1");
    const Answer signed_in = verify(client_, Person::kAda, {{"claim", {{"external_id", "ü/1"}}}});
    EXPECT_EQ(signed_in.at("/user/metadata"), metadata);
    EXPECT_EQ(signed_in.text_at("/user/name"), name);
}

TEST_F(Enroll, ConsentsAreRecordedWithWhatTheContractSays) {
    const Answer versions = get("/v1/consent/versions");
    ASSERT_EQ(versions.status, 200U) << versions;
    EXPECT_EQ(versions.members("/versions/0"), (std::vector<std::string>{"version", "language", "text", "sha256"}));
    std::string hash = versions.text_at("/versions/0/sha256");
    EXPECT_EQ(versions.text_at("/versions/0/version"), "v1");
    EXPECT_EQ(to_hex(crypto::sha256(as_bytes(versions.text_at("/versions/0/text")))), hash);
    std::ranges::transform(hash, hash.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const Answer answer = call({"POST",
                                "/v1/consent",
                                client_.key,
                                json::serialize(json::object{{"consent_version", "v1"}, {"consent_text_hash", hash}}),
                                {{"user-agent", "Tests/1"}},
                                "application/json",
                                "192.0.2.7"});
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), (std::vector<std::string>{"consent_id", "consented_at"}));
    EXPECT_TRUE(is_uuid(answer.text_at("/consent_id")));
    EXPECT_EQ(answer.text_at("/consented_at"), to_iso8601(clock().now()));
    const Answer record = get("/v1/consent/" + answer.text_at("/consent_id"));
    EXPECT_EQ(record.text_at("/ip"), "192.0.2.7") << record;
    EXPECT_EQ(record.text_at("/user_agent"), "Tests/1");
    EXPECT_EQ(record.text_at("/consent_version"), "v1");
}

}  // namespace
}  // namespace facegate::testing
