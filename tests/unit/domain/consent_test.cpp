#include "domain/consents/consent.h"

#include <filesystem>
#include <fstream>

#include "crypto/secret.h"
#include "domain/consents/consent_directory.h"
#include "domain/consents/consent_revocation.h"
#include "domain/consents/consent_texts.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

TEST(ConsentTexts, AreWhatPeopleAgreedTo) {
    // A change of any of these hashes means a published text was edited: write a new version instead.
    const std::vector<std::pair<std::string, std::string>> published = {
        {"en", "772f3f267878414cfc469fc4f3868e47d20305bbf662160a6b514ce1c653dfb0"},
        {"de", "03bfd563dcdcd96b86241968761f1e4d708a3d027414915297d1594dee9943ec"},
        {"fr", "81081c425368177555f07e5f875f4569d6aba74322ec6133a4662937181d9c7d"},
        {"es", "8655ec4f5098f85b10318a7182638c3276de3834c8239cd7aa50c0fc12469f44"}};
    ASSERT_EQ(consent_texts().size(), published.size());
    for (std::size_t i = 0; i < published.size(); ++i) {
        EXPECT_EQ(consent_texts()[i].version, "v1");
        EXPECT_EQ(consent_texts()[i].language, published[i].first);
        EXPECT_EQ(consent_texts()[i].sha256, published[i].second) << published[i].first;
    }
}

TEST(ConsentRegistry, FindsByVersionAndHashInEitherCase) {
    const ConsentRegistry registry;
    const auto& english = registry.texts().front();
    EXPECT_EQ(registry.find("v1", english.sha256), &english);
    std::string upper = english.sha256;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(registry.find("v1", upper), &english);
    EXPECT_EQ(registry.find("v2", english.sha256), nullptr);
    EXPECT_EQ(registry.find("v1", std::string(64, '0')), nullptr);
    EXPECT_EQ(registry.find("v1", ""), nullptr);
    EXPECT_EQ(registry.find("v1", english.sha256 + "00"), nullptr);
}

TEST(ConsentRegistry, GrowsByVersionsAndLanguagesAndNothingIsReplaced) {
    ConsentRegistry registry;
    ASSERT_TRUE(registry.add("v2", "en", "Two").has_value());
    ASSERT_TRUE(registry.add("v1", "pt-BR", "Um").has_value());
    ASSERT_EQ(registry.texts().size(), consent_texts().size() + 2);
    EXPECT_EQ(registry.texts()[consent_texts().size()].language, "pt-BR") << "beside its version";
    EXPECT_EQ(registry.texts().back().version, "v2");
    const std::string hash = to_hex(crypto::sha256(as_bytes("Two")));
    ASSERT_NE(registry.find("v2", hash), nullptr);
    EXPECT_EQ(registry.find("v2", hash)->text, "Two");
    EXPECT_EQ(registry.find("v1", hash), nullptr);
    EXPECT_FALSE(registry.add("v1", "en", "Something else").has_value());
    EXPECT_FALSE(registry.add("v2", "en", "Three").has_value());
    for (const char* version : {"", ".v", "v 2", "a/b", "ü"}) EXPECT_FALSE(registry.add(version, "en", "x")) << version;
    for (const char* language : {"", "e", "en-", "-en", "en--us", "12", "english_us", "abcdefghi"}) {
        EXPECT_FALSE(registry.add("v3", language, "x")) << language;
    }
    EXPECT_FALSE(registry.add("v3", "en", "").has_value());
    EXPECT_FALSE(registry.add("v3", "en", std::string(kMaxConsentText + 1, 'x')).has_value());
    EXPECT_TRUE(registry.add("v3", "en", std::string(kMaxConsentText, 'x')).has_value());
}

