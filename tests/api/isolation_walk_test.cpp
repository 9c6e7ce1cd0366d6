#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "api/api_fixture.h"
#include "api/fingerprint.h"
#include "api/sample_requests.h"
#include "domain/tenants/tenant.h"
#include "domain/users/user.h"

namespace facegate::testing {
namespace {

constexpr const char* kName = "Isolde Secretive";
constexpr const char* kEmail = "isolde@example.com";
constexpr const char* kExternalId = "staff-isolde";

/// Walks the route table with ids of one collection and the keys of everybody else. It knows a path parameter by the
/// segment before it; a route with another one fails here until it is taught what to ask for.
class IsolationWalk : public ApiTest {
protected:
    IsolationWalk() {
        const std::string user =
            enroll(client_, Person::kAda, {{"name", kName}, {"email", kEmail}, {"external_id", kExternalId}});
        const Answer signed_in = verify(client_, Person::kAda);
        EXPECT_EQ(signed_in.at("/matched"), true) << signed_in;
        const std::string session = signed_in.text_at("/session_id");
        const std::string liveness = finished_liveness(client_.scope, Person::kBen);
        const std::string free_consent = consent(client_);
        by_segment_ = {{"users", user},
                       {"faces", get("/v1/users/" + user).text_at("/enrollments/0/faceId")},
                       {"result", liveness},
                       {"liveness", liveness},
                       {"session", session},
                       {"sessions", session},
                       {"devices", signed_in.text_at("/device_id")},
                       {"consent", free_consent},
                       {"policy", "rotation"}};
        in_body_ = {{"user_id", user},
                    {"external_id", kExternalId},
                    {"email", kEmail},
                    {"consent_id", free_consent},
                    {"liveness_session_id", liveness},
                    {"session_id", session},
                    {"device_id", signed_in.text_at("/device_id")},
                    {"verification_token", signed_in.text_at("/verification_token")},
                    {"refresh_token", signed_in.text_at("/refresh_token")},
                    {"token", signed_in.text_at("/verification_token")}};
    }

    /// The path with ids of the owner; nothing, and a failure, if a parameter is not known.
    std::optional<std::string> path_of(const api::Route& route) const {
        std::string path;
        for (std::size_t i = 0; i < route.segments.size(); ++i) {
            const std::string& segment = route.segments[i];
            if (!segment.starts_with(':') && !segment.starts_with('*')) {
                path += '/' + segment;
                continue;
            }
            const auto id = i == 0 ? by_segment_.end() : by_segment_.find(route.segments[i - 1]);
            if (id == by_segment_.end()) {
                ADD_FAILURE() << "teach this test what `" << segment << "` of " << route.info.path << " names";
                return std::nullopt;
            }
            path += '/' + id->second;
        }
        return path;
    }
    /// Whether a row is named: a policy's type is none.
    static bool names_something(const api::Route& route) {
        return std::ranges::any_of(route.segments,
                                   [](const auto& segment) { return segment.starts_with(':') && segment != ":type"; });
    }
    /// What this route is asked, naming everything of the owner that it can name.
    std::optional<Sent> request_of(const api::Route& route, const std::string& key) const {
        const std::optional<std::string> path = path_of(route);
        if (!path) return std::nullopt;
        Sent sent{route.info.method, *path, key};
        if (route.request == nullptr || route.request->fields().empty()) return sent;
        const json::object request = sample_request(*route.request, in_body_);
        if (!route.from_query()) {
            sent.body = json::serialize(request);
        } else if (const std::string query = as_query(request); !query.empty()) {
            sent.path += '?' + query;
        }
        return sent;
    }
    std::string state() const { return fingerprint_of(application().database(), client_.scope); }

    /// Nothing of the owner is in the answer but what the request itself said.
    static void expect_nothing_told(const Answer& answer) {
        EXPECT_EQ(answer.text.find(kName), std::string::npos) << answer;
        EXPECT_EQ(answer.text.find(":\"face_"), std::string::npos) << answer;
    }

