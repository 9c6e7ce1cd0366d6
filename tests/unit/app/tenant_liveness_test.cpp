#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <stdexcept>

#include "app/cli.h"
#include "app/commands.h"
#include "app/data_directory.h"
#include "base/random.h"
#include "sql/database.h"
#include "unit/temporary_directory.h"

namespace facegate::app {
namespace {

namespace json = boost::json;

/// `facegate tenant liveness` on a data directory of its own.
class TenantLiveness : public testing::Test {
protected:
    static json::object printed_by(const std::function<void()>& command) {
        testing::internal::CaptureStdout();
        command();
        return json::parse(testing::internal::GetCapturedStdout()).as_object();
    }
    std::string new_tenant() {
        const json::object made = printed_by([&] { create_tenant(data_, true, "Acme", {}); });
        return std::string(made.at("id").as_string());
    }
    json::object change(const LivenessChange& change) {
        return printed_by([&] { change_liveness(data_, true, change); });
    }
    std::string refusal_of(const LivenessChange& change) {
        testing::internal::CaptureStdout();
        std::string message = "not refused";
        try {
            change_liveness(data_, true, change);
        } catch (const std::exception& refused) {
            message = refused.what();
        }
        EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
        return message;
    }
    /// Exit status of the whole program, and what it says on standard error.
    static std::pair<int, std::string> run(std::vector<std::string> words) {
        words.insert(words.begin(), "facegate");
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        testing::internal::CaptureStderr();
        const int status = run_cli(static_cast<int>(arguments.size()), arguments.data());
        return {status, testing::internal::GetCapturedStderr()};
    }

    TemporaryDirectory directory_;
    std::string data_ = directory_.file("data");
    std::string tenant_ = new_tenant();
};

const json::object kDefaults{{"challenge", "movement_and_light"}, {"movement_step_up", false}, {"min_confidence", 90}};

TEST_F(TenantLiveness, ShowsEveryValueAndChangesWhatIsGiven) {
    EXPECT_EQ(change({tenant_, "live", {}, {}, {}}), kDefaults);
    json::object expected = kDefaults;
    expected["challenge"] = "movement_allowed";
    EXPECT_EQ(change({tenant_, "live", "movement_allowed", {}, {}}), expected);
    expected["movement_step_up"] = true;
    EXPECT_EQ(change({tenant_, "live", {}, true, {}}), expected);
    expected["min_confidence"] = 95.5;
    EXPECT_EQ(change({tenant_, "live", {}, {}, 95.5}), expected);
    EXPECT_EQ(change({tenant_, "live", {}, {}, {}}), expected);
    EXPECT_EQ(change({tenant_, "test", {}, {}, {}}), kDefaults) << "the other environment";
    EXPECT_EQ(change({new_tenant(), "live", {}, {}, {}}), kDefaults) << "another tenant";
}

TEST_F(TenantLiveness, ChangesAreAudited) {
    change({tenant_, "test", "movement_allowed", true, {}});
    change({tenant_, "test", {}, {}, {}});
    SystemRandom random;
    const DataDirectory opened = open_data_directory(data_, random);
    const Scope scope{TenantId(tenant_), Environment::kTest};
    opened.database->read(scope, [](sql::TenantTx& tx) {
        const auto rows = tx.query(
            "SELECT actor, action, details FROM audit_records WHERE tenant_id = $1 AND environment = $2 "
            "AND action <> 'tenant.created'");
        ASSERT_EQ(rows.size(), 1U) << "showing changes nothing";
        EXPECT_EQ(rows[0].text(0), "cli");
        EXPECT_EQ(rows[0].text(1), "policy.liveness_changed");
        const json::value details = json::parse(rows[0].text(2));
        EXPECT_EQ(details.at("challenge"), "movement_allowed");
        EXPECT_EQ(details.at("movement_step_up"), true);
        EXPECT_EQ(details.at("min_confidence"), 90.0);
    });
}

TEST_F(TenantLiveness, RefusalsSayWhatIsPossible) {
    EXPECT_NE(refusal_of({tenant_, "live", {}, {}, 89}).find("min_confidence must be between 90 and 100"),
              std::string::npos);
    EXPECT_NE(refusal_of({tenant_, "live", "movement", {}, {}}).find("movement_and_light or movement_allowed"),
              std::string::npos);
    EXPECT_NE(refusal_of({"ten_unknown", "live", {}, true, {}}).find("facegate tenant list"), std::string::npos);
    EXPECT_EQ(change({tenant_, "live", {}, {}, {}}), kDefaults);
}

TEST_F(TenantLiveness, TheCommandLineTakesNothingElse) {
    struct Case {
        std::vector<std::string> words;
        const char* says;
    };
    const std::vector<Case> cases = {
        {{}, "--env is required"},
        {{"--env", "demo"}, "{test,live}"},
        {{"--env", "live", "--challenge", "movement"}, "{movement_and_light,movement_allowed}"},
        {{"--env", "live", "--movement-step-up", "maybe"}, "{yes,no}"},
        {{"--env", "live", "--min-confidence", "high"}, "--min-confidence"},
    };
    for (const Case& one : cases) {
        std::vector<std::string> words{"tenant", "liveness", tenant_, "--data-dir", data_};
        words.insert(words.end(), one.words.begin(), one.words.end());
        const auto [status, message] = run(words);
        EXPECT_EQ(status, 2) << message;
        EXPECT_NE(message.find(one.says), std::string::npos) << message;
    }
    EXPECT_EQ(change({tenant_, "live", {}, {}, {}}), kDefaults);
}

}  // namespace
}  // namespace facegate::app
