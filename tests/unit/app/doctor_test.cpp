#include "app/admin/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "app/data_directory.h"
#include "base/random.h"
#include "unit/temporary_directory.h"

namespace facegate::app {
namespace {

using testing::HasSubstr;

class Doctor : public testing::Test {
protected:
    Doctor() {
        config_.data_dir = temporary_.file("data");
        config_.public_url = "https://face.example.com";
    }
    void create() { open_data_directory(config_.data_dir, random_); }
    static Finding of(const std::vector<Finding>& findings, std::string_view check) {
        const auto found = std::ranges::find(findings, check, &Finding::check);
        EXPECT_NE(found, findings.end()) << check;
        return found == findings.end() ? Finding{} : *found;
    }

    TemporaryDirectory temporary_;
    SystemRandom random_;
    Config config_;
};

TEST_F(Doctor, AFreshPlaceIsNoProblemAndStaysUntouched) {
    EXPECT_EQ(of(examine_data_directory(config_), "data directory").health, Health::kWarning);
    EXPECT_EQ(of(examine_database(config_), "database").health, Health::kWarning);
    EXPECT_FALSE(std::filesystem::exists(config_.data_dir));
}

TEST_F(Doctor, WhatTheServerMakesIsSound) {
    create();
    for (const Finding& finding : examine_data_directory(config_))
        EXPECT_EQ(finding.health, Health::kOk) << finding.found;
    for (const Finding& finding : examine_database(config_)) EXPECT_EQ(finding.health, Health::kOk) << finding.found;
}

TEST_F(Doctor, OpenPermissionsAreSeen) {
    create();
    ::chmod((config_.data_dir + "/master.key").c_str(), 0640);
    ::chmod(config_.data_dir.c_str(), 0755);
    const auto findings = examine_data_directory(config_);
    EXPECT_EQ(of(findings, "master key").health, Health::kProblem);
    EXPECT_THAT(of(findings, "master key").next, HasSubstr("chmod 600"));
    EXPECT_EQ(of(findings, "data directory").health, Health::kWarning);
}

TEST_F(Doctor, AMissingKeyBesideADatabaseIsAProblem) {
    create();
    std::filesystem::remove(config_.data_dir + "/master.key");
    EXPECT_EQ(of(examine_data_directory(config_), "master key").health, Health::kProblem);
    EXPECT_FALSE(std::filesystem::exists(config_.data_dir + "/master.key")) << "it must not make a new one";
}

TEST_F(Doctor, ADamagedDatabaseIsSeen) {
    create();
    const std::string path = config_.data_dir + "/facegate.db";
    const auto size = std::filesystem::file_size(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    // Everything behind the first page, which holds the schema.
    file.seekp(4096);
    file << std::string(size - 4096, 'x');
    file.close();
    EXPECT_EQ(of(examine_database(config_), "database").health, Health::kProblem);
}

TEST_F(Doctor, AFileThatIsNoDatabaseIsSeen) {
    std::filesystem::create_directory(config_.data_dir);
    std::ofstream(config_.data_dir + "/facegate.db") << std::string(8192, 'n');
    EXPECT_EQ(of(examine_database(config_), "database").health, Health::kProblem);
}

TEST_F(Doctor, ANewerSchemaIsAProblem) {
    create();
    const auto change = [&](const std::string& statement) {
        sql::Database database({config_.data_dir + "/facegate.db"});
        database.write_system([&](sql::SystemTx& tx) { tx.execute(statement); });
    };
    change("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_future', 'x')");
    EXPECT_EQ(of(examine_database(config_), "schema").health, Health::kProblem);
}

TEST_F(Doctor, PlainHttpAwayFromLocalhostIsAProblem) {
    const TimeMs now = from_unix_ms(1'780'000'000'000);
    EXPECT_EQ(of(examine_addresses(config_, now), "public URL").health, Health::kOk);
    config_.public_url = "http://localhost:8080";
    EXPECT_EQ(of(examine_addresses(config_, now), "public URL").health, Health::kOk);
    config_.public_url = "http://face.example.com";
    EXPECT_EQ(of(examine_addresses(config_, now), "public URL").health, Health::kProblem);
    config_.tls_cert = config_.tls_key = temporary_.file("missing.pem");
    EXPECT_EQ(of(examine_addresses(config_, now), "TLS").health, Health::kProblem);
}

}  // namespace
}  // namespace facegate::app
