#include "domain/policies/liveness_policy.h"

#include <limits>

#include "domain/policies/match_policy.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

class LivenessPolicyTest : public DomainTest {
protected:
    Result<LivenessPolicy> change(const LivenessPolicyChange& change) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return change_liveness_policy(tx, change, now_); });
    }
    LivenessPolicy policy(const Scope& scope) {
        return db_.read(scope, [](sql::TenantTx& tx) { return liveness_policy(tx); });
    }
};

TEST_F(LivenessPolicyTest, AsksForLightUntilItIsChangedFieldByField) {
    EXPECT_EQ(policy(ours_).challenge, ChallengeChoice::kMovementAndLight);
    EXPECT_FALSE(policy(ours_).movement_step_up);
    EXPECT_EQ(policy(ours_).min_confidence, 90);
    ASSERT_TRUE(change({.challenge = ChallengeChoice::kMovementAllowed}));
    ASSERT_TRUE(change({.movement_step_up = true}));
    const auto changed = change({.min_confidence = 95.5});
    ASSERT_TRUE(changed);
    for (const LivenessPolicy& now : {*changed, policy(ours_)}) {
        EXPECT_EQ(now.challenge, ChallengeChoice::kMovementAllowed);
        EXPECT_TRUE(now.movement_step_up);
        EXPECT_EQ(now.min_confidence, 95.5);
    }
    ASSERT_TRUE(change({.challenge = ChallengeChoice::kMovementAndLight, .movement_step_up = false}));
    EXPECT_FALSE(policy(ours_).allows(LivenessChallenge::kMovement));
    EXPECT_FALSE(policy(ours_).movement_step_up);
}

TEST_F(LivenessPolicyTest, OnlyWhoAllowsItGetsMovementAlone) {
    ASSERT_TRUE(change({.challenge = ChallengeChoice::kMovementAllowed}));
    for (const Scope& scope : {ours_, ours_live_, theirs_, demo_scope()}) {
        const bool allowed = scope == ours_ || scope == demo_scope();
        EXPECT_EQ(policy(scope).allows(LivenessChallenge::kMovement), allowed) << scope.tenant.value;
        EXPECT_TRUE(policy(scope).allows(LivenessChallenge::kMovementAndLight));
    }
}

TEST_F(LivenessPolicyTest, TheBarCanOnlyBeRaised) {
    for (const double wrong :
         {89.9, 0.0, -1.0, 100.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const auto refused = change({.challenge = ChallengeChoice::kMovementAllowed, .min_confidence = wrong});
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, ErrorCode::kValidationFailed);
        ASSERT_EQ(refused.error().issues.size(), 1U);
        EXPECT_EQ(refused.error().issues[0].path, std::vector<std::string>{"min_confidence"});
        EXPECT_EQ(refused.error().issues[0].code, wrong < 90 ? "too_small" : "too_big");
    }
    EXPECT_FALSE(policy(ours_).allows(LivenessChallenge::kMovement)) << "nothing of a refused change is saved";
    EXPECT_TRUE(change({.min_confidence = 90}));
    EXPECT_TRUE(change({.min_confidence = 100}));
}

TEST_F(LivenessPolicyTest, PoliciesOfOneTenantAreKeptApart) {
    db_.write(ours_, [&](sql::TenantTx& tx) {
        EXPECT_TRUE(change_match_policy(tx, {.target_fmr = 1e-6}, now_).has_value());
        EXPECT_TRUE(change_liveness_policy(tx, {.min_confidence = 99}, now_).has_value());
        EXPECT_EQ(match_policy(tx).target_fmr, 1e-6);
        EXPECT_EQ(liveness_policy(tx).min_confidence, 99);
    });
}

TEST_F(LivenessPolicyTest, NamesLeadBackToWhatTheyName) {
    for (const auto choice : {ChallengeChoice::kMovementAndLight, ChallengeChoice::kMovementAllowed}) {
        EXPECT_EQ(challenge_choice(name_of(choice)), choice);
    }
    for (const auto challenge : kLivenessChallenges) EXPECT_EQ(liveness_challenge(name_of(challenge)), challenge);
    for (const auto* wrong : {"", "light", "Movement", "movement "}) {
        EXPECT_EQ(challenge_choice(wrong), std::nullopt);
        EXPECT_EQ(liveness_challenge(wrong), std::nullopt);
    }
}

}  // namespace
}  // namespace facegate::domain
