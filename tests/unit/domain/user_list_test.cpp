#include "domain/users/user_list.h"

#include <set>

#include "domain/sessions/device.h"
#include "domain/sessions/device_list.h"
#include "domain/sessions/session_list.h"
#include "domain/users/text_search.h"
#include "domain/users/user_removal.h"
#include "domain/users/user_status.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

class UserListTest : public DomainTest {
protected:
    UserId add(const std::string& name, const std::optional<std::string>& email = {}) {
        UserProfile profile;
        profile.name = name;
        profile.role = "guard";
        profile.email = email;
        now_ += Milliseconds(1);
        return add_user(ours_, profile);
    }
    UserPage page(const UserFilter& filter, int limit, const std::optional<PagePosition>& after = {}) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return list_users(tx, filter, after, limit); });
    }
    std::vector<std::string> names(const UserFilter& filter) {
        std::vector<std::string> found;
        for (const User& user : page(filter, 100).users) found.push_back(user.profile.name);
        return found;
    }
};

TEST_F(UserListTest, PagesHoldEveryoneOnceWhateverComesAndGoes) {
    std::vector<UserId> all;
    // Several of one moment: the id decides between them.
    for (int i = 0; i < 10; ++i) all.push_back(add_user(ours_));
    for (int i = 0; i < 10; ++i) all.push_back(add("Later"));
    std::set<UserId> seen;
    std::optional<PagePosition> after;
    int pages = 0;
    do {
        const UserPage found = page({}, 6, after);
        for (const User& user : found.users) EXPECT_TRUE(seen.insert(user.id).second) << "repeated";
        after = found.next;
        if (++pages == 1) {
            // One who was shown goes, and somebody new comes.
            const UserId gone = found.users.front().id;
            db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, gone, now_).has_value()); });
            all.push_back(add("New"));
        }
    } while (after);
    EXPECT_EQ(seen, std::set<UserId>(all.begin(), all.end()));
    EXPECT_EQ(pages, 4);
    EXPECT_EQ(page({}, 20).next, std::nullopt) << "exactly full";
}

TEST_F(UserListTest, FiltersNarrow) {
    const UserId ada = add("Ada Émile", "ada@Example.com");
    const UserId bob = add("Bob", "bob@example.org");
    const UserId twin = add("Straße 100%_");
    db_.write(ours_, [&](sql::TenantTx& tx) {
        ASSERT_TRUE(change_user_status(tx, bob, UserStatus::kSuspended, now_).has_value());
        set_duplicate_of(tx, twin, ada);
    });
    EXPECT_EQ(names({.status = UserStatus::kSuspended}), std::vector<std::string>{"Bob"});
    EXPECT_EQ(names({.possible_duplicate = true}), std::vector<std::string>{"Straße 100%_"});
    EXPECT_EQ(names({.text = "éMILE"}), std::vector<std::string>{"Ada Émile"});
    EXPECT_EQ(names({.text = "EXAMPLE."}).size(), 2U);
    EXPECT_EQ(names({.text = "100%_"}).size(), 1U);
    EXPECT_TRUE(names({.text = "100_"}).empty()) << "no wildcards";
    EXPECT_TRUE(names({.status = UserStatus::kActive, .text = "bob"}).empty());
    EXPECT_TRUE(names({.external_id = "nobody"}).empty());
    // Whom somebody resembled is forgotten with that person.
    db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, ada, now_).has_value()); });
    EXPECT_TRUE(names({.possible_duplicate = true}).empty());
}

TEST_F(UserListTest, ASearchGoesOnBehindAFullPage) {
    for (int i = 0; i < 1100; ++i) add("Nobody");
    const UserId first = add("Ada One");
    const UserId second = add("Ada Two");
    const UserPage found = page({.text = "ada"}, 1);
    ASSERT_EQ(found.users.size(), 1U);
    EXPECT_EQ(found.users[0].id, first);
    ASSERT_TRUE(found.next.has_value());
    const UserPage rest = page({.text = "ada"}, 1, found.next);
    ASSERT_EQ(rest.users.size(), 1U);
    EXPECT_EQ(rest.users[0].id, second);
    EXPECT_EQ(rest.next, std::nullopt);
}

TEST(FoldCase, KnowsTheAlphabetsOfNames) {
    EXPECT_EQ(fold_case("AZ az 09 ÀÖØÞ ŸŽĐ"), "az az 09 àöøþ ÿžđ");
    EXPECT_EQ(fold_case("ΑΣς Ώ ЖЁЩ ԱՖ"), "ασσ ώ жёщ աֆ");
    EXPECT_EQ(fold_case("×÷ ß ẞ 日本 😀"), "×÷ ß ß 日本 😀");
    EXPECT_EQ(fold_case("Nguyễn ẤỲ"), "nguyễn ấỳ");
    EXPECT_EQ(fold_case("\xff\xc3"), "\xff\xc3") << "no UTF-8 stays";
}