    KnownTexts by_segment_;
    KnownTexts in_body_;
};

bool takes_key(const api::Route& route) {
    return route.info.auth == api::Auth::kApiKey || route.info.auth == api::Auth::kSecretKey;
}

TEST_F(IsolationWalk, TheOwnerReachesWhatTheOthersAreAskedFor) {
    std::size_t reached = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!takes_key(route) || route.open || route.info.method != "GET" || !names_something(route)) continue;
        SCOPED_TRACE(route.info.path);
        const auto sent = request_of(route, client_.key);
        if (!sent) continue;
        EXPECT_EQ(call(*sent).status, 200U);
        ++reached;
    }
    EXPECT_GE(reached, 2U);
}

TEST_F(IsolationWalk, WhatBelongsToOthersDoesNotExistOnAnyRoute) {
    const Client other_environment = key_for(client_.scope.tenant, Environment::kLive);
    const Client other_tenant = new_client();
    const Client their_web = key_for(other_tenant.scope.tenant, Environment::kTest, {}, domain::KeyKind::kPublishable);
    const std::string before = state();
    std::size_t walked = 0;
    for (const api::Route& route : application().routes().routes()) {
        if (!takes_key(route) || route.open) continue;
        for (const Client& asking : {other_environment, other_tenant, their_web}) {
            SCOPED_TRACE(fmt::format("{} {} with {}", route.info.method, route.info.path, asking.key.substr(0, 11)));
            const auto sent = request_of(route, asking.key);
            if (!sent) break;
            const Answer answer = call(*sent);
            expect_nothing_told(answer);
            if (names_something(route)) {
                EXPECT_TRUE(answer.status == 404 || answer.error() == "SECRET_KEY_REQUIRED") << answer;
            }
            EXPECT_LT(answer.status, 500U) << answer;
            ASSERT_EQ(state(), before);
            ++walked;
        }
    }
    EXPECT_GE(walked, 30U);
}

TEST_F(IsolationWalk, WithoutRightsNothingHappensOnAnyRoute) {
    const Client suspended = new_client();
    const Client web = key_for(client_.scope.tenant, Environment::kTest, {}, domain::KeyKind::kPublishable);
    ASSERT_TRUE(application().database().write_system([&](sql::SystemTx& tx) {
        return domain::set_tenant_status(tx, suspended.scope.tenant, domain::TenantStatus::kSuspended);
    }));
    const std::string before = state();
    for (const api::Route& route : application().routes().routes()) {
        if (!takes_key(route) || route.open) continue;
        SCOPED_TRACE(route.info.method + ' ' + route.info.path);
        const auto expect_refused = [&](const std::string& key, unsigned status, const char* error) {
            const auto sent = request_of(route, key);
            if (!sent) return;
            const Answer answer = call(*sent);
            EXPECT_TRUE(is_error(answer, status, error));
            expect_nothing_told(answer);
        };
        expect_refused("", 401, "UNAUTHORIZED");
        expect_refused(client_.key + "x", 401, "UNAUTHORIZED");
        expect_refused(suspended.key, 403, "TENANT_SUSPENDED");
        if (route.info.auth == api::Auth::kSecretKey) expect_refused(web.key, 403, "SECRET_KEY_REQUIRED");
        ASSERT_EQ(state(), before);
    }
}

TEST_F(IsolationWalk, TheDemoReachesNobodysRows) {
    const std::string before = state();
    for (const api::Route& route : application().routes().routes()) {
        if (route.info.auth != api::Auth::kDemo || route.open) continue;
        SCOPED_TRACE(route.info.method + ' ' + route.info.path);
        const auto sent = request_of(route, "");
        if (!sent) continue;
        Sent with_token = *sent;
        with_token.headers.emplace_back("authorization", "Bearer " + in_body_.at("verification_token"));
        for (const Sent& one : {*sent, with_token}) {
            const Answer answer = call(one);
            expect_nothing_told(answer);
            ASSERT_EQ(state(), before);
        }
    }
}

}  // namespace
}  // namespace facegate::testing
