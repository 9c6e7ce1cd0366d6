#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/faces/face_events.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/retention/unused_templates.h"
#include "domain/sessions/session.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::days;

class Retention : public DomainTest {
protected:
    void keep_for(const Scope& scope, int kept_days) {
        const auto changed = db_.write_system(
            [&](sql::SystemTx& tx) { return change_tenant(tx, scope.tenant, {.retention_days = kept_days}); });
        ASSERT_TRUE(changed.has_value());
    }
    std::set<std::string> unused_at(TimeMs now, int limit = 100) {
        std::set<std::string> users;
        db_.read_system([&](sql::SystemTx& tx) {
            for (const auto& found : unused_templates(tx, now, limit)) users.insert(found.user.value);
        });
        return users;
    }
    void verified(const UserId& user, TimeMs now) {
        db_.write(ours_, [&](sql::TenantTx& tx) { record_verification(tx, user, now); });
    }
    std::optional<TemplateExpiry> expire(const UserId& user, TimeMs now) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return expire_templates(tx, vault_, user, now); });
    }
};

TEST_F(Retention, CountsFromTheLastUseAndIsEachTenantsOwn) {
    const UserId user = add_user(ours_);
    EXPECT_TRUE(unused_at(now_ + days(5000)).empty()) << "nobody's templates but of who has some";
    add_face_to(ours_, user);
    const UserId other = add_user(theirs_);
    add_face_to(theirs_, other);
    keep_for(theirs_, 1);
    EXPECT_TRUE(unused_at(now_ + days(1) - Milliseconds(1)).empty());
    EXPECT_EQ(unused_at(now_ + days(1)), std::set{other.value});
    EXPECT_EQ(unused_at(now_ + days(1095) - Milliseconds(1)), std::set{other.value});
    EXPECT_EQ(unused_at(now_ + days(1095)), (std::set{user.value, other.value})) << "three years where nothing is said";
    EXPECT_EQ(unused_at(now_ + days(1095), 1).size(), 1U);
    verified(user, now_ + days(1000));
    EXPECT_EQ(unused_at(now_ + days(2095) - Milliseconds(1)), std::set{other.value});
    EXPECT_EQ(unused_at(now_ + days(2095)).size(), 2U);
    now_ += days(2000);
    add_face_to(ours_, user);
    EXPECT_EQ(unused_at(now_ + days(1094)), std::set{other.value}) << "enrolled again";
}

TEST_F(Retention, TheLimitIsOneToThreeYears) {
    for (const int wrong : {0, -1, 1096, 100'000}) {
        const auto refused = db_.write_system(
            [&](sql::SystemTx& tx) { return change_tenant(tx, ours_.tenant, {.retention_days = wrong}); });
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, ErrorCode::kValidationFailed);
    }
    keep_for(ours_, 1095);
    keep_for(ours_, 1);
}

TEST_F(Retention, IsLookedAtAgainInTheTransactionThatDestroys) {
    const UserId user = add_user(ours_);
    add_face_to(ours_, user);
    const TimeMs late = now_ + days(1095);
    ASSERT_EQ(unused_at(late), std::set{user.value});
    verified(user, late - Milliseconds(1));
    EXPECT_FALSE(expire(user, late));
    EXPECT_EQ(rows_in("faces"), 1);
    EXPECT_FALSE(expire(UserId("user_gone"), late));
    EXPECT_TRUE(expire(user, late + days(1095)));
    EXPECT_FALSE(expire(user, late + days(1095))) << "once";
}