/// A directory of texts as an operator keeps it.
class ConsentDirectory : public testing::Test {
protected:
    void write(const std::string& name, std::string_view text) {
        const std::filesystem::path path = root_ / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    TemporaryDirectory directory_;
    std::filesystem::path root_ = directory_.file("texts");
};

TEST_F(ConsentDirectory, IsReadInNaturalOrder) {
    write("v10/en.txt", "Ten\r\n");
    write("v2/fr.txt", "Deux é");
    write("v2/en.txt", "Two");
    write("v1/it.txt", "Uno");
    write(".git/config", "not a text");
    const ConsentRegistry registry = load_consent_texts(root_);
    std::string order;
    for (const ConsentText& text : registry.texts()) order += text.version + text.language + " ";
    EXPECT_EQ(order, "v1en v1de v1fr v1es v1it v2en v2fr v10en ");
    EXPECT_NE(registry.find("v10", to_hex(crypto::sha256(as_bytes("Ten\r\n")))), nullptr) << "byte for byte";
}

TEST_F(ConsentDirectory, AnythingThatIsNoTextStopsTheServer) {
    EXPECT_THROW((void)load_consent_texts(root_), std::runtime_error) << "not there";
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"readme.md", "x"},        {"v2/en.md", "x"},  {"v2/en_US.txt", "x"},
        {"v2/en.txt", "\xff\xfe"}, {"v2/en.txt", ""},  {"v2/en.txt", std::string(kMaxConsentText + 1, 'x')},
        {"v1/en.txt", "another"},  {"v 2/en.txt", "x"}};
    for (const auto& [name, text] : wrong) {
        std::filesystem::remove_all(root_);
        write(name, text);
        EXPECT_THROW((void)load_consent_texts(root_), std::runtime_error) << name;
    }
}

class ConsentTest : public DomainTest {
protected:
    Result<Consent> record(const NewConsent& consent) {
        return db_.write(ours_, [&](sql::TenantTx& tx) {
            return record_consent(tx, vault_, random_, consent_texts()[1], consent, now_);
        });
    }
    Result<void> link(const ConsentId& id, const UserId& user) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return link_consent(tx, vault_, id, user); });
    }
    std::optional<ConsentOrigin> origin(const ConsentId& id) {
        return db_.read(ours_, [&](sql::TenantTx& tx) { return find_consent_origin(tx, vault_, id); });
    }
    /// Every byte of the consents' table.
    std::string dump() {
        return db_.read_system([](sql::SystemTx& tx) {
            std::string all;
            for (const auto& row :
                 tx.query("SELECT ip || user_agent || COALESCE(hex(sealed_origin), '') FROM consents"))
                all += row.text(0);
            return all;
        });
    }
};

TEST_F(ConsentTest, RecordKeepsItsProof) {
    const auto recorded = record({std::nullopt, {"2001:db8::1", "Agent\x01\xff/1.0"}}).value();
    EXPECT_TRUE(is_uuid(recorded.id.value));
    const auto found = db_.read(ours_, [&](sql::TenantTx& tx) { return find_consent(tx, recorded.id); }).value();
    EXPECT_EQ(found.version, "v1");
    EXPECT_EQ(found.language, "de");
    EXPECT_EQ(found.text_hash, consent_texts()[1].sha256);
    EXPECT_EQ(found.consented_at, now_);
    EXPECT_EQ(found.user, std::nullopt);
    const auto from = origin(recorded.id).value();
    EXPECT_EQ(from.ip, "2001:db8::1");
    EXPECT_EQ(from.user_agent, "Agent" + std::string(2, '?') + "/1.0");
}

TEST_F(ConsentTest, UserAgentIsBounded) {
    const auto recorded = record({std::nullopt, {"", std::string(100'000, 'x')}}).value();
    EXPECT_EQ(origin(recorded.id)->user_agent.size(), 512U);
}

TEST_F(ConsentTest, TheOriginIsSealedAndGoesWithTheUser) {
    const auto consent = add_consent(ours_);
    EXPECT_EQ(dump().find("192.0.2.7"), std::string::npos);
    EXPECT_EQ(dump().find(to_hex(as_bytes("192.0.2.7"))), std::string::npos);
    const std::string unlinked = dump();
    const auto ada = add_user(ours_);
    ASSERT_TRUE(link(consent, ada).has_value());
    EXPECT_NE(dump(), unlinked) << "sealed again, under the user's key";
    EXPECT_EQ(origin(consent)->ip, "192.0.2.7");
    // Without the user's key a copy of the row tells nothing, with the tenant's key or not.
    const auto row = db_.read_system(
        [](sql::SystemTx& tx) { return tx.query("SELECT sealed_origin FROM consents").front().blob(0); });
    const auto tenant_key = db_.read(ours_, [&](sql::TenantTx& tx) { return vault_.tenant_key(tx); });
    EXPECT_THROW((void)Vault::open_text(tenant_key, row, row_context("consents", ours_, consent.value)), VaultFailure);
    db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, ada, now_).has_value()); });
    EXPECT_EQ(origin(consent), std::nullopt);
    EXPECT_EQ(dump(), "");
}

