#include <gtest/gtest.h>

#include "api/api_fixture.h"

namespace facegate::testing {
namespace {

class Policy : public ApiTest {
protected:
    std::int64_t audited(const std::string& action) const {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return tx
                .query("SELECT COUNT(*) FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND action = $3",
                       {action})
                .front()
                .integer(0);
        });
    }
};

TEST_F(Policy, IsCreatedAndUpdatedAsTheContractSays) {
    struct Case {
        const char* type;
        json::object request;
        json::object config;
    };
    const std::vector<Case> cases = {
        {"rotation",
         {{"rotation_days", 90}, {"grace_period_days", 7}, {"notify_before_days", 14}},
         {{"rotation_days", 90}, {"grace_period_days", 7}, {"notify_before_days", 14}}},
        {"risk",
         {{"block_threshold", 0.9},
          {"step_up_threshold", 0.6},
          {"max_failed_attempts", 5},
          {"lockout_duration_minutes", 30}},
         {{"block_threshold", 0.9},
          {"step_up_threshold", 0.6},
          {"max_failed_attempts", 5},
          {"lockout_duration_minutes", 30},
          {"target_fmr", 1e-4},
          {"target_fpir", 1e-3}}},
        {"continuous",
         {{"re_verify_interval_minutes", 30}, {"confidence_decay_rate", 0.1}, {"min_confidence", 85}},
         {{"re_verify_interval_minutes", 30}, {"confidence_decay_rate", 0.1}, {"min_confidence", 85}}},
        {"liveness",
         {{"challenge", "movement_allowed"}, {"movement_step_up", true}, {"min_confidence", 95}},
         {{"challenge", "movement_allowed"}, {"movement_step_up", true}, {"min_confidence", 95}}},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.type);
        const std::string path = std::string("/v1/policy/") + one.type;
        for (const char* action : {"created", "updated"}) {
            const Answer answer = post(path, one.request);
            ASSERT_EQ(answer.status, 200U) << answer;
            EXPECT_EQ(answer.members(), (std::vector<std::string>{"policy_type", "action", "config"}));
            EXPECT_EQ(answer.text_at("/policy_type"), one.type);
            EXPECT_EQ(answer.text_at("/action"), action);
            EXPECT_EQ(answer.at("/config"), one.config) << answer;
        }
        const Answer read = get(path);
        EXPECT_EQ(read.members(), (std::vector<std::string>{"policy_type", "config"}));
        EXPECT_EQ(read.at("/config"), one.config) << read;
        EXPECT_EQ(audited(std::string("policy.") + one.type + "_changed"), 2);
    }
}

TEST_F(Policy, WhatIsLeftOutKeepsItsSavedOrDefaultValue) {
    EXPECT_EQ(get("/v1/policy/rotation").at("/config"),
              (json::object{{"rotation_days", 0}, {"grace_period_days", 7}, {"notify_before_days", 14}}));
    EXPECT_EQ(get("/v1/policy/continuous").at("/config"),
              (json::object{{"re_verify_interval_minutes", 0}, {"confidence_decay_rate", 0}, {"min_confidence", 0}}));
    EXPECT_EQ(get("/v1/policy/liveness").at("/config"),
              (json::object{{"challenge", "movement_and_light"}, {"movement_step_up", false}, {"min_confidence", 90}}));
    EXPECT_EQ(post("/v1/policy/rotation", json::object{{"rotation_days", 30}}).text_at("/action"), "created");
    EXPECT_EQ(post("/v1/policy/rotation", json::object{{"grace_period_days", 1}}).at("/config"),
              (json::object{{"rotation_days", 30}, {"grace_period_days", 1}, {"notify_before_days", 14}}));
    EXPECT_EQ(post("/v1/policy/rotation", json::object{}).at("/config/rotation_days"), 30);
    EXPECT_EQ(post("/v1/policy/risk", json::object{{"target_fmr", 1e-6}}).number_at("/config/target_fmr"), 1e-6);
    EXPECT_EQ(post("/v1/policy/risk", json::object{{"max_failed_attempts", 3}}).number_at("/config/target_fmr"), 1e-6);
    EXPECT_EQ(get("/v1/policy/risk").number_at("/config/max_failed_attempts"), 3);
}

