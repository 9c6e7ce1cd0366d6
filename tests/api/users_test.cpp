#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/api_fixture.h"
#include "domain/sessions/session.h"

namespace facegate::testing {
namespace {

class Users : public ApiTest {};

const std::vector<std::string> kListMembers = {"id", "name", "role", "email", "status", "created_at", "face_count"};

TEST_F(Users, ListAndProfileAreShapedAsTheContractSays) {
    EXPECT_EQ(get("/v1/users").text, R"({"users":[]})");
    const TimeMs enrolled_at = clock().now();
    const std::string ada = enroll(client_, Person::kAda, {{"email", "ada@example.com"}, {"role", "chief"}});
    clock().advance(std::chrono::seconds(1));
    const std::string ben = enroll(client_, Person::kBen);

    const Answer list = get("/v1/users");
    ASSERT_EQ(list.status, 200U) << list;
    EXPECT_EQ(list.members(), std::vector<std::string>{"users"});
    ASSERT_EQ(list.at("/users").as_array().size(), 2U);
    EXPECT_EQ(list.members("/users/0"), kListMembers);
    EXPECT_EQ(list.at("/users/0"), (json::object{{"id", ada},
                                                 {"name", "Ada Guard"},
                                                 {"role", "chief"},
                                                 {"email", "ada@example.com"},
                                                 {"status", "active"},
                                                 {"created_at", to_iso8601(enrolled_at)},
                                                 {"face_count", 1}}));
    EXPECT_EQ(list.text_at("/users/1/id"), ben);
    EXPECT_TRUE(list.at("/users/1/email").is_null());

    const Answer profile = get("/v1/users/" + ada);
    std::vector<std::string> members = kListMembers;
    for (const char* more : {"external_id", "phone", "metadata", "updated_at", "last_verified_at", "enrollments"}) {
        members.emplace_back(more);
    }
    EXPECT_EQ(profile.members(), members) << profile;
    EXPECT_EQ(profile.members("/enrollments/0"),
              (std::vector<std::string>{"faceId", "angle", "confidence", "created_at"}));
    EXPECT_EQ(profile.at("/enrollments").as_array().size(), 1U);
    EXPECT_TRUE(profile.at("/external_id").is_null());
    EXPECT_TRUE(profile.at("/last_verified_at").is_null());
    EXPECT_EQ(profile.at("/metadata"), json::object());
    EXPECT_EQ(profile.text_at("/enrollments/0/created_at"), to_iso8601(enrolled_at));

    clock().advance(std::chrono::seconds(1));
    ASSERT_EQ(verify(client_, Person::kAda).at("/matched"), true);
    EXPECT_EQ(get("/v1/users/" + ada).text_at("/last_verified_at"), to_iso8601(clock().now()));
}

TEST_F(Users, HeadIsAnsweredAsGet) {
    EXPECT_EQ(call({"HEAD", "/v1/users", client_.key}).status, 200U);
}

TEST_F(Users, ADeletedUserIsGoneAtOnce) {
    json::object body = enrollment(client_, Person::kAda);
    const std::string consent_id(body["consent_id"].as_string());
    const std::string user = post("/v1/enroll", body).text_at("/user_id");
    const Answer signed_in = verify(client_, Person::kAda);
    const SessionId session(signed_in.text_at("/session_id"));
    ASSERT_FALSE(session.empty()) << signed_in;
    // Taken before, used after.
    const std::string pending = finished_liveness(client_.scope, Person::kAda);

    const Answer deleted = erase("/v1/users/" + user);
    ASSERT_EQ(deleted.status, 200U) << deleted;
    EXPECT_EQ(deleted.body, (json::object{{"deleted", true}, {"user_id", user}, {"faces_deleted", 1}}));

    const Answer unmatched = post("/v1/match", json::object{{"image", base64(photo_of(Person::kAda))}});
    EXPECT_EQ(unmatched.at("/matched"), false);
    EXPECT_EQ(unmatched.number_at("/confidence"), 0)
        << "the face is out of the index, not only its user out of the way";
    EXPECT_EQ(post("/v1/verify", json::object{{"liveness_session_id", pending}}).at("/matched"), false);
    EXPECT_EQ(verify(client_, Person::kAda, {{"claim", {{"user_id", user}}}}).at("/matched"), false);
    EXPECT_TRUE(is_error(get("/v1/users/" + user), 404, "NOT_FOUND"));
    EXPECT_EQ(get("/v1/users").text, R"({"users":[]})");
    EXPECT_TRUE(is_error(erase("/v1/users/" + user), 404, "NOT_FOUND"));

    application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        const auto ended = domain::find_session(tx, session);
        EXPECT_TRUE(!ended || !domain::is_active(*ended, clock().now()));
        const auto rows = tx.query(
            "SELECT user_id, user_deleted_at FROM consents WHERE tenant_id = $1 AND environment = $2 AND id = $3",
            {consent_id});
        ASSERT_EQ(rows.size(), 1U) << "the proof that there was consent stays";
        EXPECT_TRUE(rows.front().is_null(0));
        EXPECT_EQ(rows.front().integer(1), to_unix_ms(clock().now()));
    });
    for (const char* table : {"users", "user_profiles", "user_keys", "faces", "devices"}) {
        EXPECT_EQ(rows_in(table, client_.scope), 0) << table;
    }
    // The person may come back, as a new user.
    EXPECT_NE(enroll(client_, Person::kAda), user);
}

