#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/dispatcher.h"
#include "domain/audit/audit.h"
#include "domain/tenants/tenant.h"
#include "unit/temporary_directory.h"

namespace facegate::testing {
namespace {

class Operations : public ApiTest {};

TEST_F(Operations, HealthIsShapedAsTheContractSays) {
    const Answer answer = call({"GET", "/v1/health"});
    EXPECT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), (std::vector<std::string>{"status", "checks", "version", "uptime_seconds"}));
    EXPECT_EQ(answer.text_at("/status"), "healthy");
    EXPECT_EQ(answer.members("/checks"), (std::vector<std::string>{"db", "rekognition"}));
    for (const char* check : {"/checks/db", "/checks/rekognition"}) {
        EXPECT_EQ(answer.members(check), (std::vector<std::string>{"status", "latencyMs"}));
        EXPECT_EQ(answer.text_at(std::string(check) + "/status"), "ok");
        EXPECT_GE(answer.number_at(std::string(check) + "/latencyMs"), 0);
    }
    EXPECT_EQ(answer.text_at("/version"), FACEGATE_VERSION);
    const double before = answer.number_at("/uptime_seconds");
    clock().advance(std::chrono::seconds(5));
    EXPECT_EQ(call({"GET", "/v1/health"}).number_at("/uptime_seconds"), before + 5);
}

TEST_F(Operations, WhileStartingAndDrainingOnlyHealthAnswers) {
    const TemporaryDirectory directory;
    app::Application other(test_config(directory.file("data")), clock(), random());
    const auto ask = [&](const char* path) { return testing::call(other.service(), {"GET", path}); };
    const auto expect_phase = [&](const char* phase) {
        const Answer health = ask("/v1/health");
        EXPECT_EQ(health.status, 503U) << health;
        EXPECT_EQ(health.text_at("/status"), phase);
        for (const char* path : {"/v1/users", "/.well-known/jwks.json", "/demo/preflight", "/openapi.json"}) {
            const Answer refused = ask(path);
            EXPECT_TRUE(is_error(refused, 503, "STARTING"));
            EXPECT_FALSE(refused.header("retry-after").empty());
        }
    };
    expect_phase("starting");
    other.start();
    EXPECT_EQ(ask("/v1/health").status, 200U);
    EXPECT_EQ(ask("/.well-known/jwks.json").status, 200U);
    other.stop();
    expect_phase("draining");
}

TEST_F(Operations, HealthTellsOfABrokenDatabase) {
    const TemporaryDirectory directory;
    app::Application other(test_config(directory.file("data")), clock(), random());
    other.start();
    api::HealthFigures& health = other.services().health;
    other.stop();  // nothing measures any more
    health.phase = static_cast<int>(api::Phase::kRunning);
    health.database_ok = false;
    const Answer answer = testing::call(other.service(), {"GET", "/v1/health"});
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(answer.text_at("/status"), "unhealthy");
    EXPECT_EQ(answer.text_at("/checks/db/status"), "error");
    EXPECT_EQ(answer.text_at("/checks/rekognition/status"), "ok");
}

