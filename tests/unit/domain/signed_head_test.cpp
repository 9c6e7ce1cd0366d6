#include "domain/audit/signed_head.h"

#include <boost/json.hpp>

#include "domain/audit/audit_search.h"
#include "domain/audit/audit_verification.h"
#include "domain/users/user_removal.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

class SignedHeadTest : public DomainTest {
protected:
    void append(const Scope& scope, int records) {
        db_.write(scope, [&](sql::TenantTx& tx) {
            for (int i = 0; i < records; ++i) trail_.append(tx, {"key_1", "test", "", "{}"}, now_);
        });
    }
    SignedHeads sign(int limit = 100) {
        return db_.write_system([&](sql::SystemTx& tx) { return sign_grown_heads(tx, trail_, signer_, now_, limit); });
    }
    AuditVerification verify(const Scope& scope) {
        return db_.read(scope, [&](sql::TenantTx& tx) { return verify_audit(tx, trail_, signer_, published_); });
    }
    void publish() {
        db_.write_system([&](sql::SystemTx& tx) {
            const auto waiting = unpublished_heads(tx, signer_, 100);
            for (const auto& [head, token] : waiting) published_.push_back(signer_.read(token).value());
            mark_published(tx, waiting);
        });
    }
    void change(const std::string& statement) {
        db_.write(ours_, [&](sql::TenantTx& tx) { EXPECT_GT(tx.execute(statement), 0) << statement; });
    }
    /// Who holds the master key and the database, but not what was published: takes records off and the head with them.
    void cut_to(std::int64_t seq) {
        const std::string scope = " WHERE tenant_id = $1 AND environment = $2";
        db_.write(ours_, [&](sql::TenantTx& tx) {
            tx.execute("DELETE FROM audit_records" + scope + " AND seq > $3", {seq});
            tx.execute("DELETE FROM audit_signed_heads" + scope + " AND seq > $3", {seq});
            tx.execute("UPDATE audit_heads SET seq = $3, hash = (SELECT hash FROM audit_records" + scope +
                           " AND seq = $3)" + scope,
                       {seq});
        });
    }
    static AuditProblemKind only_problem(const AuditVerification& result) {
        EXPECT_EQ(result.problems.size(), 1U);
        return result.problems.empty() ? AuditProblemKind::kSignature : result.problems.front().kind;
    }

    AuditTrail trail_{vault_};
    HeadSigner signer_ =
        db_.write_system([&](sql::SystemTx& tx) { return HeadSigner::load_or_create(tx, vault_, now_); });
    std::vector<AuditHead> published_;
};

TEST_F(SignedHeadTest, EveryGrownChainIsSignedOnceAndPublishedOnce) {
    append(ours_, 3);
    append(theirs_, 1);
    EXPECT_EQ(sign().signed_now, 2);
    EXPECT_EQ(sign().signed_now, 0);
    append(ours_, 1);
    EXPECT_EQ(sign().signed_now, 1);
    publish();
    ASSERT_EQ(published_.size(), 3U);
    publish();
    EXPECT_EQ(published_.size(), 3U);
    EXPECT_TRUE(verify(ours_).intact());
    EXPECT_EQ(verify(ours_).records, 4);
    EXPECT_EQ(verify(ours_).heads, 4) << "two in the database, the same two in the file";
    EXPECT_EQ(verify(theirs_).heads, 2);
}

TEST_F(SignedHeadTest, ABoundedRunGoesOnWhereItStopped) {
    append(ours_, 1);
    append(ours_live_, 1);
    append(theirs_, 1);
    EXPECT_EQ(sign(2).signed_now, 2);
    EXPECT_EQ(sign(2).signed_now, 1);
    EXPECT_EQ(sign(2).signed_now, 0);
}

