#include "domain/sessions/session.h"

#include "domain/sessions/device.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using std::chrono::hours;

const std::string kFingerprint = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

class SessionTest : public DomainTest {
protected:
    SessionId sign_in(const Scope& scope, const UserId& user,
                      const std::optional<crypto::Digest>& refresh = std::nullopt) {
        Session session;
        session.id = new_session_id(random_);
        session.user = user;
        session.device = DeviceId("dev_1");
        session.fingerprint = kFingerprint;
        session.confidence = 99.4;
        session.liveness = 98.7;
        session.challenge = LivenessChallenge::kMovement;
        session.risk = 0.15;
        session.risk_factors = {"new_device", "low_match_margin"};
        session.step_up_required = true;
        session.key_thumbprint = "thumb";
        db_.write(scope, [&](sql::TenantTx& tx) { create_session(tx, session, refresh, now_); });
        return session.id;
    }
};

TEST_F(SessionTest, EveryFieldComesBack) {
    const auto id = sign_in(ours_, UserId("user_1"), crypto::sha256(as_bytes("refresh")));
    EXPECT_TRUE(id.value.starts_with("sess_"));
    const auto session = db_.read(ours_, [&](sql::TenantTx& tx) { return find_session(tx, id); }).value();
    EXPECT_EQ(session.user, UserId("user_1"));
    EXPECT_EQ(session.device, DeviceId("dev_1"));
    EXPECT_EQ(session.fingerprint, kFingerprint);
    EXPECT_EQ(session.confidence, 99.4);
    EXPECT_EQ(session.liveness, 98.7);
    EXPECT_EQ(session.challenge, LivenessChallenge::kMovement);
    EXPECT_EQ(session.risk, 0.15);
    EXPECT_TRUE(session.step_up_required);
    EXPECT_EQ(session.risk_factors, (std::vector<std::string>{"new_device", "low_match_margin"}));
    EXPECT_EQ(session.key_thumbprint, "thumb");
    EXPECT_EQ(session.created_at, now_);
    EXPECT_EQ(session.verified_at, now_);
    EXPECT_EQ(session.expires_at, now_ + hours(720));
    EXPECT_TRUE(is_active(session, now_ + hours(720) - Milliseconds(1)));
    EXPECT_FALSE(is_active(session, now_ + hours(720)));
}

TEST_F(SessionTest, EndingEndsAllActiveOnesOfOneUser) {
    const auto first = sign_in(ours_, UserId("user_1"));
    const auto second = sign_in(ours_, UserId("user_1"));
    const auto other = sign_in(ours_, UserId("user_2"));
    const auto end = [&](TimeMs at) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return end_sessions_of_user(tx, UserId("user_1"), at); });
    };
    EXPECT_EQ(end(now_ + hours(1)), 2);
    EXPECT_EQ(end(now_ + hours(2)), 0);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(find_session(tx, first)->revoked_at, now_ + hours(1));
        EXPECT_FALSE(is_active(*find_session(tx, second), now_ + hours(1)));
        EXPECT_TRUE(is_active(*find_session(tx, other), now_ + hours(1)));
    });
}

TEST_F(SessionTest, RevokingEndsItOnceAndKeepsTheFirstTime) {
    const auto id = sign_in(ours_, UserId("user_1"));
    const auto revoke = [&](const SessionId& which, TimeMs at) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return revoke_session(tx, which, at); });
    };
    EXPECT_TRUE(revoke(id, now_ + hours(1)).has_value());
    EXPECT_TRUE(revoke(id, now_ + hours(2)).has_value());
    EXPECT_EQ(revoke(SessionId("sess_x"), now_).error().code, ErrorCode::kNotFound);
    db_.read(ours_, [&](sql::TenantTx& tx) { EXPECT_EQ(find_session(tx, id)->revoked_at, now_ + hours(1)); });
}

TEST_F(SessionTest, AStepUpByFaceBeginsAnewAndAnApprovalDoesNot) {
    const auto by_face = sign_in(ours_, UserId("user_1"));
    const auto by_word = sign_in(ours_, UserId("user_1"));
    const TimeMs later = now_ + hours(5);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        Session verified = *find_session(tx, by_face);
        verified.confidence = 98;
        verified.liveness = 97;
        verified.challenge = LivenessChallenge::kMovementAndLight;
        record_step_up(tx, verified, later);
        record_approval(tx, by_word);
    });
    db_.read(ours_, [&](sql::TenantTx& tx) {
        const auto face = *find_session(tx, by_face);
        EXPECT_FALSE(face.step_up_required);
        EXPECT_EQ(face.confidence, 98);
        EXPECT_EQ(face.liveness, 97);
        EXPECT_EQ(face.challenge, LivenessChallenge::kMovementAndLight);
        EXPECT_EQ(face.created_at, now_);
        EXPECT_EQ(face.verified_at, later);
        EXPECT_EQ(face.expires_at, later + hours(720));
        const auto word = *find_session(tx, by_word);
        EXPECT_FALSE(word.step_up_required);
        EXPECT_EQ(word.confidence, 99.4);
        EXPECT_EQ(word.challenge, LivenessChallenge::kMovement);
        EXPECT_EQ(word.verified_at, now_);
        EXPECT_EQ(word.expires_at, now_ + hours(720));
    });
}

