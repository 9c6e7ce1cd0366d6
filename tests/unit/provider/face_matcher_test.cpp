#include "provider/local/face_matcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "domain/faces/face.h"
#include "domain/tenants/tenant.h"
#include "domain/users/user.h"
#include "unit/temporary_directory.h"
#include "unit/vision/default_engine.h"

namespace facegate::provider {
namespace {

const vision::EngineSet& engines() {
    return vision::default_engines();
}

/// A collection of templates whose scores against the one probe are chosen.
class FaceMatcherTest : public testing::Test {
protected:
    FaceMatcherTest() {
        db_.write_system([&](sql::SystemTx& tx) {
            scope_ = {domain::create_tenant(tx, vault_, random_, "Tests", {}, now_).value().id, Environment::kTest};
        });
        probe_.assign(engines().current().dimension(), 0.0F);
        probe_[0] = 1;
    }
    /// Somebody whose template of so many photos has this score.
    UserId add(double score, int photos = 1) {
        const UserId user = db_.write(scope_, [&](sql::TenantTx& tx) {
            const UserId id = domain::create_user(tx, random_, {}, std::nullopt, now_).value();
            (void)vault_.create_user_key(tx, id);
            add_face(tx, id, score, photos);
            return id;
        });
        gallery_.catch_up(scope_);
        return user;
    }
    void add_face(sql::TenantTx& tx, const UserId& user, double score, int photos) {
        domain::Face face;
        face.user = user;
        face.pack_id = engines().current().pack_id();
        face.photos = photos;
        vision::FaceVector vector(probe_.size(), 0.0F);
        vector[0] = static_cast<float>(score - engines().current().score_bias());
        (void)domain::add_face(tx, vault_, random_, face, vector, now_);
    }
    /// The score of that false-match rate.
    static double score_of(double fmr, int photos = 1) {
        return engines().current().calibration().threshold(fmr, photos);
    }
    [[nodiscard]] vision::FaceVectors probes() const { return {{engines().current().pack_id(), probe_}}; }
    [[nodiscard]] MatchResult identify() const { return matcher_.identify(scope_, probes(), policy_); }

