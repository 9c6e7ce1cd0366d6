#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "domain/faces/face.h"
#include "domain/policies/match_policy.h"
#include "unit/media/image_encoders.h"

namespace facegate::testing {
namespace {

class Templates : public ApiTest {
protected:
    static json::array photos(std::initializer_list<Person> people) {
        json::array list;
        for (const Person person : people) list.emplace_back(base64(photo_of(person)));
        return list;
    }
    json::object body_with(json::array photos) const {
        return {
            {"name", "Ada"}, {"role", "guard"}, {"consent_id", consent(client_)}, {"face_images", std::move(photos)}};
    }
    /// The person with another camera: smaller and softer.
    static std::string other_photo_of(Person person) {
        return base64(media::testing::encode_jpeg(blurred(picture_of(person), 1)));
    }
    std::vector<domain::Face> faces_of(const std::string& user) const {
        return application().database().read(
            client_.scope, [&](sql::TenantTx& tx) { return domain::faces_of_user(tx, UserId(user)); });
    }
    Answer sign_in(const vision::FaceVector& face, double liveness = 98) const {
        const Answer answer =
            post("/v1/verify", {{"liveness_session_id", finished_liveness(client_.scope, face, true, liveness)}});
        EXPECT_EQ(answer.at("/matched"), true) << answer;
        return answer;
    }
    std::int64_t live_sessions() const {
        return application().database().read(client_.scope, [](sql::TenantTx& tx) {
            return tx
                .query("SELECT COUNT(*) FROM sessions WHERE tenant_id = $1 AND environment = $2 AND revoked_at IS NULL")
                .front()
                .integer(0);
        });
    }
    static const vision::FaceVector& ada() { return vector_of(services().engines.current(), Person::kAda); }
};

TEST_F(Templates, SeveralPhotosMakeOneTemplate) {
    json::array list = photos({Person::kAda});
    list.emplace_back(other_photo_of(Person::kAda));
    list.emplace_back("data:image/jpeg;base64," + base64(photo_of(Person::kAda)));
    const Answer enrolled = post("/v1/enroll", body_with(list));
    ASSERT_EQ(enrolled.status, 201U) << enrolled;
    ASSERT_EQ(enrolled.at("/enrollments").as_array().size(), 1U) << enrolled;
    EXPECT_EQ(enrolled.text_at("/enrollments/0/angle"), "front");
    const auto faces = faces_of(enrolled.text_at("/user_id"));
    ASSERT_EQ(faces.size(), 1U);
    EXPECT_EQ(faces.front().photos, 3);
    EXPECT_EQ(post("/v1/match", {{"image", other_photo_of(Person::kAda)}}).text_at("/user/id"),
              enrolled.text_at("/user_id"));
}

TEST_F(Templates, PhotosOfTwoPeopleAreRefused) {
    const Answer refused = post("/v1/enroll", body_with(photos({Person::kAda, Person::kBen})));
    EXPECT_TRUE(is_error(refused, 422, "PHOTOS_DIFFER"));
    EXPECT_EQ(refused.number_at("/details/photo"), 1);
    json::array mostly_ada = photos({Person::kAda});
    mostly_ada.emplace_back(other_photo_of(Person::kAda));
    mostly_ada.emplace_back(base64(photo_of(Person::kCleo)));
    mostly_ada.emplace_back(other_photo_of(Person::kAda));
    EXPECT_EQ(post("/v1/enroll", body_with(mostly_ada)).number_at("/details/photo"), 2);
    EXPECT_EQ(rows_in("users", client_.scope), 0);
}

TEST_F(Templates, OnePoorPhotoIsNamed) {
    json::array list = photos({Person::kAda});
    list.emplace_back(base64(media::testing::encode_jpeg(blurred(picture_of(Person::kAda), 12))));
    const Answer refused = post("/v1/enroll", body_with(list));
    EXPECT_EQ(refused.status, 422U) << refused;
    EXPECT_EQ(refused.number_at("/details/photo"), 1) << refused;
    list[1] = "AAAA";
    const Answer broken = post("/v1/enroll", body_with(list));
    EXPECT_TRUE(is_error(broken, 400, "INVALID_IMAGE_FORMAT"));
    EXPECT_EQ(broken.number_at("/details/photo"), 1) << broken;
}

TEST_F(Templates, PhotosAreCountedAndExclusive) {
    const json::array one = photos({Person::kAda});
    json::array six;
    for (int i = 0; i < 6; ++i) six.push_back(one.front());
    json::object both = body_with(one);
    both["face_image"] = one.front();
    for (const json::object& body : {body_with({}), body_with(six), both, body_with({json::value(7)})}) {
        EXPECT_TRUE(is_error(post("/v1/enroll", body), 400, "Validation failed"));
    }
}

TEST_F(Templates, ASureSignInTeachesTheTemplateOnceADay) {
    const std::string user = enroll(client_, Person::kAda);
    sign_in(ada());
    EXPECT_EQ(faces_of(user).size(), 1U) << "not on the day of the enrollment";
    clock().advance(std::chrono::hours(24));
    sign_in(ada());
    auto faces = faces_of(user);
    ASSERT_EQ(faces.size(), 2U);
    EXPECT_EQ(faces[1].source, domain::FaceSource::kLearned);
    EXPECT_EQ(faces[1].based_on, faces[0].id);
    EXPECT_EQ(faces[1].photos, 2);
    EXPECT_EQ(services().gallery.faces(client_.scope), 1U) << "the learned one stands in for the enrolled one";
    const FaceId first_learned = faces[1].id;
    clock().advance(std::chrono::hours(24) - Milliseconds(1));
    sign_in(ada());
    EXPECT_EQ(faces_of(user).at(1).id, first_learned);
    clock().advance(Milliseconds(1));
    sign_in(ada());
    faces = faces_of(user);
    ASSERT_EQ(faces.size(), 2U) << "it is replaced, not piled up";
    EXPECT_NE(faces[1].id, first_learned);
    EXPECT_EQ(faces[1].photos, 3);
    EXPECT_EQ(faces[1].based_on, faces[0].id);
    for (int day = 0; day < 6; ++day) {
        clock().advance(std::chrono::hours(25));
        sign_in(ada());
    }
    EXPECT_EQ(faces_of(user).at(1).photos, 5) << "no more than the calibration knows";
}

TEST_F(Templates, OnlyASureSignInTeaches) {
    const std::string user = enroll(client_, Person::kAda);
    clock().advance(std::chrono::hours(24));
    sign_in(ada(), 94.9);
    EXPECT_EQ(faces_of(user).size(), 1U);
    sign_in(resembling(Person::kAda, 2e-6));
    EXPECT_EQ(faces_of(user).size(), 1U);
    sign_in(resembling(Person::kAda, 0.9e-6), 95);
    EXPECT_EQ(faces_of(user).size(), 2U);
}

TEST_F(Templates, ASearchAmongManyTeachesNothingThatAClaimWould) {
    const std::string user = enroll(client_, Person::kAda);
    for (const Person person : {Person::kBen, Person::kCleo, Person::kDan, Person::kEve}) enroll(client_, person);
    clock().advance(std::chrono::hours(24));
    const vision::FaceVector face = resembling(Person::kAda, 5e-7);
    EXPECT_EQ(sign_in(face).text_at("/user/id"), user);
    EXPECT_EQ(faces_of(user).size(), 1U) << "5e-7 times 5 people";
    const Answer claimed = post("/v1/verify", {{"liveness_session_id", finished_liveness(client_.scope, face)},
                                               {"claim", {{"user_id", user}}}});
    EXPECT_EQ(claimed.at("/matched"), true) << claimed;
    EXPECT_EQ(faces_of(user).size(), 2U);
}

TEST_F(Templates, LearningCanBeSwitchedOff) {
    ASSERT_TRUE(application().database().write(client_.scope, [](sql::TenantTx& tx) {
        return domain::change_match_policy(tx, {.learn_templates = false}, clock().now());
    }));
    const std::string user = enroll(client_, Person::kAda);
    clock().advance(std::chrono::hours(24));
    sign_in(ada());
    EXPECT_EQ(faces_of(user).size(), 1U);
}

TEST_F(Templates, ATemplateDoesNotDriftAwayFromWhoWasEnrolled) {
    const std::string user = enroll(client_, Person::kAda);
    // A learned template that has become somebody else's, however that came about.
    const vision::FaceVector& ben = vector_of(services().engines.current(), Person::kBen);
    application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        domain::Face drifted = domain::faces_of_user(tx, UserId(user)).front();
        drifted.based_on = drifted.id;
        drifted.source = domain::FaceSource::kLearned;
        drifted = domain::add_face(tx, application().vault(), random(), drifted, ben, clock().now() + Milliseconds(1));
    });
    services().gallery.catch_up(client_.scope);
    clock().advance(std::chrono::hours(48));
    EXPECT_EQ(sign_in(ben).text_at("/user/id"), user);
    const auto faces = faces_of(user);
    ASSERT_EQ(faces.size(), 2U);
    EXPECT_EQ(faces[1].photos, 1) << "nothing was learned from a face unlike the enrolled one";
}

