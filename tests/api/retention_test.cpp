#include <gtest/gtest.h>

#include "api/session_fixture.h"
#include "app/jobs.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

using std::chrono::days;

/// What the jobs destroy and keep. Ada is enrolled and can refresh; Ben may sign in.
class RetentionJob : public SessionTest {
protected:
    RetentionJob() : ben_(enroll(client_, Person::kBen)) {
        EXPECT_TRUE(application().database().write_system([&](sql::SystemTx& tx) {
            return domain::change_tenant(tx, client_.scope.tenant, {.retention_days = 10});
        }));
    }
    static void run_jobs() {
        application().jobs().erase_expired();
        application().jobs().expire_templates();
    }
    Answer verify_claim(Person person, const std::string& user) const {
        return verify(client_, person, {{"claim", {{"user_id", user}}}});
    }

    std::string ben_;
};

TEST_F(RetentionJob, DestroysUnusedTemplatesAndTellsTheIndex) {
    const Answer signed_in = sign_in();
    clock().advance(days(10) - Milliseconds(1));
    ASSERT_EQ(verify_claim(Person::kBen, ben_).at("/matched"), true);
    run_jobs();
    EXPECT_EQ(audited("templates.expired"), 0);
    clock().advance(Milliseconds(1));
    run_jobs();
    EXPECT_EQ(audited("templates.expired"), 1);
    const json::array records = get("/v1/audit?action=templates.expired").at("/records").as_array();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].at("details"), (json::object{{"faces", 1}, {"sessions_ended", 1}})) << records[0];

    const Answer profile = get("/v1/users/" + user_);
    EXPECT_EQ(profile.at("/enrollments"), json::array());
    EXPECT_EQ(profile.text_at("/name"), "Ada Guard") << "the person stays";
    EXPECT_EQ(verify(client_, Person::kAda).at("/matched"), false);
    EXPECT_EQ(verify_claim(Person::kAda, user_).at("/matched"), false);
    EXPECT_FALSE(active(signed_in.text_at("/verification_token")));
    EXPECT_TRUE(is_error(refresh(signed_in.text_at("/refresh_token")), 401, "INVALID_TOKEN"));
    EXPECT_EQ(verify_claim(Person::kBen, ben_).at("/matched"), true) << "who verified in time stays";
    run_jobs();
    EXPECT_EQ(audited("templates.expired"), 1);
}

TEST_F(RetentionJob, WhoseTemplatesWereDestroyedMayEnrollAgain) {
    json::object linked = enrollment(client_, Person::kCleo);
    const std::string consent(linked["consent_id"].as_string());
    const std::string cleo = post("/v1/enroll", linked).text_at("/user_id");
    const Answer before = get("/v1/consent/" + consent);
    ASSERT_TRUE(before.at("/ip").is_string()) << before;
    clock().advance(days(10));
    run_jobs();
    EXPECT_EQ(audited("templates.expired"), 3);
    EXPECT_EQ(get("/v1/consent/" + consent).body, before.body) << "the consent still stands, with where it came from";
    const Answer again = post("/v1/users/" + cleo + "/re-enroll",
                              {{"liveness_session_id", finished_liveness(client_.scope, Person::kCleo)}});
    ASSERT_EQ(again.status, 200U) << again;
    EXPECT_EQ(verify_claim(Person::kCleo, cleo).at("/matched"), true);
    EXPECT_NE(enroll(client_, Person::kAda), user_) << "or as a new user";
    clock().advance(days(10) - Milliseconds(1));
    run_jobs();
    EXPECT_EQ(audited("templates.expired"), 3);
    EXPECT_EQ(verify_claim(Person::kCleo, cleo).at("/matched"), true);
    EXPECT_EQ(erase("/v1/users/" + cleo).status, 200U);
}

TEST_F(RetentionJob, ADamagedRowKeepsNobodyElsesTemplatesAlive) {
    application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        tx.execute("UPDATE consents SET sealed_origin = $4 WHERE tenant_id = $1 AND environment = $2 AND user_id = $3",
                   {user_, Bytes(64, 1)});
    });
    clock().advance(days(10));
    run_jobs();
    EXPECT_EQ(audited("templates.expired"), 1);
    EXPECT_EQ(get("/v1/users/" + ben_).at("/enrollments"), json::array());
    EXPECT_EQ(get("/v1/users/" + user_).at("/enrollments").as_array().size(), 1U) << "all or nothing";
}

TEST_F(RetentionJob, AConsentNobodyWasEnrolledOnGoesAfterAWeek) {
    const std::string used(get("/v1/users/" + user_ + "/export").text_at("/consents/0/consent_id"));
    const std::string forgotten = consent(client_);
    const std::string revoked = consent(client_);
    ASSERT_EQ(erase("/v1/consent/" + revoked).status, 200U);
    clock().advance(days(7) - Milliseconds(1));
    run_jobs();
    EXPECT_EQ(get("/v1/consent/" + forgotten).status, 200U);
    const std::int64_t recorded = audited("consent.recorded");
    clock().advance(Milliseconds(1));
    run_jobs();
    EXPECT_TRUE(is_error(get("/v1/consent/" + forgotten), 404, "NOT_FOUND"));
    EXPECT_EQ(get("/v1/consent/" + revoked).status, 200U) << "a revocation is proof";
    EXPECT_EQ(get("/v1/consent/" + used).status, 200U);
    EXPECT_EQ(audited("consent.recorded"), recorded) << "what was audited stays";
    json::object body = enrollment(client_, Person::kDan);
    body["consent_id"] = forgotten;
    EXPECT_TRUE(is_error(post("/v1/enroll", body), 400, "CONSENT_INVALID"));
}

}  // namespace
}  // namespace facegate::testing