    SystemRandom random_;
    const TimeMs now_ = from_unix_ms(1'780'000'000'123);
    TemporaryDirectory directory_;
    sql::Database db_{{directory_.file(), 2}};
    domain::Vault vault_{crypto::SecretKey::generate(random_), random_};
    Scope scope_;
    Gallery gallery_{db_, vault_, engines()};
    FaceMatcher matcher_{engines(), gallery_};
    domain::MatchPolicy policy_;
    vision::FaceVector probe_;
};

TEST_F(FaceMatcherTest, NobodyToCompareWithIsNoMatch) {
    EXPECT_EQ(identify().decision, domain::MatchDecision::kNoMatch);
    EXPECT_FALSE(identify().user.has_value());
    EXPECT_EQ(matcher_.check_claim(scope_, {}, probes(), policy_).decision, domain::MatchDecision::kNoMatch);
    EXPECT_FALSE(matcher_.find_duplicate(scope_, probes(), policy_).has_value());
}

TEST_F(FaceMatcherTest, TheRateIsThatOfTheTemplatesPhotosTimesThePeople) {
    const UserId user = add(score_of(1e-5, 3), 3);
    for (int i = 0; i < 9; ++i) add(0);
    const MatchResult found = identify();
    EXPECT_EQ(found.user, user);
    EXPECT_NEAR(std::log10(found.fmr), -5, 1e-3);
    EXPECT_EQ(found.people, 10U);
    EXPECT_NEAR(std::log10(found.false_match), -4, 1e-3);
    EXPECT_EQ(found.required, 1e-3);
    EXPECT_NEAR(found.threshold, score_of(1e-4, 3), 1e-6);
    EXPECT_EQ(found.pack, "default-1");
    EXPECT_TRUE(found.matched());
    EXPECT_FALSE(found.extrapolated);
}

TEST_F(FaceMatcherTest, AHigherScoreOfMorePhotosIsNotSurer) {
    // Templates of five photos score higher with everybody.
    const double stranger = score_of(2e-4, 5);
    const double genuine = score_of(1e-5, 1);
    ASSERT_GT(stranger, genuine - 1);
    const UserId many = add(genuine + 0.05, 5);
    const UserId one = add(genuine, 1);
    const MatchResult found = identify();
    EXPECT_EQ(found.user, one) << many.value << " only has the higher score";
}

TEST_F(FaceMatcherTest, ASecondPersonTooCloseNeedsAClaim) {
    add(score_of(1e-8));
    EXPECT_TRUE(identify().matched());
    add(score_of(0.9e-7));
    EXPECT_EQ(identify().decision, domain::MatchDecision::kClaimRequired);
}

TEST_F(FaceMatcherTest, APersonsOwnSecondFaceIsNoRival) {
    const UserId user = add(score_of(1e-8));
    db_.write(scope_, [&](sql::TenantTx& tx) { add_face(tx, user, score_of(1e-8), 1); });
    gallery_.catch_up(scope_);
    const MatchResult found = identify();
    EXPECT_EQ(found.user, user);
    EXPECT_TRUE(found.matched());
    EXPECT_EQ(found.people, 1U);
}

TEST_F(FaceMatcherTest, AFewPeopleShareTheTargetAmongThem) {
    const UserId user = add(score_of(4e-4));
    const UserId other = add(0);
    add(0);
    EXPECT_EQ(identify().decision, domain::MatchDecision::kNoMatch);
    const std::vector<UserId> two{user, other};
    const MatchResult found = matcher_.identify_among(scope_, two, probes(), policy_);
    EXPECT_EQ(found.user, user);
    EXPECT_EQ(found.people, 2U);
    EXPECT_TRUE(found.matched());
}

TEST_F(FaceMatcherTest, TheTenantsTargetsDecide) {
    const UserId user = add(score_of(1e-5));
    const std::vector<UserId> claimed{user};
    EXPECT_TRUE(identify().matched());
    EXPECT_TRUE(matcher_.check_claim(scope_, claimed, probes(), policy_).matched());
    EXPECT_EQ(matcher_.find_duplicate(scope_, probes(), policy_), user);
    policy_ = {1e-6, 1e-6, 1e-6, true};
    EXPECT_FALSE(identify().matched());
    EXPECT_FALSE(matcher_.check_claim(scope_, claimed, probes(), policy_).matched());
    EXPECT_FALSE(matcher_.find_duplicate(scope_, probes(), policy_).has_value());
}

TEST_F(FaceMatcherTest, APersonIsNeverMissingWhileATemplateIsReplaced) {
    const UserId user = add(score_of(1e-8));
    std::atomic<bool> done = false;
    std::atomic<int> missed = 0;
    std::atomic<int> found = 0;
    std::thread reader([&] {
        while (!done) (identify().user == user ? found : missed)++;
    });
    for (int i = 0; i < 100 || found < 100; ++i) {
        db_.write(scope_, [&](sql::TenantTx& tx) {
            const FaceId old = domain::faces_of_user(tx, user).front().id;
            EXPECT_TRUE(domain::remove_face(tx, old, now_));
            add_face(tx, user, score_of(1e-8), 1);
        });
        gallery_.catch_up(scope_);
    }
    done = true;
    reader.join();
    EXPECT_EQ(missed, 0);
    EXPECT_EQ(gallery_.faces(scope_), 1U);
}

TEST_F(FaceMatcherTest, VectorsOfUnknownPacksAreIgnored) {
    const UserId user = add(score_of(1e-8));
    vision::FaceVectors more = probes();
    more.emplace("unknown-7", vision::FaceVector(3, 1.0F));
    EXPECT_EQ(matcher_.identify(scope_, more, policy_).user, user);
    more.erase(engines().current().pack_id());
    EXPECT_FALSE(matcher_.identify(scope_, more, policy_).user.has_value());
}

}  // namespace
}  // namespace facegate::provider
