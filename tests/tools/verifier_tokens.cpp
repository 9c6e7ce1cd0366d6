// verifier_tokens PORT DATA_DIR: a real server on 127.0.0.1:PORT whose people sign in without a camera. Prints, as one
// line of JSON, the tokens that the examples under examples/verify are tested with; then serves until its input ends.
#include <atomic>
#include <boost/json.hpp>
#include <cmath>
#include <exception>
#include <iostream>
#include <string>

#include "api/services.h"
#include "app/application.h"
#include "base/log.h"
#include "domain/keys/api_key.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/liveness_policy.h"
#include "domain/tenants/tenant.h"
#include "http/message.h"

namespace {

using namespace facegate;
namespace json = boost::json;

/// The system's time, moved by what a test wants.
class ShiftedClock final : public Clock {
public:
    [[nodiscard]] TimeMs now() const override { return system_.now() + shift_.load(); }
    void shift(Milliseconds by) { shift_ = by; }

private:
    SystemClock system_;
    std::atomic<Milliseconds> shift_{Milliseconds(0)};
};

app::Config config_for(const std::string& port, const std::string& data_dir) {
    app::Config config;
    config.listen = "127.0.0.1:" + port;
    config.public_url = "http://127.0.0.1:" + port;
    config.data_dir = data_dir;
    config.log_level = "off";
    config.demo = true;
    config.drain_seconds = 0;
    // Its clock is moved about, which would look like a rush.
    config.rate_limit_key = config.rate_limit_address = config.rate_limit_failures = "off";
    return app::resolved(config);
}

/// One of whose face every comparison with itself is certain.
class Person {
public:
    Person(app::Application& application, ShiftedClock& clock, Random& random, const Scope& scope, std::string key)
        : application_(application), clock_(clock), random_(random), scope_(scope), key_(std::move(key)) {}

    void enroll() {
        json::object body{{"name", "Ada Guard"}, {"liveness_session_id", finished_liveness(kWithLight)}};
        if (is_demo()) {
            body["consent"] = true;
            post("/demo/enroll", body);
            return;
        }
        body["role"] = "guard";
        body["consent_id"] = recorded_consent().at("consent_id");
        post("/v1/enroll", body);
    }
    /// What a sign-in answers.
    json::object verify(domain::LivenessChallenge challenge = kWithLight) {
        return post(is_demo() ? "/demo/verify" : "/v1/verify", {{"liveness_session_id", finished_liveness(challenge)}});
    }
    std::string token() { return std::string(verify().at("verification_token").as_string()); }

private:
    static constexpr auto kWithLight = domain::LivenessChallenge::kMovementAndLight;

    [[nodiscard]] bool is_demo() const { return scope_.environment == Environment::kDemo; }
    std::string finished_liveness(domain::LivenessChallenge challenge) {
        const vision::FaceEngine& engine = application_.services().engines.current();
        const double sure = 40 - engine.score_bias();
        const auto value = static_cast<float>(std::sqrt(sure / static_cast<double>(engine.dimension())));
        domain::LivenessOutcome outcome;
        outcome.live = true;
        outcome.confidence = 99;
        outcome.probes.emplace(engine.pack_id(), vision::FaceVector(engine.dimension(), value));
        return application_.database().write(scope_, [&](sql::TenantTx& tx) {
            const TimeMs now = clock_.now();
            const auto id = domain::create_liveness_session(tx, random_, challenge, now).id;
            domain::mark_started(tx, id, now).value();
            domain::finish_liveness_session(tx, application_.vault(), id, outcome, now).value();
            return id.value;
        });
    }
    json::object post(const std::string& path, const json::object& body) {
        http::Request request;
        request.method = "POST";
        request.target = request.path = path;
        request.headers = {{"content-type", "application/json"}, {"host", "127.0.0.1"}};
        if (!key_.empty()) request.headers.emplace_back("x-api-key", key_);
        request.body = json::serialize(body);
        request.remote_address = "127.0.0.1";
        const http::Response response = application_.service().handle(std::move(request));
        if (response.status >= 300) throw std::runtime_error(path + ": " + std::string(response.content()));
        return json::parse(response.content()).as_object();
    }

    json::object recorded_consent() {
        http::Request request;
        request.method = "GET";
        request.target = request.path = "/v1/consent/versions";
        request.headers = {{"x-api-key", key_}};
        request.remote_address = "127.0.0.1";
        const json::value texts = json::parse(application_.service().handle(std::move(request)).content());
        const json::value& text = texts.at("versions").at(0);
        return post("/v1/consent", {{"consent_version", text.at("version")}, {"consent_text_hash", text.at("sha256")}});
    }

    app::Application& application_;
    ShiftedClock& clock_;
    Random& random_;
    Scope scope_;
    std::string key_;
};

/// From now on a sign-in by movement alone needs a step-up.
void ask_for_step_up(app::Application& application, const Scope& scope, TimeMs now) {
    application.database()
        .write(scope,
               [&](sql::TenantTx& tx) {
                   return domain::change_liveness_policy(
                       tx, {.challenge = domain::ChallengeChoice::kMovementAllowed, .movement_step_up = true}, now);
               })
        .value();
}

json::object make_tokens(app::Application& application, ShiftedClock& clock, Random& random) {
    const auto tenant = [&](const char* name) {
        return application.database()
            .write_system([&](sql::SystemTx& tx) {
                return domain::create_tenant(tx, application.vault(), random, name, {}, clock.now());
            })
            .value()
            .id;
    };
    const auto person = [&](const TenantId& owner, Environment environment) {
        const Scope scope{owner, environment};
        const domain::CreatedKey key =
            application.database()
                .write_system([&](sql::SystemTx& tx) {
                    return domain::create_key(tx, random, scope, "examples", std::nullopt, clock.now());
                })
                .value();
        Person made(application, clock, random, scope, key.text);
        made.enroll();
        return made;
    };
    const TenantId ours = tenant("Ours");
    Person live = person(ours, Environment::kLive);
    Person demo(application, clock, random, domain::demo_scope(), "");
    demo.enroll();
    json::object tokens{{"issuer", application.services().public_url}, {"tenant", ours.value}};
    tokens["good"] = live.token();
    tokens["test"] = person(ours, Environment::kTest).token();
    tokens["demo"] = demo.token();
    tokens["foreign_tenant"] = person(tenant("Theirs"), Environment::kLive).token();
    tokens["refresh"] = live.verify().at("refresh_token");
    clock.shift(-std::chrono::hours(1));
    tokens["expired"] = live.token();
    clock.shift(std::chrono::hours(1));
    tokens["not_yet"] = live.token();
    clock.shift(Milliseconds(0));
    ask_for_step_up(application, {ours, Environment::kLive}, clock.now());
    tokens["step_up"] = live.verify(domain::LivenessChallenge::kMovement).at("verification_token");
    return tokens;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: verifier_tokens PORT DATA_DIR\n";
        return 2;
    }
    try {
        log::configure("off");
        ShiftedClock clock;
        SystemRandom random;
        app::Application application(config_for(argv[1], argv[2]), clock, random);
        application.start();
        std::cout << json::serialize(make_tokens(application, clock, random)) << std::endl;
        while (std::cin.get() != std::char_traits<char>::eof()) {
        }
        application.stop();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "verifier_tokens: " << error.what() << '\n';
        return 1;
    }
}
