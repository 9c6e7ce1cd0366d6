#include "api/api_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "api/described.h"
#include "base/log.h"
#include "domain/audit/audit_action.h"
#include "domain/consents/consent_texts.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/tenants/tenant.h"
#include "unit/temporary_directory.h"

namespace facegate::testing {

namespace {

struct World {
    TemporaryDirectory directory;
    ManualClock clock;
    SystemRandom random;
    app::Application application{test_config(directory.file("data")), clock, random};

    World() { application.start(); }
};

std::unique_ptr<World>& world_place() {
    static std::unique_ptr<World> place;
    return place;
}

World& world() {
    std::unique_ptr<World>& place = world_place();
    if (!place) place = std::make_unique<World>();
    return *place;
}

/// Whatever the tests made the server record has a meaning.
void expect_known_actions(sql::Database& database) {
    const auto rows =
        database.read_system([](sql::SystemTx& tx) { return tx.query("SELECT DISTINCT action FROM audit_records"); });
    for (const auto& row : rows) {
        EXPECT_NE(domain::find_audit_action(row.text(0)), nullptr)
            << row.text(0) << " has no meaning in audit_action.cpp";
    }
}

/// Ends the application before the statics it rests on go away.
class Ending final : public ::testing::Environment {
public:
    void TearDown() override {
        if (world_place()) expect_known_actions(world_place()->application.database());
        world_place().reset();
    }
};

[[maybe_unused]] const auto* const kEnding = ::testing::AddGlobalTestEnvironment(new Ending);

bool same_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

http::Request head_of(const Sent& sent) {
    static std::atomic<int> count = 0;
    http::Request request;
    request.method = sent.method == "HEAD" ? "GET" : sent.method;
    request.target = sent.path;
    const std::size_t query = sent.path.find('?');
    request.path = sent.path.substr(0, query);
    if (query != std::string::npos) request.query = sent.path.substr(query + 1);
    request.headers.emplace_back("host", "localhost:8080");
    if (!sent.key.empty()) request.headers.emplace_back("authorization", "Bearer " + sent.key);
    if (!sent.body.empty() && !sent.content_type.empty()) {
        request.headers.emplace_back("content-type", sent.content_type);
    }
    request.headers.insert(request.headers.end(), sent.headers.begin(), sent.headers.end());
    request.remote_address = sent.address;
    request.request_id = fmt::format("test-{}", ++count);
    return request;
}

/// Whatever a route answers in any test has to be in its OpenAPI document.
void expect_documented(const api::RouteTable& routes, const Sent& sent, const Answer& answer) {
    static const json::value document = json::parse(call(world().application.service(), {"GET", "/openapi.json"}).text);
    const api::RouteTable::Match match = routes.find(sent.method, sent.path.substr(0, sent.path.find('?')));
    if (match.route == nullptr || !match.route->info.in_openapi) return;
    std::string method = match.route->info.method;
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const json::value& operation = document.at("paths").at(path_in_openapi(*match.route)).at(method);
    EXPECT_THAT(undescribed(operation.as_object(), document, answer), ::testing::IsEmpty())
        << sent.method << ' ' << match.route->info.path << " answers what is not documented: " << answer;
}

}  // namespace

std::string Answer::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (same_ignoring_case(key, name)) return value;
    }
    return {};
}

std::string Answer::error() const {
    return text_at("/error");
}

json::value Answer::at(std::string_view pointer) const {
    boost::system::error_code error;
    const json::value* found = body.find_pointer(pointer, error);
    return found == nullptr ? json::value() : *found;
}

std::string Answer::text_at(std::string_view pointer) const {
    const json::value found = at(pointer);
    return found.is_string() ? std::string(found.as_string()) : std::string();
}

double Answer::number_at(std::string_view pointer) const {
    const json::value found = at(pointer);
    return found.is_number() ? found.to_number<double>() : std::nan("");
}

std::vector<std::string> Answer::members(std::string_view pointer) const {
    std::vector<std::string> names;
    const json::value found = at(pointer);
    if (!found.is_object()) return names;
    for (const auto& member : found.get_object()) names.emplace_back(member.key());
    return names;
}

std::ostream& operator<<(std::ostream& stream, const Answer& answer) {
    return stream << answer.status << ' ' << answer.text.substr(0, 600);
}

Answer call(http::Service& service, const Sent& sent) {
    http::Request request = head_of(sent);
    http::Plan plan = service.plan(request);
    request.carried = plan.carried;
    http::Response response;
    if (plan.refuse) {
        response = std::move(*plan.refuse);
    } else if (sent.body.size() > plan.body_limit) {
        response = service.refusal(request, 413);
    } else {
        request.body = sent.body;
        response = service.handle(std::move(request));
    }
    Answer answer{response.status, std::move(response.headers), std::string(response.content()), {}};
    boost::system::error_code error;
    json::value parsed = json::parse(answer.text, error);
    if (!error) answer.body = std::move(parsed);
    return answer;
}

app::Config test_config(const std::string& data_dir) {
    [[maybe_unused]] static const bool silenced = (log::configure("off"), true);
    app::Config config;
    config.listen = "127.0.0.1:0";
    config.data_dir = data_dir;
    config.public_url = "http://localhost:8080";
    config.share_dir = FACEGATE_SHARE;
    config.demo = true;
    config.inference = 2;
    config.decoder_command = {FACEGATE_DECODER_HOST};
    config.log_level = "off";
    config.rate_limit_key = config.rate_limit_address = config.rate_limit_failures = "off";
    config.drain_seconds = 1;
    return app::resolved(config);
}

ApiTest::ApiTest() : client_(new_client()) {}

