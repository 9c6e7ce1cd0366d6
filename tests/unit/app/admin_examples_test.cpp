#include <algorithm>
#include <map>
#include <set>

#include "api/json_schema.h"
#include "domain/audit/audit.h"
#include "unit/app/admin_fixture.h"

namespace facegate::app {
namespace {

/// One call; what it answers is taken over under these names.
struct Step {
    const char* method;
    const char* path;        ///< as in the document
    const char* query = "";  ///< with `{name}` for what is known
    std::vector<std::pair<const char*, const char*>> learns = {};
};

/// Every operation of the administration, each with what those before it answered.
const std::vector<Step> kWalk{
    {"post", "/admin/v1/tenants", "", {{"tenant_id", "/id"}}},
    {"get", "/admin/v1/tenants"},
    {"get", "/admin/v1/plans"},
    {"get", "/admin/v1/tenants/{id}"},
    {"patch", "/admin/v1/tenants/{id}"},
    {"get", "/admin/v1/tenants/{id}/settings", "?environment=live"},
    {"patch", "/admin/v1/tenants/{id}/settings"},
    {"post", "/admin/v1/tenants/{id}/keys", "", {{"key_id", "/id"}}},
    {"get", "/admin/v1/tenants/{id}/keys"},
    {"delete", "/admin/v1/keys/{id}"},
    {"post", "/admin/v1/tokens", "", {{"token_id", "/id"}}},
    {"get", "/admin/v1/tokens"},
    {"delete", "/admin/v1/tokens/{id}"},
    {"get", "/admin/v1/audit", "?tenant_id={tenant_id}&environment=live"},
    {"get", "/admin/v1/why", "?id=live-1"},
    {"get", "/admin/v1/doctor"},
};

class AdminExamples : public AdminListenerTest {
protected:
    AdminExamples() : document_(call("GET", "/openapi.json").body) {}

    std::string filled(std::string text, const std::string& path) const {
        const std::map<std::string, std::string> ids{
            {"/admin/v1/tenants", "tenant_id"}, {"/admin/v1/keys", "key_id"}, {"/admin/v1/tokens", "token_id"}};
        for (std::size_t open = 0; (open = text.find('{')) != std::string::npos;) {
            const std::size_t close = text.find('}', open);
            std::string name = text.substr(open + 1, close - open - 1);
            for (const auto& [prefix, id] : ids) {
                if (name == "id" && path.starts_with(prefix)) name = id;
            }
            const auto known = known_.find(name);
            text.replace(open, close - open + 1, known == known_.end() ? "unknown" : known->second);
        }
        return text;
    }
    Reply run(const Step& step) {
        const json::object& operation = document_.at("paths").at(step.path).at(step.method).as_object();
        std::string method = step.method;
        std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        const json::value* request = operation.if_contains("requestBody");
        const json::value body =
            request == nullptr ? json::value() : request->at("content").at("application/json").at("example");
        return call(method, filled(step.path, step.path) + filled(step.query, step.path), body);
    }
    /// An attempt for `why` to tell of.
    void record_attempt() {
        const domain::AuditTrail trail(*data_.vault);
        data_.database->write(Scope{TenantId(known_["tenant_id"]), Environment::kLive}, [&](sql::TenantTx& tx) {
            trail.append(tx, {"key_1", "verify.not_live", "live-1", R"({"liveness_session":"live-1"})"}, clock_.now());
        });
    }

    json::value document_;
    std::map<std::string, std::string> known_;
};

TEST_F(AdminExamples, RunOneAfterTheOtherAndEveryAnswerIsASuccessAsDescribed) {
    std::set<std::pair<std::string, std::string>> done;
    for (const Step& step : kWalk) {
        SCOPED_TRACE(std::string(step.method) + " " + step.path);
        const Reply reply = run(step);
        ASSERT_LT(reply.status, 300U) << json::serialize(reply.body);
        const json::value& responses = document_.at("paths").at(step.path).at(step.method).at("responses");
        const json::value* described = responses.as_object().if_contains(std::to_string(reply.status));
        ASSERT_NE(described, nullptr) << reply.status;
        const json::value& schema = described->at("content").at("application/json").at("schema");
        EXPECT_THAT(facegate::testing::schema_errors(reply.body, schema, document_), ::testing::IsEmpty())
            << json::serialize(reply.body);
        for (const auto& [name, pointer] : step.learns) known_[name] = reply.text(pointer);
        if (done.empty()) record_attempt();
        done.insert({step.path, step.method});
    }
    for (const auto& [path, item] : document_.at("paths").as_object()) {
        for (const auto& operation : item.as_object()) {
            EXPECT_TRUE(done.contains({std::string(path), std::string(operation.key())}))
                << operation.key() << " " << path << " has no place in the walk";
        }
    }
}

TEST_F(AdminExamples, TheDocumentPromisesOnlyWhatTheListenerDoes) {
    const std::string text = json::serialize(document_);
    for (const char* absent : {"Idempotency-Key", "RateLimit", "SECRET_KEY_REQUIRED", "TENANT_SUSPENDED"}) {
        EXPECT_EQ(text.find(absent), std::string::npos) << absent;
    }
}

}  // namespace
}  // namespace facegate::app