TEST_F(SignedHeadTest, AHeadReadsBackAndNoOtherKeyOrTextDoes) {
    const AuditHead head{ours_, 7, Bytes(32, 0xab), now_};
    const std::string token = signer_.sign(head);
    const auto read = signer_.read(token);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->scope, ours_);
    EXPECT_EQ(read->seq, 7);
    EXPECT_EQ(read->hash, head.hash);
    EXPECT_EQ(read->signed_at, now_);
    const auto key = crypto::EcKey::generate();
    EXPECT_FALSE(signer_.read(crypto::sign_es256(key, "facegate-audit-head", "{}")).has_value());
    std::string forged = token;
    forged[forged.find('.') + 5] ^= 1;
    EXPECT_FALSE(signer_.read(forged).has_value());
    EXPECT_FALSE(signer_.read("").has_value());
    EXPECT_FALSE(signer_.read("a.b.c").has_value());
    EXPECT_EQ(boost::json::parse(signer_.jwks()).at("keys").as_array().size(), 1U);
    EXPECT_EQ(signer_.jwks().find("\"d\""), std::string::npos) << "no private key";
}

TEST_F(SignedHeadTest, TheKeyIsKept) {
    const HeadSigner again =
        db_.write_system([&](sql::SystemTx& tx) { return HeadSigner::load_or_create(tx, vault_, now_); });
    EXPECT_EQ(again.jwks(), signer_.jwks());
    EXPECT_TRUE(again.read(signer_.sign({ours_, 1, Bytes(32, 1), now_})).has_value());
}

TEST_F(SignedHeadTest, AChangedRecordIsNamed) {
    append(ours_, 5);
    sign();
    change("UPDATE audit_records SET action = 'x' WHERE tenant_id = $1 AND environment = $2 AND seq = 2");
    const auto result = verify(ours_);
    EXPECT_EQ(only_problem(result), AuditProblemKind::kRecord);
    EXPECT_EQ(result.problems.front().seq, 2);
    EXPECT_EQ(result.records, 1);
}

TEST_F(SignedHeadTest, RecordsThatChangedPlacesAreSeen) {
    append(ours_, 5);
    sign();
    change("UPDATE audit_records SET seq = 1000 WHERE tenant_id = $1 AND environment = $2 AND seq = 2");
    change("UPDATE audit_records SET seq = 2 WHERE tenant_id = $1 AND environment = $2 AND seq = 3");
    change("UPDATE audit_records SET seq = 3 WHERE tenant_id = $1 AND environment = $2 AND seq = 1000");
    EXPECT_EQ(only_problem(verify(ours_)), AuditProblemKind::kRecord);
}

TEST_F(SignedHeadTest, ACutTailIsSeenByWhatWasPublished) {
    append(ours_, 5);
    sign();
    publish();
    cut_to(3);
    published_.clear();
    EXPECT_TRUE(verify(ours_).intact()) << "without what was published nothing tells";
    published_.push_back({ours_, 5, Bytes(32, 0), now_});
    const auto result = verify(ours_);
    EXPECT_EQ(only_problem(result), AuditProblemKind::kTailCut);
    EXPECT_EQ(result.problems.front().seq, 5);
}

TEST_F(SignedHeadTest, ADatabaseThatWasRolledBackAndWentOnIsSeen) {
    append(ours_, 5);
    sign();
    publish();
    cut_to(3);
    now_ += std::chrono::hours(1);
    append(ours_, 4);
    sign();
    const auto result = verify(ours_);
    EXPECT_EQ(only_problem(result), AuditProblemKind::kRewritten);
    EXPECT_EQ(result.problems.front().seq, 5);
}

TEST_F(SignedHeadTest, AChainThatVanishedIsSeen) {
    append(ours_, 2);
    sign();
    publish();
    db_.write(ours_, [](sql::TenantTx& tx) {
        for (const char* table : {"audit_records", "audit_heads", "audit_signed_heads"}) {
            tx.execute(std::string("DELETE FROM ") + table + " WHERE tenant_id = $1 AND environment = $2");
        }
    });
    EXPECT_EQ(only_problem(verify(ours_)), AuditProblemKind::kTailCut);
}

