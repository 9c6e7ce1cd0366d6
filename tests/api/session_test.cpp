#include <algorithm>
#include <cmath>

#include "api/session_fixture.h"
#include "domain/tenants/tenant.h"
#include "domain/users/user.h"

namespace facegate::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class Sessions : public SessionTest {};

const std::string kFingerprint(64, 'c');
const std::string kOtherFingerprint(64, 'd');

int count_status(const std::vector<Answer>& answers, unsigned status) {
    return static_cast<int>(std::ranges::count(answers, status, [](const Answer& answer) { return answer.status; }));
}

TEST_F(Sessions, AnExchangeAnswersAsTheContractSays) {
    const Answer signed_in = sign_in({{"x-device-fingerprint", kFingerprint}});
    const Answer answer = exchange(signed_in.text_at("/verification_token"));
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.members(),
              (std::vector<std::string>{"token", "refresh_token", "expires_in", "user", "provider_session"}));
    EXPECT_EQ(answer.text_at("/refresh_token"), "");
    EXPECT_EQ(answer.at("/expires_in"), 900);
    EXPECT_EQ(answer.at("/user"), signed_in.at("/user"));
    EXPECT_TRUE(answer.at("/provider_session").is_null());
    const Token before = decode_token(signed_in.text_at("/verification_token"));
    Token after = decode_token(answer.text_at("/token"));
    EXPECT_NE(after.claims.at("jti"), before.claims.at("jti"));
    after.claims["jti"] = before.claims.at("jti");
    EXPECT_EQ(after.claims, before.claims);
    EXPECT_EQ(audited("session.exchanged"), 1);
}

TEST_F(Sessions, OnlyATokenOfThisTenantAndEnvironmentIsExchanged) {
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    const Client stranger = new_client();
    enroll(live, Person::kAda);
    enroll(stranger, Person::kAda);
    json::object enrolling{{"liveness_session_id", finished_liveness(domain::demo_scope(), Person::kDan)},
                           {"name", "Dan"},
                           {"consent", true}};
    ASSERT_EQ(call({"POST", "/demo/enroll", "", json::serialize(enrolling)}).status, 201U);
    const Answer demo = call({"POST", "/demo/verify", "",
                              json::serialize(json::object{
                                  {"liveness_session_id", finished_liveness(domain::demo_scope(), Person::kDan)}})});
    const Answer own = sign_in();
    std::string forged = own.text_at("/verification_token");
    forged[forged.find('.') + 10] = forged[forged.find('.') + 10] == 'A' ? 'B' : 'A';
    const std::vector<std::pair<const char*, std::string>> refused = {
        {"no token", "x"},
        {"forged", forged},
        {"refresh", own.text_at("/refresh_token")},
        {"live", verify(live, Person::kAda).text_at("/verification_token")},
        {"foreign", verify(stranger, Person::kAda).text_at("/verification_token")},
        {"demo", demo.text_at("/verification_token")},
    };
    for (const auto& [name, token] : refused) {
        ASSERT_FALSE(token.empty()) << name;
        EXPECT_TRUE(is_error(exchange(token), 401, "INVALID_TOKEN")) << name;
        EXPECT_FALSE(active(token) && std::string_view(name) != "refresh") << name;
    }
    EXPECT_TRUE(is_error(exchange(risky_sign_in().text_at("/verification_token")), 401, "STEP_UP_REQUIRED"));
    const std::string late = sign_in().text_at("/verification_token");
    clock().advance(minutes(15));
    EXPECT_TRUE(is_error(exchange(late), 401, "INVALID_TOKEN"));
}

TEST_F(Sessions, TheProviderIsCheckedBeforeTheToken) {
    for (const char* provider : {"supabase", "auth0", "firebase"}) {
        EXPECT_TRUE(is_error(post("/v1/session", {{"verification_token", "x"}, {"provider", provider}}), 501,
                             "PROVIDER_NOT_IMPLEMENTED"));
    }
    const Answer unknown = post("/v1/session", {{"verification_token", 7}, {"provider", "okta"}});
    EXPECT_TRUE(is_error(unknown, 400, "Validation failed"));
    EXPECT_EQ(unknown.at("/details").as_array().size(), 2U);
}

