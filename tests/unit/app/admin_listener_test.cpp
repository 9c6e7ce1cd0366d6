#include "app/admin/doctor.h"
#include "domain/keys/api_key.h"
#include "unit/app/admin_fixture.h"

namespace facegate::app {
namespace {

TEST_F(AdminListenerTest, NothingIsAnsweredWithoutAValidToken) {
    for (const std::string& token : {std::string(), std::string("fga_x"), token_ + "x", token_.substr(1)}) {
        EXPECT_EQ(call_as(token, "GET", "/admin/v1/tenants").status, 401U) << token;
    }
    const std::string tenant = new_tenant();
    const auto key = administration().create_key("cli", {{TenantId(tenant), Environment::kLive}, "", 0}).value().text;
    EXPECT_EQ(call_as(key, "GET", "/admin/v1/tenants").status, 401U) << "an API key is no admin token";
    EXPECT_EQ(call("GET", "/admin/v1/tenants").status, 200U);
    EXPECT_EQ(call("GET", "/v1/users").status, 404U) << "nothing of the public API";
}

TEST_F(AdminListenerTest, TokensExpireAreRevokedAndRotate) {
    const Reply next = call("POST", "/admin/v1/tokens", {{"name", "next"}, {"days", 1}});
    ASSERT_EQ(next.status, 201U);
    EXPECT_EQ(call("POST", "/admin/v1/tokens", {{"name", "third"}}).status, 400U) << "two are valid at a time";
    EXPECT_EQ(call_as(next.text("/token"), "GET", "/admin/v1/plans").status, 200U);
    const Reply list = call("GET", "/admin/v1/tokens");
    EXPECT_EQ(list.body.at("tokens").as_array().size(), 2U);
    EXPECT_EQ(json::serialize(list.body).find("fga_"), std::string::npos) << "never the text";
    clock_.advance(std::chrono::hours(24));
    EXPECT_EQ(call_as(next.text("/token"), "GET", "/admin/v1/plans").status, 401U) << "expired";
    const Reply third = call("POST", "/admin/v1/tokens", {{"name", "third"}});
    ASSERT_EQ(third.status, 201U);
    const Reply valid = call("GET", "/admin/v1/tokens");
    for (const json::value& token : valid.body.at("tokens").as_array()) {
        if (token.at("name") == "ops") call("DELETE", "/admin/v1/tokens/" + std::string(token.at("id").as_string()));
    }
    EXPECT_EQ(call("GET", "/admin/v1/plans").status, 401U) << "revoked at once";
    EXPECT_EQ(call_as(third.text("/token"), "GET", "/admin/v1/plans").status, 200U);
    EXPECT_THAT(actions("server", Environment::kLive),
                testing::ElementsAre("admin_token.created", "admin_token.created", "admin_token.created",
                                     "admin_token.revoked"));
}

TEST_F(AdminListenerTest, WrongTokensOfOneNetworkAreLimitedAndValidOnesAreNot) {
    const std::string address = "2001:db8:1:2::1";
    const auto with = [&](const std::string& token, const std::string& from) {
        return call_as(token, "GET", "/admin/v1/plans", nullptr, from);
    };
    for (std::size_t i = 0; i < kWrongTokens; ++i) EXPECT_EQ(with("fga_wrong", address).status, 401U);
    for (const char* neighbour : {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"}) {
        const Reply refused = with("fga_wrong", neighbour);
        EXPECT_EQ(refused.status, 429U) << neighbour;
        EXPECT_THAT(refused.headers, testing::Contains(std::pair<std::string, std::string>("Retry-After", "60")));
        EXPECT_EQ(with("", neighbour).status, 429U) << "nor without one";
        EXPECT_EQ(with(token_, neighbour).status, 200U) << "whoever has a token is not disturbed";
    }
    EXPECT_EQ(with("fga_wrong", "2001:db8:1:3::1").status, 401U) << "another network";
    clock_.advance(kWrongTokenWindow);
    EXPECT_EQ(with("fga_wrong", address).status, 401U);
}

TEST_F(AdminListenerTest, TheDoctorTellsWhatTheCommandTells) {
    const Reply doctor = call("GET", "/admin/v1/doctor");
    ASSERT_EQ(doctor.status, 200U);
    std::vector<std::string> looked_at;
    for (const json::value& finding : doctor.body.at("findings").as_array()) {
        looked_at.emplace_back(finding.at("check").as_string());
    }
    std::vector<std::string> expected;
    for (const Finding& finding : examine(config_, clock_.now())) expected.push_back(finding.check);
    EXPECT_EQ(looked_at, expected);
    EXPECT_THAT(looked_at, testing::IsSupersetOf({"data directory", "master key", "database", "schema", "public URL"}));
    EXPECT_EQ(doctor.text("/findings/0/health"), "ok");
    EXPECT_EQ(doctor.text("/health"), "problem") << "there are no packs in this test's share directory";
    EXPECT_EQ(call_as("", "GET", "/admin/v1/doctor").status, 401U);
}

TEST_F(AdminListenerTest, ATenantIsCreatedChangedSuspendedAndAudited) {
    const Reply created = call(
        "POST", "/admin/v1/tenants",
        {{"name", "Acme"}, {"allowed_origins", json::array{"https://app.acme.example"}}, {"default_role", "guard"}});
    ASSERT_EQ(created.status, 201U);
    const std::string id = created.text("/id");
    EXPECT_EQ(created.text("/default_role"), "guard");
    EXPECT_EQ(created.text("/plan"), "unlimited");
    const std::string path = "/admin/v1/tenants/" + id;
    EXPECT_EQ(call("PATCH", path, {{"status", "suspended"}}).text("/status"), "suspended");
    EXPECT_EQ(call("GET", path).text("/default_role"), "guard") << "what is left out stays";
    EXPECT_EQ(call("PATCH", path, {{"status", "active"}, {"name", "Acme 2"}}).text("/name"), "Acme 2");
    EXPECT_EQ(call("PATCH", path, {{"plan", "gold"}}).status, 400U) << "there is no such plan";
    EXPECT_EQ(call("PATCH", path, {{"allowed_origins", json::array{"nonsense"}}}).status, 400U);
    EXPECT_EQ(call("PATCH", "/admin/v1/tenants/ten_none", {{"name", "x"}}).status, 404U);
    EXPECT_EQ(call("PATCH", "/admin/v1/tenants/ten_demo", {{"name", "x"}}).status, 404U);
    EXPECT_EQ(call("POST", "/admin/v1/tenants", json::object{}).status, 400U);
    EXPECT_EQ(call("GET", "/admin/v1/tenants").body.at("tenants").as_array().size(), 1U);
    for (const auto environment : {Environment::kTest, Environment::kLive}) {
        EXPECT_THAT(actions(id, environment),
                    testing::ElementsAre("tenant.created", "tenant.changed", "tenant.changed"));
    }
}

TEST_F(AdminListenerTest, WhoMayEnrollAndHowLongTemplatesAreKeptIsTheTenants) {
    const Reply created = call("POST", "/admin/v1/tenants", {{"name", "Acme"}, {"retention_days", 365}});
    ASSERT_EQ(created.status, 201U);
    EXPECT_EQ(created.body.at("publishable_enroll"), false);
    EXPECT_EQ(created.body.at("retention_days"), 365);
    const std::string path = "/admin/v1/tenants/" + created.text("/id");
    EXPECT_EQ(call("PATCH", path, {{"publishable_enroll", true}}).body.at("publishable_enroll"), true);
    EXPECT_EQ(call("GET", path).body.at("retention_days"), 365) << "what is left out stays";
    for (const json::value& bad : {json::value(0), json::value(1096), json::value(1.5), json::value("365")}) {
        EXPECT_EQ(call("PATCH", path, {{"retention_days", bad}}).status, 400U) << bad;
    }
    EXPECT_EQ(call("PATCH", path, {{"publishable_enroll", "yes"}}).status, 400U);
    EXPECT_EQ(call("GET", path).body.at("retention_days"), 365);
}

TEST_F(AdminListenerTest, SettingsOfAnEnvironmentChangeTogetherOrNotAtAll) {
    const std::string id = new_tenant();
    const std::string path = "/admin/v1/tenants/" + id + "/settings";
    const Reply changed = call("PATCH", path, {{"environment", "live"}, {"target_fmr", 1e-5}, {"min_confidence", 95}});
    ASSERT_EQ(changed.status, 200U);
    EXPECT_EQ(changed.body.at("target_fmr").as_double(), 1e-5);
    EXPECT_EQ(changed.body.at("min_confidence").to_number<double>(), 95);
    EXPECT_EQ(call("PATCH", path, {{"environment", "live"}, {"target_fmr", 1e-6}, {"min_confidence", 80}}).status,
              400U);
    EXPECT_EQ(call("GET", path + "?environment=live").body.at("target_fmr").as_double(), 1e-5);
    EXPECT_EQ(call("GET", path + "?environment=test").body.at("target_fmr").as_double(), 1e-4);
    EXPECT_THAT(actions(id, Environment::kLive),
                testing::ElementsAre("tenant.created", "policy.match_changed", "policy.liveness_changed"));
    EXPECT_EQ(call("GET", "/admin/v1/tenants/ten_none/settings?environment=live").status, 404U);
}

TEST_F(AdminListenerTest, KeysAreShownOnceAndRevoked) {
    const std::string id = new_tenant();
    const std::string path = "/admin/v1/tenants/" + id + "/keys";
    const Reply created = call("POST", path, {{"environment", "live"}, {"name", "backend"}, {"expires_days", 30}});
    ASSERT_EQ(created.status, 201U);
    EXPECT_TRUE(created.text("/key").starts_with("fg_live_"));
    const Reply list = call("GET", path);
    ASSERT_EQ(list.body.at("keys").as_array().size(), 1U);
    EXPECT_EQ(json::serialize(list.body).find("fg_live_"), std::string::npos);
    const auto valid = [&] {
        return data_.database
            ->read_system(
                [&](sql::SystemTx& tx) { return domain::authenticate(tx, created.text("/key"), clock_.now()); })
            .has_value();
    };
    EXPECT_TRUE(valid());
    EXPECT_EQ(call("DELETE", "/admin/v1/keys/" + created.text("/id")).status, 200U);
    EXPECT_FALSE(valid());
    EXPECT_EQ(call("DELETE", "/admin/v1/keys/key_none").status, 404U);
    EXPECT_EQ(call("POST", "/admin/v1/tenants/ten_none/keys", {{"environment", "live"}}).status, 404U);
    EXPECT_THAT(actions(id, Environment::kLive), testing::ElementsAre("tenant.created", "key.created", "key.revoked"));
}

TEST_F(AdminListenerTest, TheRecordIsSearchedPageByPage) {
    const std::string id = new_tenant();
    for (int i = 0; i < 4; ++i) call("PATCH", "/admin/v1/tenants/" + id, {{"name", "Acme"}});
    const std::string query = "/admin/v1/audit?tenant_id=" + id + "&environment=live";
    const Reply first = call("GET", query + "&limit=3");
    ASSERT_EQ(first.status, 200U);
    EXPECT_EQ(first.body.at("records").as_array().size(), 3U);
    const Reply second = call("GET", query + "&limit=3&cursor=" + first.text("/next_cursor"));
    EXPECT_EQ(second.body.at("records").as_array().size(), 2U);
    EXPECT_TRUE(second.body.at("next_cursor").is_null());
    EXPECT_EQ(call("GET", query + "&action=tenant.created").body.at("records").as_array().size(), 1U);
    EXPECT_EQ(call("GET", "/admin/v1/audit?tenant_id=" + id + "&environment=test&cursor=" + first.text("/next_cursor"))
                  .status,
              400U)
        << "a cursor is of one chain";
}

TEST_F(AdminListenerTest, WhyTellsSignalsMatchAndRisk) {
    const std::string id = new_tenant();
    const Scope scope{TenantId(id), Environment::kLive};
    const domain::AuditTrail trail(*data_.vault);
    data_.database->write(scope, [&](sql::TenantTx& tx) {
        trail.append(tx,
                     {"stream", "liveness.finished", "live-1",
                      R"({"challenge":"movement_and_light","live":true,"confidence":97.1,"signals":[)"
                      R"({"name":"one_face","value":1,"threshold":1,"weight":0.1,"passed":true,"required":true,)"
                      R"("reason":"one face"}]})"},
                     clock_.now());
        trail.append(tx,
                     {"key_1", "verify.risk_blocked", "user_1",
                      R"({"liveness_session":"live-1","score":9.5,"threshold":8.1,"fmr":1e-5,"people":10,)"
                      R"("false_match":1e-4,"required":1e-3,"compared_with":"collection","risk":0.95,)"
                      R"("risk_factors":{"velocity":0.5,"new_device":0.45}})"},
                     clock_.now());
        trail.refer(tx, "request-7");
        trail.refer(tx, "live-1");
    });
    for (const char* name : {"live-1", "request-7"}) {
        const Reply why = call("GET", std::string("/admin/v1/why?id=") + name);
        ASSERT_EQ(why.status, 200U) << name;
        EXPECT_EQ(why.text("/action"), "verify.risk_blocked");
        EXPECT_THAT(why.text("/summary"), testing::HasSubstr("block threshold"));
        EXPECT_EQ(why.text("/liveness/signals/0/name"), "one_face");
        EXPECT_EQ(why.body.at("match").at("false_match").to_number<double>(), 1e-4);
        EXPECT_EQ(why.text("/risk/factors/0/name"), "velocity");
        EXPECT_EQ(why.body.at("records").as_array().size(), 2U);
    }
    EXPECT_EQ(call("GET", "/admin/v1/why?id=request-8").status, 404U);
    EXPECT_EQ(call("GET", "/admin/v1/why?id=live-1&environment=test").status, 404U);
}

TEST_F(AdminListenerTest, WhyFindsStepUpsAndIsNotMisledByWhatFollowed) {
    const std::string id = new_tenant();
    const domain::AuditTrail trail(*data_.vault);
    const auto record = [&](sql::TenantTx& tx, const char* action, const char* subject, const char* details,
                            std::initializer_list<const char*> references) {
        trail.append(tx, {"key_1", action, subject, details}, clock_.now());
        for (const char* reference : references) trail.refer(tx, reference);
    };
    data_.database->write(Scope{TenantId(id), Environment::kLive}, [&](sql::TenantTx& tx) {
        record(tx, "liveness.finished", "live-1", R"({"live":true,"confidence":97,"signals":[]})", {});
        record(tx, "verify.matched", "user_1", R"({"liveness_session":"live-1","step_up_required":true,"risk":0.7})",
               {"request-1", "live-1", "sess_1"});
        record(tx, "liveness.finished", "live-2", R"({"live":true,"confidence":98,"signals":[]})", {});
        record(tx, "step_up.not_matched", "user_1",
               R"({"liveness_session":"live-2","score":2,"false_match":0.1,"required":1e-4})", {"request-2", "live-2"});
        record(tx, "lockout.started", "user_1", R"({"kind":"user_device"})", {"request-2"});
    });
    for (const char* name : {"live-2", "request-2"}) {
        const Reply why = call("GET", std::string("/admin/v1/why?id=") + name);
        ASSERT_EQ(why.status, 200U) << name;
        EXPECT_EQ(why.text("/action"), "step_up.not_matched");
        EXPECT_EQ(why.body.at("liveness").at("confidence").to_number<double>(), 98);
        EXPECT_EQ(why.body.at("match").at("false_match").to_number<double>(), 0.1);
    }
    EXPECT_EQ(call("GET", "/admin/v1/why?id=sess_1").text("/action"), "verify.matched");
}

}  // namespace
}  // namespace facegate::app
