#include <gtest/gtest.h>

#include <map>

#include "api/session_fixture.h"
#include "domain/consents/consent.h"
#include "domain/consents/consent_texts.h"
#include "domain/liveness_sessions/liveness_session.h"

namespace facegate::testing {
namespace {

/// A thousand enrollments at once, each complete by itself, of which one is possible.
class OneWinner : public SessionTest {
protected:
    static constexpr int kAttempts = 1000;

    /// Every one with a consent and a finished liveness session of its own, all of the same face.
    std::vector<json::object> enrollments(Person person) const {
        domain::LivenessOutcome outcome;
        outcome.live = true;
        outcome.confidence = 98.7;
        outcome.probes.emplace(services().engines.current().pack_id(), vector_of(services().engines.current(), person));
        const domain::Vault& vault = application().vault();
        return application().database().write(client_.scope, [&](sql::TenantTx& tx) {
            std::vector<json::object> bodies;
            for (int i = 0; i < kAttempts; ++i) {
                const TimeMs now = clock().now();
                const LivenessSessionId id =
                    domain::create_liveness_session(tx, random(), domain::LivenessChallenge::kMovementAndLight, now).id;
                domain::mark_started(tx, id, now).value();
                domain::finish_liveness_session(tx, vault, id, outcome, now).value();
                const auto consent = domain::record_consent(tx, vault, random(), domain::consent_texts().front(),
                                                            {std::nullopt, {"192.0.2.7", "Tests/1"}}, now);
                bodies.push_back({{"name", "Attempt " + std::to_string(i)},
                                  {"role", "guard"},
                                  {"consent_id", consent->id.value},
                                  {"liveness_session_id", id.value}});
            }
            return bodies;
        });
    }
    std::map<std::string, int> outcomes_of(const std::vector<json::object>& bodies) const {
        std::map<std::string, int> outcomes;
        const std::vector<Answer> answers =
            at_once(kAttempts, [&](int i) { return post("/v1/enroll", bodies[static_cast<std::size_t>(i)]); });
        for (const Answer& answer : answers) ++outcomes[answer.status == 201 ? "enrolled" : answer.error()];
        return outcomes;
    }
    std::int64_t count(const std::string& table, const std::string& condition) const {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return tx
                .query("SELECT COUNT(*) FROM " + table + " WHERE tenant_id = $1 AND environment = $2 AND " + condition)
                .front()
                .integer(0);
        });
    }
    /// Ada was there before; of the thousand one is there with all that belongs to a user.
    void expect_one_more() const {
        for (const char* table : {"users", "user_profiles", "user_keys", "faces", "face_events"}) {
            EXPECT_EQ(rows_in(table, client_.scope), 2) << table;
        }
        EXPECT_EQ(audited("user.enrolled"), 2);
        EXPECT_EQ(count("consents", "user_id IS NOT NULL"), 2);
        EXPECT_EQ(get("/v1/users").at("/users").as_array().size(), 2U);
    }
};

TEST_F(OneWinner, OfAnExternalId) {
    std::vector<json::object> bodies = enrollments(Person::kBen);
    for (json::object& body : bodies) {
        body["external_id"] = "staff-1";
        body["allow_duplicate"] = true;  // the external id alone decides
    }
    EXPECT_EQ(outcomes_of(bodies),
              (std::map<std::string, int>{{"enrolled", 1}, {"USER_ALREADY_ENROLLED", kAttempts - 1}}));
    expect_one_more();
    EXPECT_EQ(count("liveness_sessions", "consumed_at IS NOT NULL"), 2) << "who lost may try again";
}

TEST_F(OneWinner, OfAFace) {
    EXPECT_EQ(outcomes_of(enrollments(Person::kBen)),
              (std::map<std::string, int>{{"enrolled", 1}, {"USER_ALREADY_ENROLLED", kAttempts - 1}}));
    expect_one_more();
    EXPECT_EQ(audited("enroll.duplicate"), kAttempts - 1);
}

TEST_F(OneWinner, OfAConsent) {
    std::vector<json::object> bodies = enrollments(Person::kBen);
    const json::value only = bodies.front()["consent_id"];
    for (json::object& body : bodies) {
        body["consent_id"] = only;
        body["allow_duplicate"] = true;  // the consent alone decides
    }
    EXPECT_EQ(outcomes_of(bodies), (std::map<std::string, int>{{"enrolled", 1}, {"CONSENT_INVALID", kAttempts - 1}}));
    expect_one_more();
    EXPECT_EQ(count("liveness_sessions", "consumed_at IS NOT NULL"), 2);
}

}  // namespace
}  // namespace facegate::testing
