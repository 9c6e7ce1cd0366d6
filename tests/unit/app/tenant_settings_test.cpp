#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <stdexcept>

#include "app/cli.h"
#include "app/commands.h"
#include "app/data_directory.h"
#include "app/tenant_setting_commands.h"
#include "base/random.h"
#include "sql/database.h"
#include "unit/temporary_directory.h"

namespace facegate::app {
namespace {

namespace json = boost::json;

/// `facegate tenant enrollment` and `facegate tenant retention` on a data directory of their own.
class TenantSettingCommands : public testing::Test {
protected:
    static json::object printed_by(const std::function<void()>& command) {
        testing::internal::CaptureStdout();
        command();
        return json::parse(testing::internal::GetCapturedStdout()).as_object();
    }
    json::object enrollment(std::optional<bool> browser = {}) {
        return printed_by([&] { change_enrollment(data_, true, tenant_, browser); });
    }
    json::object retention(std::optional<int> days = {}) {
        return printed_by([&] { change_retention(data_, true, tenant_, days); });
    }
    /// Exit status of the whole program, and what it says.
    std::pair<int, std::string> run(std::vector<std::string> words) {
        words.insert(words.begin(), {"facegate", "tenant"});
        words.insert(words.end(), {"--data-dir", data_});
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int status = run_cli(static_cast<int>(arguments.size()), arguments.data());
        return {status, testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr()};
    }

    TemporaryDirectory directory_;
    std::string data_ = directory_.file("data");
    std::string tenant_{printed_by([&] { create_tenant(data_, true, "Acme", {}); }).at("id").as_string()};
};

TEST_F(TenantSettingCommands, ShowWhatIsAndChangeWhatIsGiven) {
    EXPECT_EQ(enrollment().at("publishable_enroll"), false) << "nobody enrolls themselves unless the tenant says so";
    EXPECT_EQ(enrollment().at("retention_days"), 1095);
    EXPECT_EQ(enrollment(true).at("publishable_enroll"), true);
    EXPECT_EQ(retention(30).at("retention_days"), 30);
    EXPECT_EQ(retention().at("publishable_enroll"), true) << "the other one is left alone";
    EXPECT_EQ(enrollment(false).at("retention_days"), 30);
    SystemRandom random;
    const DataDirectory opened = open_data_directory(data_, random);
    for (const auto environment : {Environment::kTest, Environment::kLive}) {
        opened.database->read(Scope{TenantId(tenant_), environment}, [](sql::TenantTx& tx) {
            const auto rows = tx.query(
                "SELECT details FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND actor = 'cli' "
                "AND action = 'tenant.changed' ORDER BY seq");
            ASSERT_EQ(rows.size(), 3U) << "showing changes nothing";
            EXPECT_EQ(json::parse(rows[0].text(0)), (json::object{{"publishable_enroll", true}}));
            EXPECT_EQ(json::parse(rows[1].text(0)), (json::object{{"retention_days", 30}}));
            EXPECT_EQ(json::parse(rows[2].text(0)), (json::object{{"publishable_enroll", false}}));
        });
    }
}

TEST_F(TenantSettingCommands, AreTypedLikeThis) {
    const auto [on, shown] = run({"enrollment", tenant_, "--browser", "on"});
    EXPECT_EQ(on, 0) << shown;
    EXPECT_NE(shown.find("browser  on "), std::string::npos) << shown;
    EXPECT_EQ(enrollment().at("publishable_enroll"), true);
    const auto [off, said] = run({"enrollment", tenant_, "--browser", "off"});
    EXPECT_EQ(off, 0) << said;
    EXPECT_EQ(enrollment().at("publishable_enroll"), false);
    const auto [kept, told] = run({"retention", tenant_, "--days", "365"});
    EXPECT_EQ(kept, 0) << told;
    EXPECT_NE(told.find("365 days"), std::string::npos) << told;
    EXPECT_EQ(retention().at("retention_days"), 365);
}

TEST_F(TenantSettingCommands, TakeNothingElse) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"enrollment"},
                                               {"enrollment", tenant_, "--browser", "maybe"},
                                               {"retention", tenant_, "--days", "0"},
                                               {"retention", tenant_, "--days", "1096"},
                                               {"retention", tenant_, "--days", "long"}}) {
        const auto [status, message] = run(words);
        EXPECT_EQ(status, 2) << message;
    }
    EXPECT_NE(run({"retention", "ten_unknown", "--days", "5"}).first, 0);
    EXPECT_NE(run({"enrollment", "ten_unknown"}).first, 0);
    EXPECT_EQ(retention().at("retention_days"), 1095);
    EXPECT_EQ(enrollment().at("publishable_enroll"), false);
}

}  // namespace
}  // namespace facegate::app