TEST_F(Policy, EveryFieldIsCheckedAndAllIssuesAreListed) {
    const json::value over = 1e12;
    struct Field {
        const char* type;
        const char* name;
        json::value low;
        json::value high;
        json::value below;
        json::value above;
        bool whole;
    };
    const std::vector<Field> fields = {
        {"rotation", "rotation_days", 0, 3650, -1, 3651, true},
        {"rotation", "grace_period_days", 0, 365, -1, 366, true},
        {"rotation", "notify_before_days", 0, 365, -1, 366, true},
        {"risk", "block_threshold", 0.6, 1, -0.01, 1.01, false},
        {"risk", "step_up_threshold", 0, 0.9, -0.01, 1.01, false},
        {"risk", "max_failed_attempts", 1, 100, 0, 101, true},
        {"risk", "lockout_duration_minutes", 1, 10080, 0, 10081, true},
        {"risk", "target_fmr", 1e-9, 1e-2, 1e-10, 0.011, false},
        {"risk", "target_fpir", 1e-9, 1e-1, 0, 0.11, false},
        {"continuous", "re_verify_interval_minutes", 0, 43200, -1, 43201, true},
        {"continuous", "confidence_decay_rate", 0, 100, -0.1, 100.1, false},
        {"continuous", "min_confidence", 0, 100, -1, 100.1, false},
        {"liveness", "min_confidence", 90, 100, 89.9, 100.1, false},
    };
    for (const Field& field : fields) {
        SCOPED_TRACE(std::string(field.type) + "." + field.name);
        const Client client = new_client();
        const std::string path = std::string("/v1/policy/") + field.type;
        const auto send = [&](const json::value& value) {
            return post(client, path, json::object{{field.name, value}});
        };
        for (const json::value& right : {field.low, field.high}) EXPECT_EQ(send(right).status, 200U) << right;
        std::vector<std::pair<json::value, const char*>> wrong = {
            {field.below, "too_small"},       {field.above, "too_big"},        {over, "too_big"},
            {nullptr, "invalid_type"},        {"5", "invalid_type"},           {true, "invalid_type"},
            {json::array{1}, "invalid_type"}, {json::object{}, "invalid_type"}};
        if (field.whole) wrong.emplace_back(1.5, "invalid_type");
        for (const auto& [value, code] : wrong) {
            const Answer answer = send(value);
            EXPECT_TRUE(is_error(answer, 400, "Validation failed")) << value;
            EXPECT_EQ(answer.text_at("/details/0/code"), code) << answer;
            EXPECT_EQ(answer.at("/details/0/path"), json::array{field.name});
        }
        EXPECT_EQ(get(client, path).number_at(std::string("/config/") + field.name), field.high.to_number<double>())
            << "what was refused changed nothing";
    }
    const Answer all =
        post("/v1/policy/rotation",
             json::object{
                 {"rotation_days", -1}, {"grace_period_days", "7"}, {"notify_before_days", 1000}, {"unknown", true}});
    EXPECT_EQ(all.at("/details").as_array().size(), 3U) << all;
    EXPECT_EQ(get("/v1/policy/rotation").number_at("/config/notify_before_days"), 14) << "nothing was changed";
    EXPECT_TRUE(is_error(post("/v1/policy/liveness", json::object{{"challenge", "none"}}), 400, "Validation failed"));
    EXPECT_TRUE(is_error(post("/v1/policy/liveness", json::object{{"movement_step_up", 1}}), 400, "Validation failed"));
    const Answer crossed = post("/v1/policy/risk", json::object{{"step_up_threshold", 0.95}});
    EXPECT_TRUE(is_error(crossed, 400, "Validation failed"));
    EXPECT_EQ(crossed.at("/details/0/path"), json::array{"step_up_threshold"});
}

TEST_F(Policy, TenantsAndEnvironmentsHaveTheirOwn) {
    EXPECT_EQ(post("/v1/policy/rotation", json::object{{"rotation_days", 30}}).status, 200U);
    for (const Client& other : {key_for(client_.scope.tenant, Environment::kLive), new_client()}) {
        EXPECT_EQ(get(other, "/v1/policy/rotation").at("/config/rotation_days"), 0);
        EXPECT_EQ(post(other, "/v1/policy/rotation", json::object{{"rotation_days", 5}}).text_at("/action"), "created");
    }
    EXPECT_EQ(get("/v1/policy/rotation").at("/config/rotation_days"), 30);
}

TEST_F(Policy, ItsSchemaDescribesItsFields) {
    for (const char* type : {"rotation", "risk", "continuous", "liveness"}) {
        SCOPED_TRACE(type);
        const Answer schema = get(std::string("/v1/policy/") + type + "/schema");
        ASSERT_EQ(schema.status, 200U) << schema;
        EXPECT_EQ(schema.text_at("/$schema"), "https://json-schema.org/draft/2020-12/schema");
        EXPECT_EQ(schema.members("/properties"), get(std::string("/v1/policy/") + type).members("/config"));
        for (const std::string& name : schema.members("/properties")) {
            EXPECT_FALSE(schema.text_at("/properties/" + name + "/description").empty()) << name;
        }
        EXPECT_TRUE(schema.at("/required").is_null()) << "everything may be left out";
    }
    EXPECT_EQ(get("/v1/policy/risk/schema").at("/properties/max_failed_attempts/maximum"), 100);
    EXPECT_TRUE(is_error(get("/v1/policy/match/schema"), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(get("/v1/policy/risk/schemas"), 404, "NOT_FOUND"));
}

}  // namespace
}  // namespace facegate::testing
