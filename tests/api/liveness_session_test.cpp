#include <gtest/gtest.h>

#include <thread>

#include "api/api_fixture.h"
#include "domain/liveness_sessions/liveness_session.h"

namespace facegate::testing {
namespace {

class LivenessSessions : public ApiTest {
protected:
    Answer result(const std::string& id) const { return get("/v1/liveness/result/" + id); }
    Answer verify_session(const std::string& id) const {
        return post("/v1/verify", json::object{{"liveness_session_id", id}});
    }
    void start(const std::string& id) const {
        ASSERT_TRUE(application().database().write(client_.scope, [&](sql::TenantTx& tx) {
            return domain::mark_started(tx, LivenessSessionId(id), clock().now());
        }));
    }
    void finish(const std::string& id, bool live, double confidence) const {
        domain::LivenessOutcome outcome;
        outcome.live = live;
        outcome.confidence = confidence;
        const vision::FaceEngine& engine = services().engines.current();
        outcome.probes.emplace(engine.pack_id(), vector_of(engine, Person::kAda));
        ASSERT_TRUE(application().database().write(client_.scope, [&](sql::TenantTx& tx) {
            return domain::finish_liveness_session(tx, application().vault(), LivenessSessionId(id), outcome,
                                                   clock().now());
        }));
    }
    void expect_result(const std::string& id, const char* status, bool live, double confidence) const {
        const Answer answer = result(id);
        EXPECT_EQ(answer.status, 200U) << answer;
        EXPECT_EQ(answer.members(), (std::vector<std::string>{"is_live", "confidence", "status"}));
        EXPECT_EQ(answer.text_at("/status"), status);
        EXPECT_EQ(answer.at("/is_live"), live);
        EXPECT_EQ(answer.number_at("/confidence"), confidence);
    }
};

TEST_F(LivenessSessions, CreationGivesTheWidgetEverythingItNeeds) {
    const Answer answer = call({"POST", "/v1/liveness/session", client_.key});
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(), (std::vector<std::string>{"session_id", "credentials", "region", "endpoint",
                                                          "expires_at", "server_time", "challenge", "assets"}));
    EXPECT_TRUE(is_uuid(answer.text_at("/session_id")));
    EXPECT_EQ(answer.members("/credentials"),
              (std::vector<std::string>{"accessKeyId", "secretAccessKey", "sessionToken", "expiration"}));
    for (const char* name : {"accessKeyId", "secretAccessKey", "sessionToken"}) {
        EXPECT_GE(answer.text_at(std::string("/credentials/") + name).size(), 16U) << name;
    }
    EXPECT_EQ(answer.text_at("/region"), "us-east-1");
    EXPECT_EQ(answer.text_at("/endpoint"), "http://localhost:8080/liveness");
    EXPECT_EQ(answer.text_at("/server_time"), to_iso8601(clock().now()));
    EXPECT_EQ(answer.text_at("/expires_at"), to_iso8601(clock().now() + std::chrono::minutes(3)));
    EXPECT_GT(from_iso8601(answer.text_at("/credentials/expiration")).value(), clock().now());
    EXPECT_TRUE(answer.text_at("/assets/wasm_path").starts_with("http://localhost:8080/assets/"));
    EXPECT_TRUE(answer.text_at("/assets/face_model_url").starts_with("http://localhost:8080/assets/"));
    const std::string model =
        answer.text_at("/assets/face_model_url").substr(std::string("http://localhost:8080").size());
    EXPECT_EQ(call({"GET", model}).status, 200U) << model;