TEST_F(Users, TheReasonOfADeletionIsChecked) {
    const std::string user = enroll(client_, Person::kAda);
    for (const char* reason : {"because", "", "USER_REQUEST"}) {
        const Answer refused = erase("/v1/users/" + user + "?reason=" + reason);
        EXPECT_TRUE(is_error(refused, 400, "Validation failed"));
        EXPECT_EQ(refused.at("/details/0/path"), json::array{"reason"});
        EXPECT_EQ(refused.text_at("/details/0/code"), "invalid_enum_value");
    }
    EXPECT_EQ(get("/v1/users/" + user).status, 200U);
    EXPECT_EQ(erase("/v1/users/" + user + "?reason=tenant_request").status, 200U);
    const std::string second = enroll(client_, Person::kAda);
    EXPECT_EQ(erase("/v1/users/" + second + "?reason=user_request&unknown=1").status, 200U);
}

std::string bytes_of_files(const std::filesystem::path& directory) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        all.append(std::istreambuf_iterator<char>(file), {});
    }
    return all;
}

TEST_F(Users, NothingPersonalIsLeftOnTheDisk) {
    const std::string mark = random().id("");
    const std::string name = "Name" + mark;
    const std::string email = "mail" + mark + "@example.com";
    const std::string phone = "tel" + mark;
    const std::string external_id = "ext" + mark;
    const std::string user = enroll(client_, Person::kAda,
                                    {{"name", name},
                                     {"email", email},
                                     {"phone", phone},
                                     {"external_id", external_id},
                                     {"metadata", {{"note", "meta" + mark}}}});
    ASSERT_EQ(verify(client_, Person::kAda, {{"claim", {{"email", email}}}}).at("/matched"), true);
    ASSERT_NE(bytes_of_files(data_dir()).find(name), std::string::npos) << "or this test looks in the wrong place";
    ASSERT_EQ(erase("/v1/users/" + user).status, 200U);

    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open((data_dir() + "/facegate.db").c_str(), &connection), SQLITE_OK);
    sqlite3_busy_timeout(connection, 10'000);
    EXPECT_EQ(sqlite3_exec(connection, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(connection);

    const std::string left = bytes_of_files(data_dir());
    for (const std::string& personal : {name, email, phone, external_id, "meta" + mark, mark}) {
        EXPECT_EQ(left.find(personal), std::string::npos) << personal;
    }
}

}  // namespace
}  // namespace facegate::testing