TEST_F(UserListTest, SuspendingAndLockingEndSessions) {
    const UserId ada = add("Ada");
    const auto sign_in = [&] {
        Session session;
        session.id = new_session_id(random_);
        session.user = ada;
        session.device = DeviceId("dev_1");
        db_.write(ours_, [&](sql::TenantTx& tx) {
            create_session(tx, session, std::nullopt, now_);
            record_device_use(tx, session.device, std::nullopt, ada, now_);
        });
        now_ += Milliseconds(1);
    };
    const auto change = [&](UserStatus status) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return change_user_status(tx, ada, status, now_); }).value();
    };
    sign_in();
    sign_in();
    EXPECT_EQ(change(UserStatus::kActive), 0);
    EXPECT_EQ(change(UserStatus::kSuspended), 2);
    sign_in();
    EXPECT_EQ(change(UserStatus::kLocked), 1);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_TRUE(list_sessions(tx, ada, false, std::nullopt, 10, now_).sessions.empty());
        const SessionPage all = list_sessions(tx, ada, true, std::nullopt, 2, now_);
        ASSERT_EQ(all.sessions.size(), 2U);
        EXPECT_GT(all.sessions[0].created_at, all.sessions[1].created_at) << "the latest first";
        EXPECT_EQ(list_sessions(tx, ada, true, all.next, 2, now_).sessions.size(), 1U);
    });
}

TEST_F(UserListTest, DevicesAreListedNamedAndRevoked) {
    const UserId ada = add("Ada");
    const UserId bob = add("Bob");
    const DeviceId kiosk("kiosk");
    const DeviceId phone("phone");
    db_.write(ours_, [&](sql::TenantTx& tx) {
        record_device_use(tx, kiosk, std::nullopt, ada, now_);
        record_device_use(tx, kiosk, std::nullopt, bob, now_ + Milliseconds(5));
        record_device_use(tx, phone, std::nullopt, ada, now_);
        Session session;
        session.id = new_session_id(random_);
        session.user = bob;
        session.device = kiosk;
        create_session(tx, session, std::nullopt, now_);
        EXPECT_EQ(device_history(tx, kiosk, std::nullopt, ada, now_).other_users, 1);
        save_device_settings(tx, kiosk, {"Front desk", true}, now_);
        EXPECT_EQ(device_history(tx, kiosk, std::nullopt, ada, now_).other_users, 0) << "shared by the tenant's word";
    });
    db_.read(ours_, [&](sql::TenantTx& tx) {
        const auto all = list_devices(tx, {}, "", 10, now_);
        ASSERT_EQ(all.size(), 2U);
        EXPECT_EQ(all[0].id, kiosk);
        EXPECT_EQ(all[0].users, 2);
        EXPECT_EQ(all[0].active_sessions, 1);
        EXPECT_EQ(all[0].settings.name, "Front desk");
        EXPECT_EQ(all[0].last_seen_at, now_ + Milliseconds(5));
        EXPECT_EQ(list_devices(tx, {}, "kiosk", 10, now_).size(), 1U);
        EXPECT_EQ(list_devices(tx, {.shared = true}, "", 10, now_).size(), 1U);
        EXPECT_EQ(list_devices(tx, {.shared = false}, "", 10, now_).front().id, phone);
        const auto of_ada = list_devices(tx, {.user = ada}, "", 10, now_);
        ASSERT_EQ(of_ada.size(), 2U);
        EXPECT_EQ(of_ada[0].active_sessions, 0) << "it is Bob's";
        EXPECT_EQ(of_ada[0].last_seen_at, now_);
        EXPECT_EQ(list_devices(tx, {.user = bob}, "", 10, now_).size(), 1U);
    });
    db_.write(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(revoke_device(tx, kiosk, now_).value(), 1);
        EXPECT_FALSE(is_shared_device(tx, kiosk));
        EXPECT_FALSE(find_device(tx, kiosk, now_).has_value());
        EXPECT_FALSE(device_history(tx, kiosk, std::nullopt, ada, now_).known_to_user);
        EXPECT_EQ(revoke_device(tx, kiosk, now_).error().code, ErrorCode::kNotFound);
    });
}

}  // namespace
}  // namespace facegate::domain