    const Answer second = post("/v1/liveness/session", json::object{});
    EXPECT_NE(second.text_at("/session_id"), answer.text_at("/session_id"));
    EXPECT_NE(second.text_at("/credentials/secretAccessKey"), answer.text_at("/credentials/secretAccessKey"));
}

TEST_F(LivenessSessions, ResultFollowsTheSession) {
    const std::string id = created_liveness(client_.scope);
    expect_result(id, "CREATED", false, 0);
    start(id);
    expect_result(id, "IN_PROGRESS", false, 0);
    finish(id, true, 98.7);
    expect_result(id, "SUCCEEDED", true, 98.7);
    // Reading consumes nothing.
    expect_result(id, "SUCCEEDED", true, 98.7);
    EXPECT_EQ(verify_session(id).status, 200U);

    const std::string failed = created_liveness(client_.scope);
    start(failed);
    finish(failed, false, 41.5);
    expect_result(failed, "FAILED", false, 41.5);
    EXPECT_TRUE(is_error(result(random().uuid()), 404, "NOT_FOUND"));
}

TEST_F(LivenessSessions, EachPhaseHasItsTime) {
    const std::string created = created_liveness(client_.scope);
    const std::string started = created_liveness(client_.scope);
    clock().advance(std::chrono::minutes(2));
    start(started);
    clock().advance(std::chrono::minutes(1) - Milliseconds(1));
    expect_result(created, "CREATED", false, 0);
    clock().advance(Milliseconds(2));
    expect_result(created, "EXPIRED", false, 0);
    EXPECT_TRUE(is_error(verify_session(created), 400, "LIVENESS_SESSION_EXPIRED"));
    expect_result(started, "IN_PROGRESS", false, 0);
    clock().advance(std::chrono::minutes(2));
    expect_result(started, "EXPIRED", false, 0);
    EXPECT_TRUE(is_error(verify_session(started), 400, "LIVENESS_SESSION_EXPIRED"));

    const std::string finished = finished_liveness(client_.scope, Person::kAda);
    clock().advance(std::chrono::minutes(5) - Milliseconds(1));
    EXPECT_EQ(result(finished).text_at("/status"), "SUCCEEDED");
    clock().advance(Milliseconds(2));
    EXPECT_EQ(result(finished).text_at("/status"), "EXPIRED");
    EXPECT_TRUE(is_error(verify_session(finished), 400, "LIVENESS_SESSION_EXPIRED"));
}

TEST_F(LivenessSessions, UsableUntilTheLastMillisecond) {
    const std::string id = finished_liveness(client_.scope, Person::kAda);
    clock().advance(std::chrono::minutes(5) - Milliseconds(1));
    EXPECT_EQ(verify_session(id).status, 200U);
}

TEST_F(LivenessSessions, NotReadyConsumesNothing) {
    const std::string user = enroll(client_, Person::kAda);
    const std::string id = created_liveness(client_.scope);
    EXPECT_TRUE(is_error(verify_session(id), 400, "LIVENESS_SESSION_NOT_READY"));
    start(id);
    EXPECT_TRUE(is_error(verify_session(id), 400, "LIVENESS_SESSION_NOT_READY"));
    finish(id, true, 98.7);
    EXPECT_EQ(verify_session(id).text_at("/user/id"), user);
    EXPECT_TRUE(is_error(verify_session(id), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_TRUE(is_error(verify_session(random().uuid()), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(verify_session("a1b2c3d4"), 404, "NOT_FOUND"));
}

TEST_F(LivenessSessions, OfManyVerifiesOneWins) {
    const std::string user = enroll(client_, Person::kAda);
    const std::string id = finished_liveness(client_.scope, Person::kAda);
    constexpr int kThreads = 32;
    std::vector<Answer> answers(kThreads);
    {
        std::vector<std::jthread> threads;
        for (Answer& answer : answers) threads.emplace_back([&] { answer = verify_session(id); });
    }
    int won = 0;
    for (const Answer& answer : answers) {
        if (answer.status == 200) {
            ++won;
            EXPECT_EQ(answer.text_at("/user/id"), user) << answer;
        } else {
            EXPECT_TRUE(is_error(answer, 400, "LIVENESS_SESSION_CONSUMED"));
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(rows_in("sessions", client_.scope), 1);
}

TEST_F(LivenessSessions, OneSessionEnrollsOrVerifies) {
    json::object body = enrollment(client_, Person::kAda);
    const Answer enrolled = post("/v1/enroll", body);
    ASSERT_EQ(enrolled.status, 201U) << enrolled;
    const std::string used(body["liveness_session_id"].as_string());
    EXPECT_TRUE(is_error(verify_session(used), 400, "LIVENESS_SESSION_CONSUMED"));
    body = enrollment(client_, Person::kBen);
    body["liveness_session_id"] = used;
    EXPECT_TRUE(is_error(post("/v1/enroll", body), 400, "LIVENESS_SESSION_CONSUMED"));
}

TEST_F(LivenessSessions, WhoIsNotLiveIsRefusedAndTheSessionSpent) {
    enroll(client_, Person::kAda);
    const vision::FaceVector& ada = vector_of(services().engines.current(), Person::kAda);
    for (const auto& [confidence, shown] : {std::pair{89.9, 80.0}, {41.5, 40.0}, {9.9, 0.0}}) {
        const std::string id = finished_liveness(client_.scope, ada, false, confidence);
        const Answer answer = verify_session(id);
        EXPECT_TRUE(is_error(answer, 403, "LIVENESS_FAILED"));
        EXPECT_EQ(answer.number_at("/details/confidence"), shown) << answer;
        EXPECT_TRUE(is_error(verify_session(id), 400, "LIVENESS_SESSION_CONSUMED"));
    }
    json::object body = enrollment(client_, Person::kBen);
    body["liveness_session_id"] =
        finished_liveness(client_.scope, vector_of(services().engines.current(), Person::kBen), false, 55);
    EXPECT_TRUE(is_error(post("/v1/enroll", body), 403, "LIVENESS_FAILED"));
    EXPECT_TRUE(is_error(post("/v1/enroll", body), 400, "LIVENESS_SESSION_CONSUMED"));
    EXPECT_EQ(rows_in("users", client_.scope), 1);
    EXPECT_EQ(rows_in("sessions", client_.scope), 0);
}

TEST_F(LivenessSessions, TheProbeIsErasedWithConsumption) {
    const std::string id = finished_liveness(client_.scope, Person::kAda);
    const auto probes = [&] {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return tx.query("SELECT COUNT(*) FROM liveness_probes WHERE tenant_id = $1 AND environment = $2")
                .front()
                .integer(0);
        });
    };
    EXPECT_EQ(probes(), 1);
    verify_session(id);
    EXPECT_EQ(probes(), 0);
}

}  // namespace
}  // namespace facegate::testing