TEST_F(Templates, WhatWasLearnedCanBeRevoked) {
    const std::string user = enroll(client_, Person::kAda);
    clock().advance(std::chrono::hours(24));
    sign_in(ada());
    const Answer profile = get("/v1/users/" + user);
    EXPECT_EQ(profile.number_at("/face_count"), 1);
    ASSERT_EQ(profile.at("/enrollments").as_array().size(), 2U) << profile;
    EXPECT_EQ(profile.members("/enrollments/0"),
              (std::vector<std::string>{"faceId", "angle", "confidence", "created_at"}));
    EXPECT_EQ(profile.text_at("/enrollments/1/source"), "learned");
    const std::string enrolled = profile.text_at("/enrollments/0/faceId");
    const std::string learned = profile.text_at("/enrollments/1/faceId");
    const std::string faces = "/v1/users/" + user + "/faces/";

    EXPECT_TRUE(is_error(erase(faces + enrolled), 409, "FACE_NOT_REVOCABLE"));
    EXPECT_TRUE(is_error(erase(faces + "face_unknown"), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(erase("/v1/users/user_unknown/faces/" + learned), 404, "NOT_FOUND"));
    const Client stranger = new_client();
    EXPECT_TRUE(is_error(call({"DELETE", faces + learned, stranger.key}), 404, "NOT_FOUND"));
    const Answer revoked = erase(faces + learned);
    EXPECT_EQ(revoked.status, 200U) << revoked;
    EXPECT_EQ(revoked.text_at("/faceId"), learned);
    EXPECT_TRUE(is_error(erase(faces + learned), 404, "NOT_FOUND"));
    EXPECT_EQ(faces_of(user).size(), 1U);
    EXPECT_EQ(services().gallery.faces(client_.scope), 1U);
    EXPECT_EQ(live_sessions(), 0) << "whoever got in by it is out";
    EXPECT_EQ(sign_in(ada()).text_at("/user/id"), user) << "the enrolled face counts again";
    EXPECT_EQ(faces_of(user).size(), 1U) << "what was revoked does not come back the same day";
}

}  // namespace
}  // namespace facegate::testing