TEST_F(Sessions, OfAThousandExchangesOfOneTokenOneWins) {
    const std::string token = sign_in().text_at("/verification_token");
    const std::vector<Answer> answers = at_once(1000, [&](int) { return exchange(token); });
    EXPECT_EQ(count_status(answers, 200), 1);
    EXPECT_EQ(count_status(answers, 401), 999);
    EXPECT_EQ(audited("session.exchanged"), 1);
}

TEST_F(Sessions, WhatCameFromAnExchangeIsNotExchangedAgain) {
    const Answer first = exchange(sign_in().text_at("/verification_token"));
    EXPECT_TRUE(is_error(exchange(first.text_at("/token")), 401, "INVALID_TOKEN"));
    EXPECT_TRUE(active(first.text_at("/token"))) << "but it is good for everything else";
}

TEST_F(Sessions, ATokenOfADeviceIsForThatDevice) {
    const auto token = [&] { return sign_in({{"x-device-fingerprint", kFingerprint}}).text_at("/verification_token"); };
    EXPECT_TRUE(is_error(exchange(token(), {{"x-device-fingerprint", kOtherFingerprint}}), 401, "DEVICE_MISMATCH"));
    EXPECT_TRUE(is_error(exchange(token(), {{"x-device-fingerprint", "abc"}}), 400, "Validation failed"));
    EXPECT_EQ(exchange(token(), {{"x-device-fingerprint", kFingerprint}}).status, 200U);
    EXPECT_EQ(exchange(token(), {{"x-device-fingerprint", std::string(64, 'C')}}).status, 200U) << "the same digest";
    EXPECT_EQ(exchange(token()).status, 200U) << "a secret key";
    const std::string refused = token();
    EXPECT_EQ(exchange(refused, {{"x-device-fingerprint", kOtherFingerprint}}).status, 401U);
    EXPECT_EQ(exchange(refused).status, 200U) << "a refusal uses nothing up";
}

TEST_F(Sessions, RevokingEndsEverythingOfASession) {
    const Answer signed_in = sign_in();
    const std::string id = signed_in.text_at("/session_id");
    const std::string token = signed_in.text_at("/verification_token");
    EXPECT_TRUE(active(token));
    const Answer answer = revoke(id);
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.body, (json::object{{"revoked", true}, {"session_id", id}}));
    EXPECT_EQ(revoke(id).body, answer.body) << "again";
    EXPECT_EQ(audited("session.revoked"), 1);
    EXPECT_TRUE(is_error(exchange(token), 401, "INVALID_TOKEN"));
    EXPECT_TRUE(is_error(refresh(signed_in.text_at("/refresh_token")), 401, "INVALID_TOKEN"));
    EXPECT_TRUE(is_error(risk_score(id), 404, "NOT_FOUND"));
    EXPECT_FALSE(active(token));
    EXPECT_FALSE(active(signed_in.text_at("/refresh_token")));
}

TEST_F(Sessions, AreNobodyElses) {
    const std::string id = sign_in().text_at("/session_id");
    for (const Client& other : {new_client(), key_for(client_.scope.tenant, Environment::kLive)}) {
        EXPECT_TRUE(is_error(post(other, "/v1/session/" + id + "/revoke", json::object{}), 404, "NOT_FOUND"));
        EXPECT_TRUE(is_error(get(other, "/v1/sessions/" + id + "/risk-score"), 404, "NOT_FOUND"));
        const json::object body{{"liveness_session_id", finished_liveness(other.scope, Person::kAda)}};
        EXPECT_TRUE(is_error(post(other, "/v1/sessions/" + id + "/step-up", body), 404, "NOT_FOUND"));
    }
    EXPECT_EQ(risk_score(id).status, 200U) << "nothing was changed";
    for (const char* unknown : {"sess_x", "x", "%00", "..."}) {
        EXPECT_TRUE(is_error(revoke(unknown), 404, "NOT_FOUND")) << unknown;
        EXPECT_TRUE(is_error(risk_score(unknown), 404, "NOT_FOUND")) << unknown;
    }
}