TEST_F(Retention, DestroysTheKeySoThatCopiesOfTheRowsAreWorthless) {
    const UserId user = add_user(ours_);
    const UserId bystander = add_user(ours_);
    add_face_to(ours_, user, 1);
    add_face_to(ours_, user, 2);
    add_face_to(ours_, bystander, 3);
    const TimeMs late = now_ + days(1095);
    verified(bystander, late);
    db_.write_system([](sql::SystemTx& tx) { tx.execute("CREATE TABLE backup AS SELECT * FROM faces"); });
    const auto expired = expire(user, late);
    ASSERT_TRUE(expired.has_value());
    EXPECT_EQ(expired->faces.size(), 2U);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_TRUE(load_faces_of_user(tx, vault_, user).empty());
        EXPECT_EQ(load_faces_of_user(tx, vault_, bystander).size(), 1U);
        EXPECT_TRUE(find_user(tx, user).has_value()) << "the person stays";
        const auto events = face_events_after(tx, 3);
        ASSERT_EQ(events.size(), 2U);
        for (const FaceEvent& event : events) EXPECT_EQ(event.change, FaceChange::kRemoved);
    });
    db_.write_system([](sql::SystemTx& tx) {
        tx.execute("INSERT INTO faces SELECT * FROM backup WHERE id NOT IN (SELECT id FROM faces)");
    });
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_THROW(load_faces_of_user(tx, vault_, user), VaultFailure);
        EXPECT_EQ(load_faces_of_user(tx, vault_, bystander).size(), 1U);
    });
}

TEST_F(Retention, WhatElseIsSealedUnderTheKeyIsCarriedOverOrErased) {
    const UserId user = add_user(ours_);
    add_face_to(ours_, user);
    const ConsentId first = add_consent(ours_);
    const ConsentId second = add_consent(ours_);
    const ConsentId unlinked = add_consent(ours_);
    const RequestIdentity request{Bytes(32, 1), Bytes(32, 2), KeyId("key_1")};
    const TimeMs late = now_ + days(1095);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        ASSERT_TRUE(link_consent(tx, vault_, first, user));
        ASSERT_TRUE(link_consent(tx, vault_, second, user));
        const auto claim = claim_request(tx, vault_, random_, request, late + days(1), now_);
        keep_answer(tx, vault_, random_, request.key, claim->reservation, {200, "about the person"}, user,
                    late + days(1));
    });
    ASSERT_TRUE(expire(user, late));
    EXPECT_EQ(rows_in("idempotent_requests"), 0);
    EXPECT_EQ(rows_in("user_keys"), 1) << "a new one";
    db_.read(ours_, [&](sql::TenantTx& tx) {
        const ConsentOrigin origin{"192.0.2.7", "Test/1.0"};
        for (const ConsentId& id : {first, second, unlinked}) EXPECT_EQ(find_consent_origin(tx, vault_, id), origin);
    });
    // Whoever enrolls again has templates under the new key.
    now_ = late;
    add_face_to(ours_, user, 5);
    db_.read(ours_,
             [&](sql::TenantTx& tx) { EXPECT_EQ(load_faces_of_user(tx, vault_, user).at(0).vector, vector_of(5)); });
}

TEST_F(Retention, ForgetsResemblancesAndThoseWhoseLastFaceWasDeleted) {
    const UserId user = add_user(ours_);
    const UserId twin = add_user(ours_);
    const UserId third = add_user(ours_);
    add_face_to(ours_, user);
    const FaceId only = add_face_to(ours_, twin);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        set_duplicate_of(tx, twin, user);
        set_duplicate_of(tx, third, user);
        remove_face(tx, only, now_);
    });
    const TimeMs late = now_ + days(1095);
    EXPECT_FALSE(expire(twin, late)) << "nothing to destroy";
    EXPECT_EQ(unused_at(late), std::set{user.value}) << "and not asked about again";
    ASSERT_TRUE(expire(user, late));
    db_.read(ours_, [&](sql::TenantTx& tx) {
        for (const UserId& other : {twin, third}) EXPECT_FALSE(find_user(tx, other)->duplicate_of);
    });
}

TEST_F(Retention, UnlinkedConsentsGoAfterSevenDays) {
    const ConsentId forgotten = add_consent(ours_);
    const ConsentId revoked = add_consent(ours_);
    const ConsentId linked = add_consent(ours_);
    const ConsentId of_deleted = add_consent(ours_);
    const UserId user = add_user(ours_);
    const UserId deleted = add_user(ours_);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        ASSERT_TRUE(link_consent(tx, vault_, linked, user));
        ASSERT_TRUE(link_consent(tx, vault_, of_deleted, deleted));
        detach_consents_of_user(tx, deleted, now_);
        tx.execute("UPDATE consents SET revoked_at = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
                   {revoked, to_unix_ms(now_)});
    });
    const auto purge = [&](TimeMs now, int limit = 100) {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_unlinked_consents(tx, now, limit); });
    };
    EXPECT_EQ(purge(now_ + days(7) - Milliseconds(1)), 0);
    EXPECT_EQ(purge(now_ + days(7)), 1);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_FALSE(find_consent(tx, forgotten));
        for (const ConsentId& id : {revoked, linked, of_deleted}) EXPECT_TRUE(find_consent(tx, id)) << id.value;
    });
    for (int i = 0; i < 5; ++i) add_consent(theirs_);
    EXPECT_EQ(purge(now_ + days(7), 3), 3) << "a bounded number at a time, of every tenant";
    EXPECT_EQ(purge(now_ + days(7), 3), 2);
}

