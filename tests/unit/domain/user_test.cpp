#include "domain/users/user.h"

#include <atomic>
#include <thread>

#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/faces/face_events.h"
#include "domain/sessions/device.h"
#include "domain/sessions/session.h"
#include "domain/users/user_list.h"
#include "domain/users/user_removal.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

UserProfile full_profile() {
    UserProfile profile;
    profile.name = "Ada Guard";
    profile.role = "guard";
    profile.email = "Ada@Example.com";
    profile.phone = "+49 30 1234";
    profile.external_id = "emp-7";
    profile.metadata = R"({"team":"north"})";
    profile.enrolled_with_glasses = true;
    return profile;
}

using UserTest = DomainTest;

TEST_F(UserTest, EveryFieldComesBack) {
    const auto id = add_user(ours_, full_profile());
    add_face_to(ours_, id);
    const auto user = db_.read(ours_, [&](sql::TenantTx& tx) { return find_user(tx, id); }).value();
    EXPECT_EQ(user.id, id);
    EXPECT_TRUE(id.value.starts_with("user_"));
    EXPECT_EQ(user.profile.name, "Ada Guard");
    EXPECT_EQ(user.profile.role, "guard");
    EXPECT_EQ(user.profile.email, "Ada@Example.com");
    EXPECT_EQ(user.profile.phone, "+49 30 1234");
    EXPECT_EQ(user.profile.external_id, "emp-7");
    EXPECT_EQ(user.profile.metadata, R"({"team":"north"})");
    EXPECT_TRUE(user.profile.enrolled_with_glasses);
    EXPECT_EQ(user.status, UserStatus::kActive);
    EXPECT_EQ(user.created_at, now_);
    EXPECT_EQ(user.updated_at, now_);
    EXPECT_EQ(user.last_verified_at, std::nullopt);
    EXPECT_EQ(user.expires_at, std::nullopt);
    EXPECT_EQ(user.face_count, 1);
}

TEST_F(UserTest, ExternalIdIsUniqueInItsScopeOnly) {
    const auto create = [&](const Scope& scope) {
        return db_.write(
            scope, [&](sql::TenantTx& tx) { return create_user(tx, random_, full_profile(), std::nullopt, now_); });
    };
    ASSERT_TRUE(create(ours_).has_value());
    EXPECT_EQ(create(ours_).error().code, ErrorCode::kUserAlreadyEnrolled);
    EXPECT_TRUE(create(ours_live_).has_value());
    EXPECT_TRUE(create(theirs_).has_value());
    EXPECT_EQ(rows_in("users"), 3) << "the refused one left its row";
}

TEST_F(UserTest, OfConcurrentCallsWithOneExternalIdOneWins) {
    std::atomic<int> won = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&] {
            const auto created = db_.write(
                ours_, [&](sql::TenantTx& tx) { return create_user(tx, random_, full_profile(), std::nullopt, now_); });
            if (created) {
                ++won;
            } else if (created.error().code == ErrorCode::kUserAlreadyEnrolled) {
                ++refused;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(refused, 15);
}

TEST_F(UserTest, IsFoundByClaim) {
    const auto ada = add_user(ours_, full_profile());
    UserProfile bob = full_profile();
    bob.external_id = std::nullopt;
    now_ += Milliseconds(1);
    const auto second = add_user(ours_, bob);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(find_user_by_external_id(tx, "emp-7"), ada);
        EXPECT_EQ(find_user_by_external_id(tx, "EMP-7"), std::nullopt);
        EXPECT_EQ(find_users_by_email(tx, "aDa@example.COM"), (std::vector{ada, second}));
        EXPECT_TRUE(find_users_by_email(tx, "").empty());
    });
}

TEST_F(UserTest, StatusDecidesWhoMaySignIn) {
    const auto id = add_user(ours_);
    const auto outcome = [&](UserStatus status) {
        const auto user = db_.write(ours_, [&](sql::TenantTx& tx) {
            EXPECT_TRUE(set_user_status(tx, id, status, now_ + Milliseconds(9)).has_value());
            return find_user(tx, id);
        });
        EXPECT_EQ(user->updated_at, now_ + Milliseconds(9));
        const auto checked = check_may_sign_in(*user);
        return checked ? std::nullopt : std::optional(checked.error().code);
    };
    EXPECT_EQ(outcome(UserStatus::kSuspended), ErrorCode::kUserSuspended);
    EXPECT_EQ(outcome(UserStatus::kLocked), ErrorCode::kUserLocked);
    EXPECT_EQ(outcome(UserStatus::kActive), std::nullopt);
    const auto missing = db_.write(ours_, [&](sql::TenantTx& tx) {
        return set_user_status(tx, UserId("user_nobody"), UserStatus::kLocked, now_);
    });
    EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(UserTest, AnUnknownStoredStatusLetsNobodyIn) {
    const auto id = add_user(ours_);
    const auto user = db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE users SET status = 'new-fangled' WHERE tenant_id = $1 AND environment = $2");
        return find_user(tx, id);
    });
    EXPECT_FALSE(check_may_sign_in(*user).has_value());
}

