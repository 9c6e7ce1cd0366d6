#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/api_fixture.h"
#include "api/tokens.h"
#include "domain/users/user.h"

namespace facegate::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A tenant with one enrolled person, and what is done with their sign-ins.
class SessionTest : public ApiTest {
protected:
    SessionTest() : user_(enroll(client_, Person::kAda)) {}

    Answer sign_in(Headers headers = {}) const {
        Answer answer = verify(client_, Person::kAda, {}, std::move(headers));
        EXPECT_EQ(answer.at("/matched"), true) << answer;
        return answer;
    }
    /// A sign-in that needs a step-up: barely the person, barely alive, on a device never seen.
    Answer risky_sign_in(Headers headers = {}) const {
        const json::object body{
            {"liveness_session_id", finished_liveness(client_.scope, resembling(Person::kAda, 9e-5), true, 90)},
            {"claim", {{"user_id", user_}}}};
        Answer answer = post(client_, "/v1/verify", body, std::move(headers));
        EXPECT_EQ(answer.at("/risk/step_up_required"), true) << answer;
        return answer;
    }
    Answer exchange(const std::string& token, Headers headers = {}) const {
        return post(client_, "/v1/session", {{"verification_token", token}}, std::move(headers));
    }
    Answer refresh(const std::string& token, Headers headers = {}) const {
        return post(client_, "/v1/session/refresh", {{"refresh_token", token}}, std::move(headers));
    }
    Answer revoke(const std::string& session) const {
        return post(client_, "/v1/session/" + session + "/revoke", json::object{});
    }
    Answer introspect(const std::string& token) const {
        return post(client_, "/v1/session/introspect", {{"token", token}});
    }
    bool active(const std::string& token) const {
        const Answer answer = introspect(token);
        EXPECT_EQ(answer.status, 200U) << answer;
        return answer.at("/active") == true;
    }
    Answer risk_score(const std::string& session) const { return get("/v1/sessions/" + session + "/risk-score"); }
    Answer step_up(const std::string& session, const json::object& body, Headers headers = {}) const {
        return post(client_, "/v1/sessions/" + session + "/step-up", body, std::move(headers));
    }
    void set_status(domain::UserStatus status) const;
    /// As POST /v1/policy/continuous would save it.
    void set_continuous_policy(const json::object& config) const;
    /// Records of that action in the tenant's audit record.
    [[nodiscard]] std::int64_t audited(const std::string& action) const;
    /// Sends what `make` makes `count` times, from many threads at once; the answers.
    static std::vector<Answer> at_once(int count, const std::function<Answer(int)>& make);

    std::string user_;
};

}  // namespace facegate::testing
