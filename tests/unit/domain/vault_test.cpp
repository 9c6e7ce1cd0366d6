#include "domain/vault/vault.h"

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "domain/faces/face.h"
#include "domain/users/user_removal.h"
#include "domain/vault/master_key.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

class MasterKeyTest : public testing::Test {
protected:
    void write(const std::string& content, mode_t mode) {
        std::ofstream(path_, std::ios::binary) << content;
        ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    }
    bool refused() { return !load_or_create_master_key(path_, random_).has_value(); }

    SystemRandom random_;
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("master.key");
};

TEST_F(MasterKeyTest, IsCreatedOnceForItsOwnerOnly) {
    const auto created = load_or_create_master_key(path_, random_);
    ASSERT_TRUE(created.has_value());
    struct stat status{};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(status.st_size, 32);
    EXPECT_EQ(status.st_nlink, 1U);
    const auto again = load_or_create_master_key(path_, random_);
    EXPECT_TRUE(std::ranges::equal(created->view(), again->view()));
}

TEST_F(MasterKeyTest, ProcessesThatStartAtOnceGetTheSameKey) {
    std::vector<Bytes> keys(16);
    std::vector<std::thread> threads;
    for (auto& key : keys) {
        threads.emplace_back([this, &key] {
            const auto loaded = load_or_create_master_key(path_, random_);
            if (loaded) key.assign(loaded->view().begin(), loaded->view().end());
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(keys.front().size(), 32U);
    for (const auto& key : keys) EXPECT_EQ(key, keys.front());
}

TEST_F(MasterKeyTest, RefusesWhatOthersCanRead) {
    write(std::string(32, 'k'), 0640);
    EXPECT_TRUE(refused());
    write(std::string(32, 'k'), 0604);
    EXPECT_TRUE(refused());
    write(std::string(32, 'k'), 0600);
    EXPECT_FALSE(refused());
}

TEST_F(MasterKeyTest, RefusesWrongSizesLinksAndDirectories) {
    write(std::string(31, 'k'), 0600);
    EXPECT_TRUE(refused());
    write(std::string(33, 'k'), 0600);
    EXPECT_TRUE(refused());
    ASSERT_EQ(std::remove(path_.c_str()), 0);
    ASSERT_EQ(::symlink("/dev/zero", path_.c_str()), 0);
    EXPECT_TRUE(refused());
    ASSERT_EQ(std::remove(path_.c_str()), 0);
    ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
    EXPECT_TRUE(refused());
}

TEST(MasterKeyHex, TakesExactly64Digits) {
    EXPECT_TRUE(master_key_from_hex(std::string(64, '7')).has_value());
    for (const auto& bad : {std::string(), std::string(62, '7'), std::string(66, '7'), std::string(64, 'g')}) {
        const auto key = master_key_from_hex(bad);
        ASSERT_FALSE(key.has_value());
        EXPECT_TRUE(bad.empty() || key.error().message.find(bad) == std::string::npos);
    }
}

using VaultTest = DomainTest;

TEST_F(VaultTest, ServerKeysDifferByPurposeAndMaster) {
    const Vault other(crypto::SecretKey::generate(random_), random_);
    const auto audit = vault_.server_key(ServerKey::kAudit);
    EXPECT_TRUE(std::ranges::equal(audit.view(), vault_.server_key(ServerKey::kAudit).view()));
    EXPECT_FALSE(std::ranges::equal(audit.view(), vault_.server_key(ServerKey::kCursors).view()));
    EXPECT_FALSE(std::ranges::equal(audit.view(), other.server_key(ServerKey::kAudit).view()));
}

TEST_F(VaultTest, EveryScopeHasItsOwnKeyAndKeepsIt) {
    const auto key_of = [&](const Scope& scope) {
        const auto key = db_.read(scope, [&](sql::TenantTx& tx) { return vault_.tenant_key(tx); });
        return Bytes(key.view().begin(), key.view().end());
    };
    const auto before = key_of(ours_);
    for (const auto& other : others_) EXPECT_NE(key_of(other), before);
    db_.write_system([&](sql::SystemTx& tx) { vault_.create_tenant_key(tx, ours_, now_); });
    EXPECT_EQ(key_of(ours_), before);
}

TEST_F(VaultTest, AnotherMasterKeyOpensNothing) {
    const auto user = add_user(ours_);
    add_face_to(ours_, user);
    const Vault other(crypto::SecretKey::generate(random_), random_);
    EXPECT_THROW(db_.read(ours_, [&](sql::TenantTx& tx) { (void)load_faces_of_user(tx, other, user); }), VaultFailure);
}

TEST_F(VaultTest, AKeyMovedToAnotherRowDoesNotOpen) {
    const auto ada = add_user(ours_, "Ada");
    const auto bob = add_user(ours_, "Bob");
    db_.write(ours_, [&](sql::TenantTx& tx) {
        tx.execute(
            "UPDATE user_keys SET sealed_key = (SELECT sealed_key FROM user_keys WHERE tenant_id = $1 AND environment "
            "= $2 "
            "AND user_id = $4) WHERE tenant_id = $1 AND environment = $2 AND user_id = $3",
            {ada, bob});
    });
    EXPECT_THROW(db_.read(ours_, [&](sql::TenantTx& tx) { (void)vault_.user_key(tx, ada); }), VaultFailure);
    EXPECT_NO_THROW(db_.read(ours_, [&](sql::TenantTx& tx) { (void)vault_.user_key(tx, bob); }));
}

TEST_F(VaultTest, WithoutItsUsersKeyASavedTemplateIsUnreadable) {
    const auto user = add_user(ours_);
    const auto face = add_face_to(ours_, user);
    // What a backup still holds after the deletion: the sealed template, and the user's row put back with a new key.
    const auto saved = db_.read(ours_, [&](sql::TenantTx& tx) {
        return tx
            .query("SELECT sealed_template FROM faces WHERE tenant_id = $1 AND environment = $2 AND id = $3", {face})
            .front()
            .blob(0);
    });
    const auto context = row_context("faces", ours_, face.value);
    const auto key = db_.read(ours_, [&](sql::TenantTx& tx) { return vault_.user_key(tx, user); });
    ASSERT_EQ(Vault::open_vector(*key, saved, context), vector_of(1));

    db_.write(ours_, [&](sql::TenantTx& tx) { return remove_user(tx, user, now_); }).value();
    db_.read(ours_, [&](sql::TenantTx& tx) { EXPECT_FALSE(vault_.user_key(tx, user).has_value()); });
    const auto fresh = db_.write(ours_, [&](sql::TenantTx& tx) { return vault_.create_user_key(tx, user); });
    EXPECT_THROW((void)Vault::open_vector(fresh, saved, context), VaultFailure);
    const auto tenant = db_.read(ours_, [&](sql::TenantTx& tx) { return vault_.tenant_key(tx); });
    EXPECT_THROW((void)Vault::open_vector(tenant, saved, context), VaultFailure);
}

TEST_F(VaultTest, VectorsComeBackBitForBit) {
    const std::vector<float> vector{0.0F, -0.0F, 1.5F, -3.25e-30F, 3.0e38F, 1.0F / 3.0F};
    const auto sealed = vault_.seal_vector(master_, vector, "faces/row");
    EXPECT_EQ(Vault::open_vector(master_, sealed, "faces/row"), vector);
    EXPECT_THROW((void)Vault::open_vector(master_, sealed, "faces/other"), VaultFailure);
    auto damaged = sealed;
    damaged[20] ^= 1;
    EXPECT_THROW((void)Vault::open_vector(master_, damaged, "faces/row"), VaultFailure);
}

}  // namespace
}  // namespace facegate::domain
