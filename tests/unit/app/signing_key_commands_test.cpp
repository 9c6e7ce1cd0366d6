#include "app/signing_key_commands.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <stdexcept>

#include "app/commands.h"
#include "app/data_directory.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/audit/audit.h"
#include "domain/issuers/issuers.h"
#include "sql/database.h"
#include "unit/temporary_directory.h"

namespace facegate::app {
namespace {

namespace json = boost::json;

/// `facegate signing-key` on a data directory that a server has started from.
class SigningKeyCommands : public testing::Test {
protected:
    SigningKeyCommands() {
        const DataDirectory data = open_data_directory(data_, random_);
        data.database->write_system([&](sql::SystemTx& tx) {
            (void)domain::Issuers::load_or_create(tx, *data.vault, "https://id.example", SystemClock().now());
        });
    }
    static std::string printed_by(const std::function<void()>& command) {
        testing::internal::CaptureStdout();
        try {
            command();
        } catch (...) {
            // gtest captures one output at a time: the next command's waits for this one's end.
            testing::internal::GetCapturedStdout();
            throw;
        }
        return testing::internal::GetCapturedStdout();
    }
    json::array list() const {
        return json::parse(printed_by([&] { list_signing_keys(data_, true); })).as_array();
    }
    json::object rotate(const KeyRotation& rotation) const {
        return json::parse(printed_by([&] { rotate_signing_key(data_, true, rotation); })).as_object();
    }
    json::object secret(const SecretChange& change) const {
        return json::parse(printed_by([&] { change_token_secret(data_, true, change); })).as_object();
    }
    std::string new_tenant() const {
        const auto made = json::parse(printed_by([&] { create_tenant(data_, true, "Acme", {}); }));
        return std::string(made.at("id").as_string());
    }
    static std::vector<std::string> states(const json::array& keys, std::string_view issuer) {
        std::vector<std::string> found;
        for (const json::value& key : keys) {
            const json::value* named = key.as_object().if_contains("issuer");
            if (named != nullptr && named->as_string() == issuer) found.emplace_back(key.at("state").as_string());
        }
        return found;
    }

    SystemRandom random_;
    TemporaryDirectory directory_;
    std::string data_ = directory_.file("data");
};

TEST_F(SigningKeyCommands, ARotationPublishesANewKeyAndRetiresTheOld) {
    EXPECT_EQ(list().size(), 4U);
    const json::object made = rotate({.issuer = "live", .publish_minutes = 15});
    EXPECT_EQ(made.at("state").as_string(), "published");
    EXPECT_EQ(states(list(), "live"), (std::vector<std::string>{"published", "retiring"}));
    EXPECT_EQ(states(list(), "test"), std::vector<std::string>{"signing"});
    for (const json::value& key : list()) EXPECT_FALSE(key.as_object().contains("secret"));
    const std::string table = printed_by([&] { list_signing_keys(data_, false); });
    EXPECT_NE(table.find(std::string(made.at("key_id").as_string())), std::string::npos) << table;
}

TEST_F(SigningKeyCommands, KeysInWrongHandsAreGoneAtOnce) {
    rotate({.issuer = "refresh", .revoke_old = true});
    EXPECT_EQ(states(list(), "refresh"), std::vector<std::string>{"signing"});
    EXPECT_THROW(rotate({.issuer = "live", .publish_minutes = 8 * 24 * 60}), std::runtime_error);
}

TEST_F(SigningKeyCommands, ASecretIsShownOnceAndAudited) {
    const std::string tenant = new_tenant();
    const json::object made = secret({.tenant = tenant, .environment = "live"});
    EXPECT_GE(made.at("secret").as_string().size(), 43U);
    EXPECT_EQ(made.at("algorithm").as_string(), "HS256");
    const std::string listed = json::serialize(list());
    EXPECT_EQ(listed.find(std::string(made.at("secret").as_string())), std::string::npos);
    EXPECT_NE(listed.find(std::string(made.at("key_id").as_string())), std::string::npos);
    EXPECT_EQ(secret({.tenant = tenant, .environment = "live", .off = true}).at("algorithm").as_string(), "ES256");
    const DataDirectory data = open_data_directory(data_, random_);
    const auto records = data.database->read(Scope{TenantId(tenant), Environment::kLive}, [](sql::TenantTx& tx) {
        return tx.query("SELECT action FROM audit_records WHERE tenant_id = $1 AND environment = $2 ORDER BY seq");
    });
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[0].text(0), "tenant.created");
    EXPECT_EQ(records[1].text(0), "token_secret.created");
    EXPECT_EQ(records[2].text(0), "token_secret.ended");
    EXPECT_THROW(secret({.tenant = "ten_x", .environment = "live"}), std::runtime_error);
}

}  // namespace
}  // namespace facegate::app