TEST_F(SignedHeadTest, AForgedHeadInTheDatabaseIsSeen) {
    append(ours_, 2);
    sign();
    const std::string token = crypto::sign_es256(crypto::EcKey::generate(), "facegate-audit-head", "{}");
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE audit_signed_heads SET token = $3 WHERE tenant_id = $1 AND environment = $2", {token});
    });
    EXPECT_EQ(only_problem(verify(ours_)), AuditProblemKind::kSignature);
}

TEST_F(SignedHeadTest, ABrokenHeadIsNotSigned) {
    append(ours_, 2);
    append(theirs_, 2);
    change("UPDATE audit_records SET details = '[]' WHERE tenant_id = $1 AND environment = $2 AND seq = 2");
    const auto result = sign();
    EXPECT_EQ(result.signed_now, 1);
    ASSERT_EQ(result.broken.size(), 1U);
    EXPECT_EQ(result.broken.front(), ours_);
}

class AuditSearchTest : public SignedHeadTest {
protected:
    void record(const AuditEntry& entry, std::string_view reference = {}) {
        db_.write(ours_, [&](sql::TenantTx& tx) {
            trail_.append(tx, entry, now_);
            if (!reference.empty()) trail_.refer(tx, reference);
        });
        now_ += std::chrono::seconds(1);
    }
    std::vector<std::int64_t> found(const AuditFilter& filter, int limit = 100) {
        std::vector<std::int64_t> numbers;
        for (const auto& record :
             db_.read(ours_, [&](sql::TenantTx& tx) { return search_audit(tx, trail_, filter, limit); })) {
            numbers.push_back(record.seq);
        }
        return numbers;
    }
    using Numbers = std::vector<std::int64_t>;
};

TEST_F(AuditSearchTest, EveryFilterNarrowsAndTheyCombine) {
    const TimeMs start = now_;
    record({"key_1", "user.enrolled", "user_1", "{}"});
    record({"key_2", "user.enrolled", "user_2", "{}"});
    record({"key_1", "verify.matched", "user_1", "{}"}, "request-3");
    record({"cli", "key.created", "key_9", "{}"});
    append(theirs_, 1);
    EXPECT_EQ(found({}), (Numbers{4, 3, 2, 1}));
    EXPECT_EQ(found({}, 2), (Numbers{4, 3}));
    EXPECT_EQ(found({.before = 3}), (Numbers{2, 1}));
    EXPECT_EQ(found({.action = "user.enrolled"}), (Numbers{2, 1}));
    EXPECT_EQ(found({.actor = "key_1"}), (Numbers{3, 1}));
    EXPECT_EQ(found({.subject = "user_1"}), (Numbers{3, 1}));
    EXPECT_EQ(found({.reference = "request-3"}), (Numbers{3}));
    EXPECT_EQ(found({.reference = "request-4"}), Numbers{});
    EXPECT_EQ(found({.from = start + std::chrono::seconds(1)}), (Numbers{4, 3, 2}));
    EXPECT_EQ(found({.to = start + std::chrono::seconds(1)}), (Numbers{1}));
    EXPECT_EQ(found({.action = "user.enrolled", .actor = "key_1", .subject = "user_1"}), (Numbers{1}));
}

TEST_F(AuditSearchTest, AUserIsNamedUntilDeletedAndTheChainStaysWhole) {
    const UserId user = add_user(ours_);
    record({"key_1", "user.enrolled", user.value, "{}"});
    const auto subject = [&](const AuditFilter& filter) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return search_audit(tx, trail_, filter, 1); }).at(0).subject;
    };
    EXPECT_EQ(subject({}), user.value);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        ASSERT_TRUE(remove_user(tx, user, now_).has_value());
        trail_.append(tx, {"key_1", "user.deleted", user.value, "{}"}, now_);
    });
    EXPECT_FALSE(subject({.action = "user.enrolled"}).has_value());
    EXPECT_FALSE(subject({.action = "user.deleted"}).has_value());
    EXPECT_EQ(rows_in("audit_subjects"), 0);
    EXPECT_EQ(found({.subject = user.value}).size(), 2U) << "who still knows the id finds the records";
    EXPECT_TRUE(verify(ours_).intact());
}

}  // namespace
}  // namespace facegate::domain