TEST_F(UserTest, ListIsOldestFirst) {
    const auto first = add_user(ours_, "Zoe");
    now_ += Milliseconds(1);
    const auto second = add_user(ours_, "Ada");
    add_face_to(ours_, second);
    const auto users = db_.read(ours_, [](sql::TenantTx& tx) { return list_users(tx, {}, std::nullopt, 100).users; });
    ASSERT_EQ(users.size(), 2U);
    EXPECT_EQ(users[0].id, first);
    EXPECT_EQ(users[0].face_count, 0);
    EXPECT_EQ(users[1].id, second);
    EXPECT_EQ(users[1].face_count, 1);
}

TEST_F(UserTest, ExpiredUsersAreListedAcrossScopes) {
    const auto expiring = [&](const Scope& scope, TimeMs at) {
        return db_.write(scope, [&](sql::TenantTx& tx) { return create_user(tx, random_, {}, at, now_).value(); });
    };
    const auto gone = expiring(demo_scope(), now_ + std::chrono::hours(1));
    expiring(ours_, now_ + std::chrono::hours(2));
    add_user(ours_);
    db_.read_system([&](sql::SystemTx& tx) {
        EXPECT_TRUE(expired_users(tx, now_ + std::chrono::hours(1) - Milliseconds(1), 10).empty());
        const auto expired = expired_users(tx, now_ + std::chrono::hours(1), 10);
        ASSERT_EQ(expired.size(), 1U);
        EXPECT_EQ(expired[0].user, gone);
        EXPECT_EQ(expired[0].scope, demo_scope());
        EXPECT_EQ(expired_users(tx, now_ + std::chrono::hours(9), 1).size(), 1U);
    });
}

TEST_F(UserTest, RemovalLeavesNothingButUnlinkedProof) {
    const auto ada = add_user(ours_, full_profile());
    const auto bob = add_user(ours_, "Bob");
    const auto face_a = add_face_to(ours_, ada, 1);
    const auto face_b = add_face_to(ours_, ada, 2);
    const auto bobs_face = add_face_to(ours_, bob, 3);
    const auto consent = add_consent(ours_);
    const auto session_id = new_session_id(random_);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        ASSERT_TRUE(link_consent(tx, vault_, consent, ada).has_value());
        record_device_use(tx, DeviceId("dev_1"), std::nullopt, ada, now_);
        Session session;
        session.id = session_id;
        session.user = ada;
        session.device = DeviceId("dev_1");
        create_session(tx, session, std::nullopt, now_);
    });

    const auto later = now_ + std::chrono::seconds(1);
    const auto removal = db_.write(ours_, [&](sql::TenantTx& tx) { return remove_user(tx, ada, later); }).value();
    EXPECT_THAT(removal.faces, testing::UnorderedElementsAre(face_a, face_b));
    EXPECT_EQ(removal.sessions_ended, 1);

    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_FALSE(find_user(tx, ada).has_value());
        EXPECT_TRUE(find_user(tx, bob).has_value());
        EXPECT_FALSE(find_user_by_external_id(tx, "emp-7").has_value());
        EXPECT_TRUE(load_faces_of_user(tx, vault_, ada).empty());
        EXPECT_EQ(load_faces_of_user(tx, vault_, bob).at(0).face.id, bobs_face);
        EXPECT_TRUE(users_of_device(tx, DeviceId("dev_1"), std::nullopt, later).empty());
        EXPECT_EQ(find_session(tx, session_id)->revoked_at, later);
        const auto kept = find_consent(tx, consent).value();
        EXPECT_EQ(kept.user, std::nullopt);
        EXPECT_EQ(kept.user_deleted_at, later);
        EXPECT_EQ(check_consent(tx, consent).error().code, ErrorCode::kConsentInvalid);
        const auto events = face_events_after(tx, 3);
        ASSERT_EQ(events.size(), 2U);
        for (const auto& event : events) EXPECT_EQ(event.change, FaceChange::kRemoved);
    });
    for (const auto* table : {"users", "user_profiles", "user_keys", "faces"}) EXPECT_EQ(rows_in(table), 1) << table;
    EXPECT_EQ(db_.write(ours_, [&](sql::TenantTx& tx) { return remove_user(tx, ada, later); }).error().code,
              ErrorCode::kNotFound);
}

TEST_F(UserTest, AFailedTransactionRemovesNothing) {
    const auto ada = add_user(ours_, full_profile());
    const auto face = add_face_to(ours_, ada);
    const auto failed = db_.write(ours_, [&](sql::TenantTx& tx) -> Result<void> {
        EXPECT_TRUE(remove_user(tx, ada, now_).has_value());
        return fail(ErrorCode::kInternalError, "after all");
    });
    ASSERT_FALSE(failed.has_value());
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_TRUE(find_user(tx, ada).has_value());
        EXPECT_EQ(load_faces_of_user(tx, vault_, ada).at(0).face.id, face);
        EXPECT_EQ(last_face_event(tx), 1);
    });
}

}  // namespace
}  // namespace facegate::domain