TEST(DeviceGrammar, IdsAndFingerprints) {
    EXPECT_TRUE(is_device_id("dev_1"));
    EXPECT_TRUE(is_device_id("550e8400-e29b-41d4-a716-446655440000"));
    EXPECT_TRUE(is_device_id(std::string(128, 'x')));
    for (const auto& bad :
         {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\n"), std::string("é")}) {
        EXPECT_FALSE(is_device_id(bad));
    }
    EXPECT_TRUE(is_device_fingerprint(kFingerprint));
    EXPECT_FALSE(is_device_fingerprint(kFingerprint.substr(1)));
    EXPECT_FALSE(is_device_fingerprint(std::string(64, 'g')));
}

using DeviceTest = DomainTest;

TEST_F(DeviceTest, IdIsNamedDerivedOrFresh) {
    const auto derive = [&](const Scope& scope, std::optional<std::string> named,
                            std::optional<std::string> fingerprint) {
        return derive_device_id(vault_, random_, scope, named, fingerprint).value;
    };
    EXPECT_EQ(derive(ours_, "kiosk-3", kFingerprint), "kiosk-3");
    const auto derived = derive(ours_, std::nullopt, kFingerprint);
    EXPECT_TRUE(derived.starts_with("dev_"));
    EXPECT_EQ(derived.size(), 26U);
    EXPECT_EQ(derive(ours_, std::nullopt, kFingerprint), derived);
    for (const auto& other : others_) EXPECT_NE(derive(other, std::nullopt, kFingerprint), derived);
    std::string upper = kFingerprint;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(derive(ours_, std::nullopt, upper), derived);
    EXPECT_NE(derive(ours_, std::nullopt, std::nullopt), derive(ours_, std::nullopt, std::nullopt));
}

TEST_F(DeviceTest, HistoryIsOfTheSameIdAndFingerprintForNinetyDays) {
    const DeviceId device("dev_1");
    const UserId ada("user_ada");
    const UserId bob("user_bob");
    const auto history = [&](const std::optional<std::string>& fingerprint, const UserId& user, TimeMs at) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return device_history(tx, device, fingerprint, user, at); });
    };
    const auto use = [&](const UserId& user, TimeMs at) {
        db_.write(ours_, [&](sql::TenantTx& tx) { record_device_use(tx, device, kFingerprint, user, at); });
    };
    EXPECT_FALSE(history(kFingerprint, ada, now_).known_to_user);
    use(ada, now_);
    EXPECT_TRUE(history(kFingerprint, ada, now_).known_to_user);
    EXPECT_EQ(history(kFingerprint, ada, now_).other_users, 0);
    EXPECT_FALSE(history(std::nullopt, ada, now_).known_to_user);
    EXPECT_FALSE(history(kFingerprint, bob, now_).known_to_user);
    EXPECT_EQ(history(kFingerprint, bob, now_).other_users, 1);
    EXPECT_TRUE(history(kFingerprint, ada, now_ + hours(90 * 24) - Milliseconds(1)).known_to_user);
    EXPECT_FALSE(history(kFingerprint, ada, now_ + hours(90 * 24)).known_to_user);
    use(ada, now_ + hours(24));
    EXPECT_TRUE(history(kFingerprint, ada, now_ + hours(90 * 24)).known_to_user);
    EXPECT_EQ(rows_in("devices"), 1);
}

TEST_F(DeviceTest, UsersOfADeviceAreTheLatestFifty) {
    db_.write(ours_, [&](sql::TenantTx& tx) {
        for (int i = 0; i < 60; ++i) {
            record_device_use(tx, DeviceId("dev_1"), kFingerprint, UserId("user_" + std::to_string(i)),
                              now_ + Milliseconds(i));
        }
    });
    db_.read(ours_, [&](sql::TenantTx& tx) {
        const auto users = users_of_device(tx, DeviceId("dev_1"), kFingerprint, now_ + hours(1));
        ASSERT_EQ(users.size(), 50U);
        EXPECT_EQ(users.front(), UserId("user_59"));
        EXPECT_EQ(users.back(), UserId("user_10"));
        EXPECT_TRUE(users_of_device(tx, DeviceId("dev_1"), std::nullopt, now_).empty());
        EXPECT_TRUE(users_of_device(tx, DeviceId("dev_2"), kFingerprint, now_).empty());
    });
}

}  // namespace
}  // namespace facegate::domain
