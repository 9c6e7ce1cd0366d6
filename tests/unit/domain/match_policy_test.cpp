#include "domain/policies/match_policy.h"

#include <limits>

#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

class MatchPolicyTest : public DomainTest {
protected:
    Result<MatchPolicy> change(const MatchPolicyChange& change) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return change_match_policy(tx, change, now_); });
    }
    MatchPolicy policy(const Scope& scope) {
        return db_.read(scope, [](sql::TenantTx& tx) { return match_policy(tx); });
    }
};

TEST_F(MatchPolicyTest, HasDefaultsUntilItIsChangedFieldByField) {
    EXPECT_EQ(policy(ours_).target_fmr, 1e-4);
    EXPECT_EQ(policy(ours_).target_fpir, 1e-3);
    EXPECT_EQ(policy(ours_).duplicate_fmr, 1e-5);
    EXPECT_TRUE(policy(ours_).learn_templates);
    ASSERT_TRUE(change({.target_fmr = 1e-5}));
    const auto changed = change({.target_fpir = 1e-9, .learn_templates = false});
    ASSERT_TRUE(changed);
    for (const MatchPolicy& now : {*changed, policy(ours_)}) {
        EXPECT_EQ(now.target_fmr, 1e-5);
        EXPECT_EQ(now.target_fpir, 1e-9);
        EXPECT_EQ(now.duplicate_fmr, 1e-5);
        EXPECT_FALSE(now.learn_templates);
    }
    for (const Scope& other : others_) EXPECT_EQ(policy(other).target_fmr, 1e-4);
}

TEST_F(MatchPolicyTest, NamesEveryValueOutOfRangeAndChangesNothing) {
    const auto refused = change({.target_fmr = 0.02, .target_fpir = 0, .duplicate_fmr = 1e-6});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kValidationFailed);
    ASSERT_EQ(refused.error().issues.size(), 2U);
    EXPECT_EQ(refused.error().issues[0].path, std::vector<std::string>{"target_fmr"});
    EXPECT_EQ(refused.error().issues[0].code, "too_big");
    EXPECT_EQ(refused.error().issues[1].path, std::vector<std::string>{"target_fpir"});
    EXPECT_EQ(refused.error().issues[1].code, "too_small");
    EXPECT_EQ(policy(ours_).duplicate_fmr, 1e-5);
    EXPECT_FALSE(change({.target_fmr = std::numeric_limits<double>::quiet_NaN()}));
    EXPECT_TRUE(change({.target_fmr = 1e-2, .target_fpir = 1e-1, .duplicate_fmr = 1e-9}));
}

}  // namespace
}  // namespace facegate::domain
