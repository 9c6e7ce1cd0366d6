#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "crypto/jwt.h"
#include "domain/audit/audit_search.h"
#include "domain/audit/signed_head.h"

namespace facegate::testing {
namespace {

class Audit : public ApiTest {
protected:
    /// Numbers of the records found.
    std::vector<int> found(const std::string& query) const {
        const Answer answer = get("/v1/audit" + query);
        EXPECT_EQ(answer.status, 200U) << answer;
        std::vector<int> numbers;
        if (answer.status != 200) return numbers;
        for (const json::value& record : answer.body.at("records").as_array()) {
            numbers.push_back(static_cast<int>(record.at("number").as_int64()));
        }
        return numbers;
    }
    void sign() {
        application().database().write_system([&](sql::SystemTx& tx) {
            domain::sign_grown_heads(tx, services().audit, services().head_signer, clock().now(), 1000);
        });
    }
};

TEST_F(Audit, TellsWhatWasDoneNewestFirst) {
    const std::string user = enroll(client_, Person::kAda);
    ASSERT_EQ(verify(client_, Person::kAda).status, 200U);
    const Answer answer = get("/v1/audit");
    ASSERT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.text_at("/records/0/action"), "verify.matched");
    EXPECT_EQ(answer.text_at("/records/0/subject"), user);
    EXPECT_EQ(answer.text_at("/records/0/actor"), client_.key_id.value);
    EXPECT_TRUE(answer.at("/records/0/details/risk").is_number());
    EXPECT_EQ(answer.text_at("/records/1/action"), "user.enrolled");
    EXPECT_TRUE(answer.at("/next_cursor").is_null());
}

TEST_F(Audit, FiltersAndPagesAndRefusesForeignCursors) {
    const std::string user = enroll(client_, Person::kBen);
    const auto all = found("");
    ASSERT_GE(all.size(), 2U);
    EXPECT_EQ(found("?action=user.enrolled").size(), 1U);
    EXPECT_EQ(found("?user_id=" + user).size(), 1U);
    EXPECT_EQ(found("?actor=" + client_.key_id.value), all);
    EXPECT_EQ(found("?actor=key_other").size(), 0U);
    EXPECT_EQ(found("?from=2020-01-01T00:00:00Z"), all);
    EXPECT_EQ(found("?to=2020-01-01T00:00:00Z").size(), 0U);
    const Answer first = get("/v1/audit?limit=1");
    EXPECT_EQ(first.body.at("records").as_array().size(), 1U);
    const std::string cursor = first.text_at("/next_cursor");
    EXPECT_EQ(found("?limit=200&cursor=" + cursor).size(), all.size() - 1);
    EXPECT_EQ(get(new_client(), "/v1/audit?cursor=" + cursor).status, 400U);
    EXPECT_EQ(get("/v1/audit?cursor=" + cursor + "x").status, 400U);
    EXPECT_EQ(get("/v1/audit?limit=0").status, 400U);
    EXPECT_EQ(get("/v1/audit?limit=201").status, 400U);
    EXPECT_EQ(get("/v1/audit?from=yesterday").status, 400U);
}

TEST_F(Audit, NobodyReadsAnothersRecord) {
    enroll(client_, Person::kCleo);
    EXPECT_EQ(get(new_client(), "/v1/audit").body.at("records").as_array().size(), 0U);
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    EXPECT_EQ(get(live, "/v1/audit").body.at("records").as_array().size(), 0U);
    EXPECT_EQ(get(live, "/v1/audit/heads").body.at("heads").as_array().size(), 0U);
}

TEST_F(Audit, ADeletedUserIsNamedNoMore) {
    const std::string user = enroll(client_, Person::kDan);
    ASSERT_EQ(erase("/v1/users/" + user).status, 200U);
    const Answer answer = get("/v1/audit");
    EXPECT_EQ(answer.text.find(user), std::string::npos) << answer;
    EXPECT_EQ(answer.text_at("/records/0/action"), "user.deleted");
    EXPECT_EQ(answer.text_at("/records/0/subject_hash"), answer.text_at("/records/1/subject_hash"));
}

TEST_F(Audit, ASignInIsFoundByItsRequestAndItsSessions) {
    enroll(client_, Person::kEve);
    const std::string session = finished_liveness(client_.scope, Person::kEve);
    const Answer verified = post("/v1/verify", json::object{{"liveness_session_id", session}});
    ASSERT_EQ(verified.status, 200U);
    for (const std::string& id : {session, verified.text_at("/session_id")}) {
        const auto records = application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return domain::search_audit(tx, services().audit, {.action = "verify.matched", .reference = id}, 10);
        });
        EXPECT_EQ(records.size(), 1U) << id;
    }
}

TEST_F(Audit, SignedHeadsVerifyWithThePublicKey) {
    enroll(client_, Person::kAda);
    sign();
    const Answer heads = get("/v1/audit/heads");
    ASSERT_EQ(heads.status, 200U);
    ASSERT_EQ(heads.body.at("heads").as_array().size(), 1U);
    const Answer records = get("/v1/audit?limit=1");
    EXPECT_EQ(heads.at("/heads/0/number"), records.at("/records/0/number"));
    EXPECT_EQ(heads.text_at("/heads/0/hash"), records.text_at("/records/0/hash"));
    const auto jws = crypto::split_jws(heads.text_at("/heads/0/head"));
    ASSERT_TRUE(jws.has_value());
    const Answer keys = call({"GET", "/.well-known/audit-keys.json"});
    ASSERT_EQ(keys.status, 200U);
    EXPECT_EQ(keys.text_at("/keys/0/kid"), json::parse(jws->header).at("kid").as_string());
    EXPECT_TRUE(keys.at("/keys/0/d").is_null());
    for (const char* other : {"/.well-known/jwks.json", "/test/.well-known/jwks.json"}) {
        EXPECT_EQ(call({"GET", other}).text.find(keys.text_at("/keys/0/kid")), std::string::npos) << other;
    }
    sign();
    EXPECT_EQ(get("/v1/audit/heads").body.at("heads").as_array().size(), 1U) << "nothing was recorded since";
}

}  // namespace
}  // namespace facegate::testing