TEST_F(Operations, WhatAProcessEnrolledAnotherFinds) {
    const TemporaryDirectory directory;
    const app::Config config = test_config(directory.file("data"));
    Client client;
    std::string user;
    {
        app::Application first(config, clock(), random());
        first.start();
        first.database().write_system([&](sql::SystemTx& tx) {
            const TimeMs now = clock().now();
            const auto tenant = domain::create_tenant(tx, first.vault(), random(), "Tests", {}, now).value();
            client.scope = {tenant.id, Environment::kTest};
            client.key = domain::create_key(tx, random(), client.scope, "tests", {}, now).value().text;
        });
        const auto ask = [&](const char* path, const json::object& body) {
            return testing::call(first.service(), {"POST", path, client.key, json::serialize(body)});
        };
        const Answer texts = testing::call(first.service(), {"GET", "/v1/consent/versions", client.key});
        const Answer agreed =
            ask("/v1/consent", {{"consent_version", "v1"}, {"consent_text_hash", texts.text_at("/versions/0/sha256")}});
        const Answer enrolled = ask("/v1/enroll", {{"name", "Ada"},
                                                   {"role", "guard"},
                                                   {"consent_id", agreed.text_at("/consent_id")},
                                                   {"face_image", base64(photo_of(Person::kAda))}});
        ASSERT_EQ(enrolled.status, 201U) << enrolled;
        user = enrolled.text_at("/user_id");
        first.stop();
    }
    app::Application second(config, clock(), random());
    second.start();
    const json::object photo{{"image", base64(photo_of(Person::kAda))}};
    const Answer found = testing::call(second.service(), {"POST", "/v1/match", client.key, json::serialize(photo)});
    EXPECT_EQ(found.text_at("/user/id"), user) << found;
    second.stop();
}

TEST_F(Operations, TheAuditTrailIsWholeAndNamesNobody) {
    const std::string mark = random().id("");
    const std::string name = "Name" + mark;
    const std::string email = "mail" + mark + "@example.com";
    const std::string user =
        enroll(client_, Person::kAda, {{"name", name}, {"email", email}, {"external_id", "ext" + mark}});
    verify(client_, Person::kAda);
    verify(client_, Person::kBen);
    verify(client_, Person::kAda, {{"claim", {{"email", email}}}});
    const vision::FaceVector& ada = vector_of(services().engines.current(), Person::kAda);
    const std::string spoof = finished_liveness(client_.scope, ada, false, 12);
    EXPECT_EQ(post("/v1/verify", json::object{{"liveness_session_id", spoof}}).status, 403U);
    EXPECT_EQ(post("/v1/enroll", enrollment(client_, Person::kAda)).status, 409U);
    EXPECT_EQ(erase("/v1/users/" + user).status, 200U);

    application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        const domain::ChainCheck check = services().audit.verify_chain(tx);
        EXPECT_TRUE(check.intact) << check.broken_at;
        const auto rows = tx.query(
            "SELECT actor, action, subject, details FROM audit_records WHERE tenant_id = $1 AND environment = $2 ORDER "
            "BY seq");
        EXPECT_EQ(check.records, static_cast<std::int64_t>(rows.size()));
        std::vector<std::string> actions;
        for (const sql::Row& row : rows) {
            actions.push_back(row.text(1));
            EXPECT_EQ(row.text(0), client_.key_id.value);
            const std::string all = row.text(0) + row.text(1) + row.text(2) + row.text(3);
            for (const std::string& secret : {mark, user, client_.key}) {
                EXPECT_EQ(all.find(secret), std::string::npos) << row.text(1);
            }
            EXPECT_TRUE(json::parse(row.text(3)).is_object());
        }
        const std::vector<std::string> expected = {"consent.recorded",   "user.enrolled",    "verify.matched",
                                                   "verify.not_matched", "verify.matched",   "verify.not_live",
                                                   "consent.recorded",   "enroll.duplicate", "user.deleted"};
        EXPECT_EQ(actions, expected);
    });
}

TEST_F(Operations, AChangedAuditRecordIsNoticed) {
    const std::string user = enroll(client_, Person::kAda);
    verify(client_, Person::kAda);
    application().database().write(client_.scope, [](sql::TenantTx& tx) {
        tx.execute(
            "UPDATE audit_records SET action = 'user.deleted' WHERE tenant_id = $1 AND environment = $2 AND seq = 2");
    });
    const domain::ChainCheck check = application().database().read(
        client_.scope, [](sql::TenantTx& tx) { return services().audit.verify_chain(tx); });
    EXPECT_FALSE(check.intact);
    EXPECT_EQ(check.broken_at, 2);
}

}  // namespace
}  // namespace facegate::testing