TEST_F(Sessions, IntrospectionTellsWhatTheTokenSays) {
    const Answer signed_in = sign_in({{"x-device-fingerprint", kFingerprint}});
    const std::string text = signed_in.text_at("/verification_token");
    const Answer answer = introspect(text);
    const Token token = decode_token(text);
    json::object expected = token.claims;
    for (const char* number : {"conf", "liv"}) expected[number] = answer.at(std::string("/") + number);
    EXPECT_EQ(answer.at("/conf").to_number<double>(), token.claims.at("conf").to_number<double>());
    EXPECT_EQ(answer.at("/liv").to_number<double>(), token.claims.at("liv").to_number<double>());
    expected["active"] = true;
    expected["token_type"] = "Bearer";
    EXPECT_EQ(answer.body, json::value(expected)) << answer;
    const Answer of_refresh = introspect(signed_in.text_at("/refresh_token"));
    EXPECT_EQ(of_refresh.at("/active"), true);
    EXPECT_EQ(of_refresh.text_at("/token_type"), "refresh_token");
    EXPECT_EQ(of_refresh.text_at("/sid"), signed_in.text_at("/session_id"));
    EXPECT_EQ(introspect("x").body, (json::object{{"active", false}})) << "and nothing else";
    EXPECT_FALSE(active(risky_sign_in().text_at("/verification_token"))) << "good for a step-up alone";
}

TEST_F(Sessions, IntrospectionFollowsTheUserAndThePolicy) {
    const std::string token = sign_in().text_at("/verification_token");
    set_status(domain::UserStatus::kSuspended);
    EXPECT_FALSE(active(token));
    EXPECT_TRUE(is_error(exchange(token), 403, "USER_SUSPENDED"));
    set_status(domain::UserStatus::kActive);
    EXPECT_TRUE(active(token));
    set_continuous_policy({{"re_verify_interval_minutes", 5}});
    clock().advance(minutes(6));
    EXPECT_FALSE(active(token));
    EXPECT_TRUE(is_error(exchange(token), 401, "RE_VERIFY_REQUIRED"));
}

TEST_F(Sessions, TheRiskScoreFollowsTheContinuousPolicy) {
    const Answer signed_in = sign_in();
    const std::string id = signed_in.text_at("/session_id");
    const Answer fresh = risk_score(id);
    EXPECT_EQ(fresh.members(), (std::vector<std::string>{"session_id", "risk_score", "confidence", "last_verified_at",
                                                         "re_verify_required"}));
    EXPECT_EQ(fresh.number_at("/risk_score"), signed_in.number_at("/risk/score"));
    EXPECT_EQ(fresh.number_at("/confidence"), signed_in.number_at("/confidence"));
    EXPECT_EQ(fresh.text_at("/last_verified_at"), to_iso8601(clock().now()));
    EXPECT_EQ(fresh.at("/re_verify_required"), false);
    set_continuous_policy({{"confidence_decay_rate", 0.1}, {"min_confidence", 85}});
    clock().advance(hours(5));
    const Answer later = risk_score(id);
    EXPECT_NEAR(later.number_at("/confidence"), signed_in.number_at("/confidence") * std::exp(-0.5), 0.06);
    EXPECT_GT(later.number_at("/risk_score"), fresh.number_at("/risk_score"));
    EXPECT_EQ(later.at("/re_verify_required"), true);
    EXPECT_EQ(later.text_at("/last_verified_at"), fresh.text_at("/last_verified_at"));
    clock().advance(hours(30 * 24));
    EXPECT_TRUE(is_error(risk_score(id), 404, "NOT_FOUND"));
}

}  // namespace
}  // namespace facegate::testing