app::Application& ApiTest::application() {
    return world().application;
}
api::Services& ApiTest::services() {
    return application().services();
}
ManualClock& ApiTest::clock() {
    return world().clock;
}
Random& ApiTest::random() {
    return world().random;
}
std::string ApiTest::data_dir() {
    return world().directory.file("data");
}

Client ApiTest::new_client(Environment environment) {
    const domain::Tenant tenant = application()
                                      .database()
                                      .write_system([](sql::SystemTx& tx) {
                                          return domain::create_tenant(tx, application().vault(), random(), "Tests",
                                                                       {"https://app.example.com"}, clock().now());
                                      })
                                      .value();
    return key_for(tenant.id, environment);
}

Client ApiTest::key_for(const TenantId& tenant, Environment environment, std::optional<TimeMs> expires_at,
                        domain::KeyKind kind) {
    const Scope scope{tenant, environment};
    const domain::CreatedKey made =
        application()
            .database()
            .write_system([&](sql::SystemTx& tx) {
                return domain::create_key(tx, random(), scope, "tests", expires_at, clock().now(), kind);
            })
            .value();
    return {scope, made.key.id, made.text};
}

Answer ApiTest::call(const Sent& sent) {
    Answer answer = testing::call(application().service(), sent);
    expect_documented(application().routes(), sent, answer);
    return answer;
}

Answer ApiTest::post(const Client& client, const std::string& path, const json::value& body,
                     std::vector<std::pair<std::string, std::string>> headers) {
    return call({"POST", path, client.key, json::serialize(body), std::move(headers)});
}

std::string ApiTest::consent(const Client& client) {
    const domain::ConsentText& text = domain::consent_texts().front();
    const Answer answer = post(client, "/v1/consent",
                               json::object{{"consent_version", text.version}, {"consent_text_hash", text.sha256}});
    EXPECT_EQ(answer.status, 200U) << answer;
    return answer.text_at("/consent_id");
}

json::object ApiTest::enrollment(const Client& client, Person person) {
    return {{"name", "Ada Guard"},
            {"role", "guard"},
            {"consent_id", consent(client)},
            {"liveness_session_id", finished_liveness(client.scope, person)}};
}

json::object ApiTest::photo_enrollment(const Client& client, const Bytes& photo) {
    return {{"name", "Ada Guard"}, {"role", "guard"}, {"consent_id", consent(client)}, {"face_image", base64(photo)}};
}

std::string ApiTest::enroll(const Client& client, Person person, const json::object& more) {
    json::object body = enrollment(client, person);
    for (const auto& member : more) body[member.key()] = member.value();
    const Answer answer = post(client, "/v1/enroll", body);
    EXPECT_EQ(answer.status, 201U) << answer;
    return answer.text_at("/user_id");
}

Answer ApiTest::verify(const Client& client, Person person, const json::object& more,
                       std::vector<std::pair<std::string, std::string>> headers) {
    json::object body{{"liveness_session_id", finished_liveness(client.scope, person)}};
    for (const auto& member : more) body[member.key()] = member.value();
    return post(client, "/v1/verify", body, std::move(headers));
}

std::string ApiTest::finished_liveness(const Scope& scope, const vision::FaceVector& face, bool live, double confidence,
                                       domain::LivenessChallenge challenge) {
    domain::LivenessOutcome outcome;
    outcome.live = live;
    outcome.confidence = confidence;
    outcome.probes.emplace(services().engines.current().pack_id(), face);
    return application().database().write(scope, [&](sql::TenantTx& tx) {
        const TimeMs now = clock().now();
        const LivenessSessionId id = domain::create_liveness_session(tx, random(), challenge, now).id;
        domain::mark_started(tx, id, now).value();
        domain::finish_liveness_session(tx, application().vault(), id, outcome, now).value();
        return id.value;
    });
}

vision::FaceVector ApiTest::resembling(Person person, double fmr) {
    const vision::FaceEngine& engine = services().engines.current();
    const vision::FaceVector& own = vector_of(engine, person);
    double weak = 0;
    double strong = 1;
    vision::FaceVector face = own;
    for (int i = 0; i < 60; ++i) {
        const double middle = (weak + strong) / 2;
        for (std::size_t k = 0; k < own.size(); ++k) face[k] = static_cast<float>(middle * own[k]);
        const double rate = engine.calibration().false_match_rate(engine.score(face, own), 1).fmr;
        (rate > fmr ? weak : strong) = middle;
    }
    return face;
}

std::string ApiTest::created_liveness(const Scope& scope) {
    return application().database().write(scope, [&](sql::TenantTx& tx) {
        return domain::create_liveness_session(tx, random(), domain::LivenessChallenge::kMovementAndLight,
                                               clock().now())
            .id.value;
    });
}

std::int64_t ApiTest::rows_in(const std::string& table, const Scope& scope) {
    return application().database().read(scope, [&](sql::TenantTx& tx) {
        return tx.query("SELECT COUNT(*) FROM " + table + " WHERE tenant_id = $1 AND environment = $2")
            .front()
            .integer(0);
    });
}

std::string path_in_openapi(const api::Route& route) {
    std::string path;
    for (const std::string& segment : route.segments) {
        path += '/';
        path += segment.starts_with(':') ? '{' + segment.substr(1) + '}' : segment;
    }
    return path;
}

std::string base64(const Bytes& data) {
    return to_base64(data);
}

::testing::AssertionResult is_error(const Answer& answer, unsigned status, std::string_view error) {
    if (answer.status == status && answer.error() == error) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "expected " << status << ' ' << error << ", got " << answer;
}

}  // namespace facegate::testing
