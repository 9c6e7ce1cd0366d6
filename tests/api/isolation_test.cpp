#include <gtest/gtest.h>

#include <functional>

#include "api/api_fixture.h"
#include "domain/consents/consent_texts.h"
#include "domain/tenants/tenant.h"

namespace facegate::testing {
namespace {

/// What one collection holds, and what nobody else may reach.
struct Owned {
    Client client;
    std::string user;
    std::string consent;
    std::string finished_session;
    std::string external_id;
    std::string device;
};

/// A request that names something by its id.
struct Route {
    const char* name;
    std::function<Sent(const Client& asking, const Owned& owned)> request;
    unsigned own_status;    ///< for the owner
    unsigned other_status;  ///< for everybody else
    const char* other_error;
};

class Isolation : public ApiTest {
protected:
    static Owned fill(const Client& client) {
        Owned owned{client, {}, consent(client), finished_liveness(client.scope, Person::kBen), "staff-1", {}};
        owned.user = enroll(client, Person::kAda, {{"external_id", owned.external_id}});
        owned.device = verify(client, Person::kAda).text_at("/device_id");
        return owned;
    }
    static Sent json_request(const Client& asking, const char* path, const json::object& body) {
        return {"POST", path, asking.key, json::serialize(body)};
    }
    /// What others are answered when they name it in a body; paths are walked by IsolationWalk.
    static std::vector<Route> routes();
};

std::vector<Route> Isolation::routes() {
    const domain::ConsentText& text = domain::consent_texts().front();
    return {
        {"GET user",
         [](const Client& asking, const Owned& owned) { return Sent{"GET", "/v1/users/" + owned.user, asking.key}; },
         200, 404, "NOT_FOUND"},
        {"liveness result",
         [](const Client& asking, const Owned& owned) {
             return Sent{"GET", "/v1/liveness/result/" + owned.finished_session, asking.key};
         },
         200, 404, "NOT_FOUND"},
        {"consent for a user",
         [&text](const Client& asking, const Owned& owned) {
             return json_request(
                 asking, "/v1/consent",
                 {{"consent_version", text.version}, {"consent_text_hash", text.sha256}, {"user_id", owned.user}});
         },
         200, 404, "NOT_FOUND"},
        {"enroll with a consent",
         [](const Client& asking, const Owned& owned) {
             return json_request(asking, "/v1/enroll",
                                 {{"name", "Eve"},
                                  {"role", "guard"},
                                  {"consent_id", owned.consent},
                                  {"liveness_session_id", finished_liveness(asking.scope, Person::kEve)}});
         },
         201, 400, "CONSENT_INVALID"},
        {"enroll with a session",
         [](const Client& asking, const Owned& owned) {
             return json_request(asking, "/v1/enroll",
                                 {{"name", "Ben"},
                                  {"role", "guard"},
                                  {"consent_id", consent(asking)},
                                  {"liveness_session_id", owned.finished_session}});
         },
         201, 404, "NOT_FOUND"},
        {"verify with a session",
         [](const Client& asking, const Owned& owned) {
             const std::string session = asking.scope == owned.client.scope
                                             ? finished_liveness(asking.scope, Person::kBen)
                                             : owned.finished_session;
             return json_request(asking, "/v1/verify", {{"liveness_session_id", session}});
         },
         200, 404, "NOT_FOUND"},
        {"GET consent",
         [](const Client& asking, const Owned& owned) {
             return Sent{"GET", "/v1/consent/" + owned.consent, asking.key};
         },
         200, 404, "NOT_FOUND"},
        {"PATCH user status",
         [](const Client& asking, const Owned& owned) {
             return Sent{"PATCH", "/v1/users/" + owned.user + "/status", asking.key, R"({"status":"active"})"};
         },
         200, 404, "NOT_FOUND"},
        {"POST user sign-out",
         [](const Client& asking, const Owned& owned) {
             return Sent{"POST", "/v1/users/" + owned.user + "/sessions/revoke", asking.key};
         },
         200, 404, "NOT_FOUND"},
        {"PATCH device",
         [](const Client& asking, const Owned& owned) {
             return Sent{"PATCH", "/v1/devices/" + owned.device, asking.key, R"({"shared":true})"};
         },
         200, 404, "NOT_FOUND"},
        {"DELETE device",
         [](const Client& asking, const Owned& owned) {
             return Sent{"DELETE", "/v1/devices/" + owned.device, asking.key};
         },
         200, 404, "NOT_FOUND"},
        {"DELETE user",
         [](const Client& asking, const Owned& owned) { return Sent{"DELETE", "/v1/users/" + owned.user, asking.key}; },
         200, 404, "NOT_FOUND"},
        {"DELETE consent",
         [](const Client& asking, const Owned& owned) {
             return Sent{"DELETE", "/v1/consent/" + owned.consent, asking.key};
         },
         200, 404, "NOT_FOUND"},
    };
}

TEST_F(Isolation, WhatBelongsToSomebodyElseDoesNotExist) {
    const Owned owned = fill(client_);
    const Client other_environment = key_for(client_.scope.tenant, Environment::kLive);
    const Client other_tenant = new_client();
    for (const Route& route : routes()) {
        SCOPED_TRACE(route.name);
        for (const Client& asking : {other_environment, other_tenant}) {
            const Answer answer = call(route.request(asking, owned));
            EXPECT_TRUE(is_error(answer, route.other_status, route.other_error));
            EXPECT_EQ(answer.text.find("Ada Guard"), std::string::npos);
        }
        // After all those attempts it is still there for whom it belongs to.
        const Answer own = call(route.request(client_, owned));
        EXPECT_EQ(own.status, route.own_status) << own;
    }
}

TEST_F(Isolation, FacesOfOtherCollectionsAreNeverMatched) {
    const Owned owned = fill(client_);
    const Client other_environment = key_for(client_.scope.tenant, Environment::kLive);
    const Client other_tenant = new_client();
    const json::object photo{{"image", base64(photo_of(Person::kAda))}};
    for (const Client& asking : {other_environment, other_tenant}) {
        EXPECT_EQ(post(asking, "/v1/match", photo).at("/matched"), false);
        EXPECT_EQ(verify(asking, Person::kAda).at("/matched"), false);
        for (const json::object& claim :
             {json::object{{"user_id", owned.user}}, {{"external_id", owned.external_id}}}) {
            EXPECT_EQ(verify(asking, Person::kAda, {{"claim", claim}}).at("/matched"), false);
        }
        EXPECT_EQ(get(asking, "/v1/users").at("/users"), json::array());
        // The same face and the same external id are free there.
        const std::string user = enroll(asking, Person::kAda, {{"external_id", owned.external_id}});
        EXPECT_NE(user, owned.user);
        EXPECT_EQ(verify(asking, Person::kAda).text_at("/user/id"), user);
    }
    EXPECT_EQ(post("/v1/match", photo).text_at("/user/id"), owned.user);
    EXPECT_EQ(get("/v1/users").at("/users").as_array().size(), 1U);
}

TEST_F(Isolation, TheDemoIsACollectionOfItsOwn) {
    enroll(client_, Person::kDan);
    const Scope demo = domain::demo_scope();
    const std::string session = finished_liveness(demo, Person::kDan);
    const Answer answer =
        call({"POST", "/demo/verify", "", json::serialize(json::object{{"liveness_session_id", session}})});
    EXPECT_EQ(answer.at("/matched"), false) << answer;
    // And its sessions are nobody else's.
    const std::string second = finished_liveness(demo, Person::kDan);
    EXPECT_TRUE(is_error(get("/v1/liveness/result/" + second), 404, "NOT_FOUND"));
    EXPECT_TRUE(is_error(post("/v1/verify", json::object{{"liveness_session_id", second}}), 404, "NOT_FOUND"));
    const json::object foreign{{"liveness_session_id", finished_liveness(client_.scope, Person::kDan)}};
    EXPECT_TRUE(is_error(call({"POST", "/demo/verify", "", json::serialize(foreign)}), 404, "NOT_FOUND"));
}

TEST_F(Isolation, IdsOfTheWrongFormAreUnknown) {
    for (const char* id :
         {"x", "user_", "..", "%2e%2e", "a%20b", "1%27%20OR%201=1", "00000000-0000-0000-0000-000000000000"}) {
        SCOPED_TRACE(id);
        EXPECT_TRUE(is_error(get(std::string("/v1/users/") + id), 404, "NOT_FOUND"));
        EXPECT_TRUE(is_error(erase(std::string("/v1/users/") + id), 404, "NOT_FOUND"));
        EXPECT_TRUE(is_error(get(std::string("/v1/liveness/result/") + id), 404, "NOT_FOUND"));
    }
}

}  // namespace
}  // namespace facegate::testing