TEST_F(ConsentTest, RowsOfEarlierVersionsAreReadAsTheyAre) {
    const auto consent = add_consent(ours_);
    const auto ada = add_user(ours_);
    db_.write_system([&](sql::SystemTx& tx) {
        tx.execute("UPDATE consents SET ip = '192.0.2.9', user_agent = 'Old/1', sealed_origin = NULL");
    });
    EXPECT_EQ(origin(consent), (ConsentOrigin{"192.0.2.9", "Old/1"}));
    ASSERT_TRUE(link(consent, ada).has_value());
    EXPECT_EQ(origin(consent), (ConsentOrigin{"192.0.2.9", "Old/1"}));
    db_.write(ours_, [&](sql::TenantTx& tx) { ASSERT_TRUE(remove_user(tx, ada, now_).has_value()); });
    EXPECT_EQ(dump(), "");
}

TEST_F(ConsentTest, NamesAnExistingUserOfItsScope) {
    const auto ours = add_user(ours_);
    const auto theirs = add_user(theirs_);
    EXPECT_EQ(record({theirs, {}}).error().code, ErrorCode::kNotFound);
    const auto recorded = record({ours, {"192.0.2.1", "A"}}).value();
    EXPECT_EQ(recorded.user, ours);
    EXPECT_EQ(origin(recorded.id)->ip, "192.0.2.1");
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(check_consent(tx, recorded.id).error().code, ErrorCode::kConsentInvalid);
        const auto all = consents_of_user(tx, ours, std::nullopt, 10);
        ASSERT_EQ(all.size(), 1U);
        EXPECT_EQ(all.front().id, recorded.id);
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

TEST_F(ConsentTest, RevokingTakesTheUserAlong) {
    const auto revoke = [&](const ConsentId& id, TimeMs at) {
        return db_.write(ours_, [&](sql::TenantTx& tx) { return revoke_consent(tx, id, at); });
    };
    const auto ada = add_user(ours_);
    const auto face = add_face_to(ours_, ada);
    const auto consent = add_consent(ours_);
    ASSERT_TRUE(link(consent, ada).has_value());
    const auto later = now_ + std::chrono::seconds(1);
    const auto revoked = revoke(consent, later).value();
    EXPECT_EQ(revoked.revoked_at, later);
    EXPECT_TRUE(revoked.user_deleted);
    EXPECT_EQ(revoked.user, ada);
    EXPECT_EQ(revoked.removal->faces, std::vector{face});
    EXPECT_EQ(rows_in("users"), 0);
    EXPECT_EQ(rows_in("user_keys"), 0);
    // Asked again, it answers the same and does nothing.
    const auto again = revoke(consent, later + std::chrono::hours(1)).value();
    EXPECT_EQ(again.revoked_at, later);
    EXPECT_TRUE(again.user_deleted);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(revoke(ConsentId(random_.uuid()), now_).error().code, ErrorCode::kNotFound);
}

TEST_F(ConsentTest, RevokedIsInvalid) {
    const auto consent = add_consent(ours_);
    const auto ada = add_user(ours_);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        const auto revoked = revoke_consent(tx, consent, now_).value();
        EXPECT_FALSE(revoked.user_deleted);
        EXPECT_EQ(revoked.user, std::nullopt);
        EXPECT_EQ(check_consent(tx, consent).error().code, ErrorCode::kConsentInvalid);
        EXPECT_EQ(link_consent(tx, vault_, consent, ada).error().code, ErrorCode::kConsentInvalid);
    });
    EXPECT_EQ(origin(consent), std::nullopt);
}

}  // namespace
}  // namespace facegate::domain
