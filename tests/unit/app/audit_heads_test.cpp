#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "app/admin/admin_commands.h"
#include "app/audit_heads_file.h"
#include "app/commands.h"
#include "app/data_directory.h"
#include "app/head_publisher.h"
#include "unit/temporary_directory.h"

namespace facegate::app {
namespace {

namespace json = boost::json;

/// A data directory with one tenant, whose chains are signed and published as a server does it.
class AuditHeads : public testing::Test {
protected:
    AuditHeads() {
        testing::internal::CaptureStdout();
        create_tenant(directory_, true, "Acme", {});
        tenant_ = json::parse(testing::internal::GetCapturedStdout()).at("id").as_string();
    }
    void append(int records, Milliseconds ago = Milliseconds(0)) {
        DataDirectory data = open_data_directory(directory_, random_);
        const domain::AuditTrail trail(*data.vault);
        data.database->write(Scope{TenantId(tenant_), Environment::kLive}, [&](sql::TenantTx& tx) {
            for (int i = 0; i < records; ++i) trail.append(tx, {"key_1", "test", "", "{}"}, clock_.now() - ago);
        });
    }
    void publish() {
        DataDirectory data = open_data_directory(directory_, random_);
        const domain::AuditTrail trail(*data.vault);
        const domain::HeadSigner signer = signer_of(data);
        HeadPublisher publisher(*data.database, trail, signer, clock_, heads_, std::chrono::hours(1));
        publisher.publish();
    }
    domain::HeadSigner signer_of(DataDirectory& data) {
        return data.database->write_system(
            [&](sql::SystemTx& tx) { return domain::HeadSigner::load_or_create(tx, *data.vault, clock_.now()); });
    }
    HeadsFile read() {
        DataDirectory data = open_data_directory(directory_, random_);
        return read_heads(heads_, signer_of(data));
    }
    /// What `audit verify --json` prints, and whether it succeeded.
    std::pair<json::object, bool> verify(const AuditVerifyOrder& order = {}) {
        testing::internal::CaptureStdout();
        bool passed = true;
        try {
            verify_audit(directory_, true, order);
        } catch (const std::runtime_error&) {
            passed = false;
        }
        return {json::parse(testing::internal::GetCapturedStdout()).as_object(), passed};
    }
    std::size_t lines() const {
        std::ifstream file(heads_);
        return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
    }