/// Destroys the templates of one user after the other, as the job does, until it is killed; reports each.
[[noreturn]] void expire_until_killed(const std::string& path, const Vault& vault, const Scope& scope, TimeMs now,
                                      int report) {
    sql::Database db({.path = path, .readers = 1});
    const auto due = db.read_system([&](sql::SystemTx& tx) { return unused_templates(tx, now, 100); });
    for (const UnusedTemplates& found : due) {
        db.write(scope, [&](sql::TenantTx& tx) { (void)expire_templates(tx, vault, found.user, now); });
        if (::write(report, "x", 1) != 1) ::_exit(1);
    }
    for (;;) ::pause();
}

/// A database with one tenant of whom 40 users have two templates and a session each, all due. No database is open
/// when the process forks.
class RetentionCrash : public testing::Test {
protected:
    static constexpr int kUsers = 40;

    RetentionCrash() {
        sql::Database db({.path = path_, .readers = 1});
        scope_ = {
            db.write_system([&](sql::SystemTx& tx) { return create_tenant(tx, vault_, random_, "Acme", {}, now_); })
                .value()
                .id,
            Environment::kLive};
        db.write(scope_, [&](sql::TenantTx& tx) {
            UserProfile profile;
            profile.name = "Ada";
            for (int i = 0; i < kUsers; ++i) {
                const UserId user = create_user(tx, random_, profile, {}, now_).value();
                (void)vault_.create_user_key(tx, user);
                Face face;
                face.user = user;
                face.pack_id = "default-1";
                for (const float first : {1.0F, 2.0F}) add_face(tx, vault_, random_, face, vector_of(first), now_);
            }
        });
    }
    /// How many were reported before the child was killed.
    int run_and_kill(int after) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) return -1;
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(ends[0]);
            expire_until_killed(path_, vault_, scope_, now_ + days(1095), ends[1]);
        }
        ::close(ends[1]);
        int reported = 0;
        char byte = 0;
        while (::read(ends[0], &byte, 1) == 1) {
            if (++reported == after) ::kill(child, SIGKILL);
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself";
        return reported;
    }

    SystemRandom random_;
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("facegate.db");
    Vault vault_{crypto::SecretKey::generate(random_), random_};
    TimeMs now_ = from_unix_ms(1'780'000'000'123);
    Scope scope_;
};

TEST_F(RetentionCrash, WhoWasReportedIsGoneAndNobodyIsHalfGone) {
    int reported = 0;
    for (const int after : {1, 7, 13}) {
        reported += run_and_kill(after);
        sql::Database db({.path = path_, .readers = 1});
        const auto due =
            db.read_system([&](sql::SystemTx& tx) { return unused_templates(tx, now_ + days(1095), 100); });
        EXPECT_LE(due.size(), static_cast<std::size_t>(kUsers - reported));
        std::set<std::string> due_ids;
        for (const UnusedTemplates& one : due) due_ids.insert(one.user.value);
        db.read(scope_, [&](sql::TenantTx& tx) {
            for (const auto& row : tx.query("SELECT id FROM users WHERE tenant_id = $1 AND environment = $2")) {
                const UserId user(row.text(0));
                EXPECT_EQ(load_faces_of_user(tx, vault_, user).size(), due_ids.contains(user.value) ? 2U : 0U);
                EXPECT_TRUE(vault_.user_key(tx, user).has_value());
            }
            const auto removed = 2 * (kUsers - static_cast<std::int64_t>(due.size()));
            EXPECT_EQ(last_face_event(tx), 2 * kUsers + removed) << "the index hears of exactly those";
        });
    }
    EXPECT_GE(reported, 21);
}

}  // namespace
}  // namespace facegate::domain
