#include "domain/audit/audit.h"

#include <thread>

#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

class AuditTest : public DomainTest {
protected:
    void append(const Scope& scope, const std::string& action) {
        db_.write(scope,
                  [&](sql::TenantTx& tx) { trail_.append(tx, {"key_1", action, "user_1", R"({"conf":99.4})"}, now_); });
    }
    ChainCheck verify(const Scope& scope) {
        return db_.read(scope, [&](sql::TenantTx& tx) { return trail_.verify_chain(tx); });
    }
    void tamper(const std::string& statement) {
        db_.write(ours_, [&](sql::TenantTx& tx) { EXPECT_GT(tx.execute(statement), 0); });
    }
    AuditTrail trail_{vault_};
};

TEST_F(AuditTest, ChainsEveryRecordOfAScope) {
    EXPECT_TRUE(verify(ours_).intact);
    for (int i = 0; i < 5; ++i) append(ours_, "user.enrolled");
    append(theirs_, "user.enrolled");
    EXPECT_TRUE(verify(ours_).intact);
    EXPECT_EQ(verify(ours_).records, 5);
    EXPECT_EQ(verify(theirs_).records, 1);
    EXPECT_EQ(verify(ours_live_).records, 0);
}

TEST_F(AuditTest, VerifiesChainsLongerThanABatch) {
    db_.write(ours_, [&](sql::TenantTx& tx) {
        for (int i = 0; i < 2000; ++i) trail_.append(tx, {"system", "test", "", "{}"}, now_);
    });
    EXPECT_TRUE(verify(ours_).intact);
    EXPECT_EQ(verify(ours_).records, 2000);
}

TEST_F(AuditTest, ConcurrentRecordsFormOneChain) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([this] {
            for (int j = 0; j < 10; ++j) append(ours_, "user.verified");
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(verify(ours_).intact);
    EXPECT_EQ(verify(ours_).records, 80);
}

TEST_F(AuditTest, EveryTamperingIsSeenWhereItStarts) {
    const std::string where = " WHERE tenant_id = $1 AND environment = $2 AND seq = 3";
    const std::vector<std::string> tamperings{
        "UPDATE audit_records SET actor = 'key_2'" + where,
        "UPDATE audit_records SET action = 'user.deleted'" + where,
        "UPDATE audit_records SET subject = ''" + where,
        "UPDATE audit_records SET details = '{}'" + where,
        "UPDATE audit_records SET created_at = created_at + 1" + where,
        "UPDATE audit_records SET hash = prev_hash" + where,
        "DELETE FROM audit_records" + where,
    };
    for (const auto& tampering : tamperings) {
        SCOPED_TRACE(tampering);
        db_.write(ours_, [](sql::TenantTx& tx) {
            tx.execute("DELETE FROM audit_records WHERE tenant_id = $1 AND environment = $2");
            tx.execute("DELETE FROM audit_heads WHERE tenant_id = $1 AND environment = $2");
        });
        for (int i = 0; i < 5; ++i) append(ours_, "user.enrolled");
        ASSERT_TRUE(verify(ours_).intact);
        tamper(tampering);
        const auto check = verify(ours_);
        EXPECT_FALSE(check.intact);
        EXPECT_EQ(check.broken_at, 3);
    }
}

TEST_F(AuditTest, ACutTailIsSeen) {
    for (int i = 0; i < 3; ++i) append(ours_, "user.enrolled");
    tamper("DELETE FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND seq = 3");
    EXPECT_FALSE(verify(ours_).intact);
    EXPECT_EQ(verify(ours_).broken_at, 3);
}

TEST_F(AuditTest, AChainOfAnotherScopeDoesNotFit) {
    append(theirs_, "user.enrolled");
    db_.write_system([&](sql::SystemTx& tx) {
        tx.execute("UPDATE audit_records SET tenant_id = $1", {ours_.tenant});
        tx.execute("UPDATE audit_heads SET tenant_id = $1", {ours_.tenant});
    });
    EXPECT_FALSE(verify(ours_).intact);
}

TEST_F(AuditTest, AChainUnderAnotherKeyDoesNotFit) {
    append(ours_, "user.enrolled");
    const Vault other(crypto::SecretKey::generate(random_), random_);
    const AuditTrail stranger(other);
    EXPECT_FALSE(db_.read(ours_, [&](sql::TenantTx& tx) { return stranger.verify_chain(tx); }).intact);
}

TEST_F(AuditTest, SubjectsEnterAsPseudonymsOfTheirScope) {
    append(ours_, "user.enrolled");
    const auto subject = db_.read(ours_, [](sql::TenantTx& tx) {
        return tx.query("SELECT subject FROM audit_records WHERE tenant_id = $1 AND environment = $2").front().text(0);
    });
    EXPECT_EQ(subject, trail_.pseudonym(ours_, "user_1"));
    EXPECT_EQ(subject.size(), 64U);
    for (const auto& other : others_) EXPECT_NE(trail_.pseudonym(other, "user_1"), subject);
    EXPECT_NE(trail_.pseudonym(ours_, "user_2"), subject);
}

TEST_F(AuditTest, ARolledBackChangeLeavesNoRecord) {
    const auto failed = db_.write(ours_, [&](sql::TenantTx& tx) -> Result<void> {
        trail_.append(tx, {"key_1", "user.enrolled", "user_1", "{}"}, now_);
        return fail(ErrorCode::kConsentInvalid, "");
    });
    EXPECT_FALSE(failed.has_value());
    append(ours_, "user.enrolled");
    EXPECT_TRUE(verify(ours_).intact);
    EXPECT_EQ(verify(ours_).records, 1);
}

}  // namespace
}  // namespace facegate::domain
