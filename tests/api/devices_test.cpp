#include <gtest/gtest.h>

#include <algorithm>

#include "api/session_fixture.h"

namespace facegate::testing {
namespace {

using std::chrono::minutes;

Headers device(const std::string& id) {
    return {{"x-device-id", id}};
}

/// Ada is enrolled, and signs in from devices.
class Devices : public SessionTest {
protected:
    Answer patch(const std::string& id, const json::object& change) const {
        return call({"PATCH", "/v1/devices/" + id, client_.key, json::serialize(change)});
    }
    std::vector<std::string> ids(const std::string& path) const {
        const Answer answer = get(path);
        EXPECT_EQ(answer.status, 200U) << path << ": " << answer;
        std::vector<std::string> found;
        const json::array devices = answer.at("/devices").as_array();
        for (const json::value& one : devices) {
            found.emplace_back(one.at("device_id").as_string());
        }
        return found;
    }
    bool has_factor(const std::string& on, std::string_view factor) const {
        const json::array factors = sign_in(device(on)).at("/risk/factors").as_array();
        return std::ranges::find(factors, json::value(factor)) != factors.end();
    }
    Answer eve_as_ada(const std::string& on) const {
        return verify(client_, Person::kEve, {{"claim", {{"user_id", user_}}}}, device(on));
    }
    Answer ada_on(const std::string& on) const {
        return verify(client_, Person::kAda, {{"claim", {{"user_id", user_}}}}, device(on));
    }
};

TEST_F(Devices, AUsersListHoldsWhereThatUserSignedIn) {
    const std::string ben = enroll(client_, Person::kBen);
    const std::string first_seen = to_iso8601(clock().now());
    sign_in(device("phone"));
    clock().advance(minutes(1));
    sign_in(device("phone"));
    sign_in(device("kiosk"));
    ASSERT_EQ(verify(client_, Person::kBen, {}, device("kiosk")).text_at("/user/id"), ben);
    const Answer list = get("/v1/users/" + user_ + "/devices");
    ASSERT_EQ(list.at("/devices").as_array().size(), 2U) << list;
    EXPECT_EQ(list.at("/devices/0/device_id"), "kiosk");
    EXPECT_EQ(list.at("/devices/0/users"), 1) << "Ben is none of Ada's business";
    EXPECT_EQ(list.at("/devices/0/active_sessions"), 1);
    EXPECT_EQ(list.at("/devices/1"), (json::object{{"device_id", "phone"},
                                                   {"name", nullptr},
                                                   {"shared", false},
                                                   {"users", 1},
                                                   {"active_sessions", 2},
                                                   {"first_seen_at", first_seen},
                                                   {"last_seen_at", to_iso8601(clock().now())}}));
    EXPECT_EQ(ids("/v1/users/" + ben + "/devices"), std::vector<std::string>{"kiosk"});
    const Answer page = get("/v1/users/" + user_ + "/devices?limit=1");
    const std::string cursor = page.text_at("/next_cursor");
    EXPECT_EQ(ids("/v1/users/" + user_ + "/devices?limit=1&cursor=" + cursor), std::vector<std::string>{"phone"});
    EXPECT_EQ(get("/v1/users/" + ben + "/devices?cursor=" + cursor).status, 400U) << "another list's cursor";
    EXPECT_TRUE(is_error(get("/v1/users/user_x/devices"), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(get(new_client(), "/v1/users/" + user_ + "/devices"), 404, "NOT_FOUND"));
}

TEST_F(Devices, TheTenantsListIsFilteredAndPaged) {
    const std::string ben = enroll(client_, Person::kBen);
    sign_in(device("kiosk"));
    verify(client_, Person::kBen, {}, device("kiosk"));
    sign_in(device("phone"));
    verify(client_, Person::kBen, {}, device("tablet"));
    ASSERT_EQ(patch("kiosk", {{"shared", true}, {"name", "Front desk"}}).status, 200U);
    const Answer all = get("/v1/devices");
    EXPECT_EQ(all.members(), std::vector<std::string>{"devices"});
    EXPECT_EQ(ids("/v1/devices"), (std::vector<std::string>{"kiosk", "phone", "tablet"}));
    EXPECT_EQ(all.at("/devices/0/users"), 2);
    EXPECT_EQ(all.at("/devices/0/active_sessions"), 2);
    EXPECT_EQ(all.at("/devices/0/name"), "Front desk");
    EXPECT_EQ(ids("/v1/devices?shared=true"), std::vector<std::string>{"kiosk"});
    EXPECT_EQ(ids("/v1/devices?shared=false"), (std::vector<std::string>{"phone", "tablet"}));
    EXPECT_EQ(ids("/v1/devices?user_id=" + ben), (std::vector<std::string>{"kiosk", "tablet"}));
    EXPECT_EQ(ids("/v1/devices?shared=false&user_id=" + ben), std::vector<std::string>{"tablet"});
    EXPECT_EQ(ids("/v1/devices?user_id=user_x"), std::vector<std::string>{});
    EXPECT_EQ(get("/v1/devices?user_id=" + ben).at("/devices/0/users"), 1);
    std::vector<std::string> walked;
    std::string cursor;
    do {
        const Answer page = get("/v1/devices?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
        ASSERT_EQ(page.at("/devices").as_array().size(), 1U) << page;
        walked.push_back(page.text_at("/devices/0/device_id"));
        cursor = page.text_at("/next_cursor");
    } while (!cursor.empty() && walked.size() < 10);
    EXPECT_EQ(walked, (std::vector<std::string>{"kiosk", "phone", "tablet"}));
    for (const char* bad : {"limit=0", "limit=201", "shared=1", "user_id=", "cursor=x"}) {
        EXPECT_TRUE(is_error(get(std::string("/v1/devices?") + bad), 400, "Validation failed")) << bad;
    }
    EXPECT_EQ(get(new_client(), "/v1/devices").at("/devices"), json::array());
}

TEST_F(Devices, RevokingOneEndsItsSessionsAndForgetsIt) {
    const std::string ben = enroll(client_, Person::kBen);
    const Answer on_phone = sign_in(device("phone"));
    const Answer on_tablet = sign_in(device("tablet"));
    const Answer of_ben = verify(client_, Person::kBen, {}, device("phone"));
    ASSERT_EQ(patch("phone", {{"name", "Lost"}, {"shared", true}}).status, 200U);
    const Answer revoked = erase("/v1/devices/phone");
    EXPECT_EQ(revoked.body, (json::object{{"revoked", true}, {"device_id", "phone"}, {"sessions_revoked", 2}}));
    EXPECT_EQ(audited("device.revoked"), 1);
    for (const Answer& ended : {on_phone, of_ben}) {
        EXPECT_TRUE(is_error(refresh(ended.text_at("/refresh_token"), device("phone")), 401, "INVALID_TOKEN"));
        EXPECT_FALSE(active(ended.text_at("/verification_token")));
    }
    EXPECT_TRUE(active(on_tablet.text_at("/verification_token")));
    EXPECT_EQ(refresh(on_tablet.text_at("/refresh_token"), device("tablet")).status, 200U);
    EXPECT_EQ(ids("/v1/devices"), std::vector<std::string>{"tablet"});
    EXPECT_TRUE(is_error(erase("/v1/devices/phone"), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(patch("phone", {{"shared", true}}), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(call({"DELETE", "/v1/devices/tablet", new_client().key}), 404, "NOT_FOUND"));
    EXPECT_TRUE(has_factor("phone", "new_device")) << "as if it had never been there";
    EXPECT_EQ(get("/v1/devices").at("/devices/0/name"), json::value(nullptr));
    EXPECT_EQ(get("/v1/devices").at("/devices/0/shared"), false);
}

TEST_F(Devices, AChangeLeavesWhatItDoesNotName) {
    sign_in(device("kiosk"));
    EXPECT_EQ(patch("kiosk", {{"shared", true}}).at("/name"), json::value(nullptr));
    const Answer named = patch("kiosk", {{"name", "Front desk"}});
    EXPECT_EQ(named.at("/shared"), true) << named;
    EXPECT_EQ(patch("kiosk", {{"shared", false}}).at("/name"), "Front desk");
    EXPECT_TRUE(is_error(patch("kiosk", {}), 400, "Validation failed"));
    for (const json::value& bad : {json::value(nullptr), json::value("true"), json::value(1)}) {
        EXPECT_TRUE(is_error(patch("kiosk", {{"shared", bad}}), 400, "Validation failed"));
    }
    EXPECT_TRUE(is_error(patch("never-seen", {{"shared", true}}), 404, "NOT_FOUND"));
    EXPECT_EQ(audited("device.changed"), 3);
}

TEST_F(Devices, ASharedOneLocksNobodyAsLongAsItIsShared) {
    ASSERT_EQ(ada_on("kiosk").at("/matched"), true);
    ASSERT_EQ(patch("kiosk", {{"shared", true}}).status, 200U);
    for (int i = 0; i < 8; ++i) ASSERT_EQ(eve_as_ada("kiosk").at("/matched"), false) << i;
    EXPECT_EQ(ada_on("kiosk").at("/matched"), true) << "eight strangers stood there before";
    ASSERT_EQ(patch("kiosk", {{"shared", false}}).status, 200U);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(eve_as_ada("kiosk").at("/matched"), false) << i;
    EXPECT_TRUE(is_error(ada_on("kiosk"), 403, "USER_LOCKED"));
    EXPECT_EQ(ada_on("phone").at("/matched"), true) << "other devices are left alone";
    ASSERT_EQ(patch("kiosk", {{"shared", true}}).status, 200U);
    EXPECT_EQ(ada_on("kiosk").at("/matched"), true) << "the lock was of a device that is nobody's";
}

TEST_F(Devices, ASharedOneOfManyUsersIsNoRisk) {
    for (const Person person : {Person::kBen, Person::kCleo, Person::kDan}) {
        enroll(client_, person);
        ASSERT_EQ(verify(client_, person, {}, device("kiosk")).at("/matched"), true);
    }
    EXPECT_TRUE(has_factor("kiosk", "device_shared_by_many_users"));
    ASSERT_EQ(patch("kiosk", {{"shared", true}}).status, 200U);
    EXPECT_FALSE(has_factor("kiosk", "device_shared_by_many_users"));
    ASSERT_EQ(patch("kiosk", {{"shared", false}}).status, 200U);
    EXPECT_TRUE(has_factor("kiosk", "device_shared_by_many_users"));
    EXPECT_FALSE(has_factor("phone", "device_shared_by_many_users"));
}

}  // namespace
}  // namespace facegate::testing
