#include "domain/consents/consent.h"

#include <set>

#include "crypto/secret.h"
#include "domain/consents/consent_texts.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

TEST(ConsentTexts, AreWhatPeopleAgreedTo) {
    // A change of any of these hashes means a published text was edited: write a new version instead.
    ASSERT_EQ(consent_texts().size(), 2U);
    EXPECT_EQ(consent_texts()[0].version + consent_texts()[0].language, "v1en");
    EXPECT_EQ(consent_texts()[0].sha256, "772f3f267878414cfc469fc4f3868e47d20305bbf662160a6b514ce1c653dfb0");
    EXPECT_EQ(consent_texts()[1].version + consent_texts()[1].language, "v1de");
    EXPECT_EQ(consent_texts()[1].sha256, "03bfd563dcdcd96b86241968761f1e4d708a3d027414915297d1594dee9943ec");
}

TEST(ConsentTexts, AreFoundByVersionAndHashInEitherCase) {
    const auto& english = consent_texts().front();
    EXPECT_EQ(find_consent_text("v1", english.sha256), &english);
    std::string upper = english.sha256;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(find_consent_text("v1", upper), &english);
    EXPECT_EQ(find_consent_text("v2", english.sha256), nullptr);
    EXPECT_EQ(find_consent_text("v1", std::string(64, '0')), nullptr);
    EXPECT_EQ(find_consent_text("v1", ""), nullptr);
    EXPECT_EQ(find_consent_text("v1", english.sha256 + "00"), nullptr);
}

class ConsentTest : public DomainTest {
protected:
    Result<Consent> record(const NewConsent& consent) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return record_consent(tx, random_, consent, now_); });
    }
    Result<void> link(const ConsentId& id, const UserId& user) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return link_consent(tx, id, user); });
    }
    std::string german_ = consent_texts()[1].sha256;
};

TEST_F(ConsentTest, RecordKeepsItsProof) {
    const auto recorded = record({"v1", german_, std::nullopt, "2001:db8::1", "Agent\x01\xff/1.0"}).value();
    EXPECT_TRUE(is_uuid(recorded.id.value));
    const auto found = db_.read(ours_, [&](sql::TenantTx& tx) { return find_consent(tx, recorded.id); }).value();
    EXPECT_EQ(found.version, "v1");
    EXPECT_EQ(found.language, "de");
    EXPECT_EQ(found.text_hash, german_);
    EXPECT_EQ(found.ip, "2001:db8::1");
    EXPECT_EQ(found.user_agent, "Agent" + std::string(2, '?') + "/1.0");
    EXPECT_EQ(found.consented_at, now_);
    EXPECT_EQ(found.user, std::nullopt);
}

TEST_F(ConsentTest, UserAgentIsBounded) {
    const auto recorded = record({"v1", german_, std::nullopt, "", std::string(100'000, 'x')}).value();
    EXPECT_EQ(recorded.user_agent.size(), 512U);
}

TEST_F(ConsentTest, UnknownTextsAreRefused) {
    EXPECT_EQ(record({"v9", german_, std::nullopt, "", ""}).error().code, ErrorCode::kConsentInvalid);
    EXPECT_EQ(record({"v1", std::string(64, 'a'), std::nullopt, "", ""}).error().code, ErrorCode::kConsentInvalid);
    EXPECT_EQ(rows_in("consents"), 0);
}

TEST_F(ConsentTest, NamesAnExistingUserOfItsScope) {
    const auto ours = add_user(ours_);
    const auto theirs = add_user(theirs_);
    EXPECT_EQ(record({"v1", german_, theirs, "", ""}).error().code, ErrorCode::kNotFound);
    const auto recorded = record({"v1", german_, ours, "", ""}).value();
    EXPECT_EQ(recorded.user, ours);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(check_consent(tx, recorded.id).error().code, ErrorCode::kConsentInvalid);
    });
}

TEST_F(ConsentTest, BelongsToWhoeverIsLinkedFirst) {
    const auto consent = add_consent(ours_);
    const auto ada = add_user(ours_);
    const auto bob = add_user(ours_);
    db_.read(ours_, [&](sql::TenantTx& tx) { EXPECT_TRUE(check_consent(tx, consent).has_value()); });
    EXPECT_TRUE(link(consent, ada).has_value());
    EXPECT_TRUE(link(consent, ada).has_value());
    EXPECT_EQ(link(consent, bob).error().code, ErrorCode::kConsentInvalid);
    EXPECT_EQ(link(ConsentId("c0ffee00-0000-4000-8000-000000000000"), bob).error().code, ErrorCode::kConsentInvalid);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(find_consent(tx, consent)->user, ada);
        EXPECT_EQ(check_consent(tx, consent).error().code, ErrorCode::kConsentInvalid);
    });
}

TEST_F(ConsentTest, RevokedIsInvalid) {
    const auto consent = add_consent(ours_);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE consents SET revoked_at = 1 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
                   {consent});
        EXPECT_EQ(check_consent(tx, consent).error().code, ErrorCode::kConsentInvalid);
        EXPECT_EQ(link_consent(tx, consent, UserId("user_1")).error().code, ErrorCode::kConsentInvalid);
    });
}

}  // namespace
}  // namespace facegate::domain