    TemporaryDirectory temporary_;
    std::string directory_ = temporary_.file("data");
    std::string heads_ = directory_ + "/audit-heads.jsonl";
    SystemRandom random_;
    SystemClock clock_;
    std::string tenant_;
};

TEST_F(AuditHeads, ArePublishedOnceForEachGrownChain) {
    publish();
    EXPECT_EQ(lines(), 2U) << "the creation is in both environments' chains";
    publish();
    EXPECT_EQ(lines(), 2U);
    append(3);
    publish();
    EXPECT_EQ(lines(), 3U);
    const HeadsFile file = read();
    EXPECT_EQ(file.heads.size(), 3U);
    EXPECT_TRUE(file.bad_lines.empty());
    EXPECT_EQ(file.heads.back().seq, 4);
    const auto [report, passed] = verify();
    EXPECT_TRUE(passed);
    EXPECT_EQ(report.at("published_heads"), 3);
}

TEST_F(AuditHeads, ATornLineIsCutOffAndPublishedAnew) {
    publish();
    std::ofstream(heads_, std::ios::app) << R"({"tenant_id":"half a li)";
    EXPECT_EQ(read().heads.size(), 2U);
    EXPECT_TRUE(read().bad_lines.empty()) << "what a crash leaves is no forgery";
    append(1);
    publish();
    EXPECT_EQ(read().heads.size(), 3U);
    EXPECT_TRUE(read().bad_lines.empty());
}

TEST_F(AuditHeads, AnEditedLineIsNamed) {
    publish();
    std::ifstream file(heads_);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t signature = text.find('\n') - 10;
    text[signature] = text[signature] == 'A' ? 'B' : 'A';
    std::ofstream(heads_, std::ios::trunc) << text;
    EXPECT_THAT(read().bad_lines, testing::ElementsAre(1U));
    const auto [report, passed] = verify();
    EXPECT_FALSE(passed);
    EXPECT_EQ(report.at("bad_lines").as_array().size(), 1U);
}

TEST_F(AuditHeads, ARolledBackDatabaseIsSeenByThePublishedFile) {
    append(2);
    publish();
    std::filesystem::copy_file(directory_ + "/facegate.db", temporary_.file("backup"));
    append(5);
    publish();
    EXPECT_TRUE(verify().second);
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(directory_ + "/facegate.db" + suffix);
    std::filesystem::copy_file(temporary_.file("backup"), directory_ + "/facegate.db",
                               std::filesystem::copy_options::overwrite_existing);
    const auto [report, passed] = verify();
    EXPECT_FALSE(passed);
    EXPECT_THAT(json::serialize(report), testing::HasSubstr("tail_cut"));
    EXPECT_TRUE(verify({tenant_, "test", ""}).second) << "the other chain is whole";
    EXPECT_FALSE(verify({tenant_, "live", ""}).second);
    // Without the file, the old database is consistent in itself.
    std::filesystem::rename(heads_, temporary_.file("elsewhere"));
    EXPECT_TRUE(verify().second);
    EXPECT_FALSE(verify({"", "", temporary_.file("elsewhere")}).second);
}

TEST_F(AuditHeads, AChainCutTogetherWithAllItsHeadsIsSeen) {
    append(4, std::chrono::hours(3));
    publish();
    EXPECT_TRUE(verify({tenant_, "live"}).second);
    {
        DataDirectory data = open_data_directory(directory_, random_);
        data.database->write(Scope{TenantId(tenant_), Environment::kLive}, [&](sql::TenantTx& tx) {
            // What somebody with the database can do so that the rest is a chain.
            tx.execute("DELETE FROM audit_signed_heads WHERE tenant_id = $1 AND environment = $2");
            tx.execute("DELETE FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND seq > 3");
            tx.execute(
                "UPDATE audit_heads SET seq = 3, hash = (SELECT hash FROM audit_records WHERE tenant_id = $1 AND "
                "environment = $2 AND seq = 3) WHERE tenant_id = $1 AND environment = $2");
        });
    }
    EXPECT_THAT(json::serialize(verify({tenant_, "live"}).first), testing::HasSubstr("tail_cut")) << "by the file";
    std::filesystem::remove(heads_);
    const auto [report, passed] = verify({tenant_, "live"});
    EXPECT_FALSE(passed);
    EXPECT_THAT(json::serialize(report), testing::HasSubstr("unpublished"));
    EXPECT_TRUE(verify({.tenant = tenant_, .environment = "live", .no_heads = true}).second);
    EXPECT_TRUE(verify({.tenant = tenant_, .environment = "live", .heads_minutes = 600}).second) << "not due yet";
    EXPECT_TRUE(verify({tenant_, "test"}).second) << "its only record is younger than the interval";
}

TEST_F(AuditHeads, VerifyingMakesNoKey) {
    const auto keys = [&] {
        DataDirectory data = open_data_directory(directory_, random_);
        return data.database->read_system(
            [](sql::SystemTx& tx) { return tx.query("SELECT COUNT(*) FROM audit_keys").front().integer(0); });
    };
    EXPECT_TRUE(verify().second);
    EXPECT_EQ(keys(), 0);
    publish();
    EXPECT_EQ(keys(), 1);
    EXPECT_TRUE(verify().second);
    EXPECT_EQ(keys(), 1);
}

class ManualClock final : public Clock {
public:
    [[nodiscard]] TimeMs now() const override { return now_; }
    void advance(Milliseconds by) { now_ += by; }

private:
    TimeMs now_ = from_unix_ms(1'780'000'000'000);
};

TEST_F(AuditHeads, WhatCouldNotBePublishedIsTriedAgainSoonButNotAtOnce) {
    DataDirectory data = open_data_directory(directory_, random_);
    const domain::AuditTrail trail(*data.vault);
    const domain::HeadSigner signer = signer_of(data);
    ManualClock clock;
    HeadPublisher publisher(*data.database, trail, signer, clock, heads_, std::chrono::hours(1));
    std::filesystem::create_directory(heads_);  // no file can be opened there
    publisher.publish_if_due();
    clock.advance(std::chrono::hours(1));
    EXPECT_THROW(publisher.publish_if_due(), std::runtime_error);
    EXPECT_NO_THROW(publisher.publish_if_due()) << "not at once";
    clock.advance(HeadPublisher::kRetry);
    EXPECT_THROW(publisher.publish_if_due(), std::runtime_error);
    std::filesystem::remove(heads_);
    clock.advance(HeadPublisher::kRetry);
    publisher.publish_if_due();
    EXPECT_EQ(lines(), 2U);
    append(1);
    clock.advance(HeadPublisher::kRetry);
    publisher.publish_if_due();
    EXPECT_EQ(lines(), 2U) << "after a success the interval counts";
    clock.advance(std::chrono::hours(1));
    publisher.publish_if_due();
    EXPECT_EQ(lines(), 3U);
}

}  // namespace
}  // namespace facegate::app
