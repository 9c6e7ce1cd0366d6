#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/people.h"
#include "api/services.h"
#include "app/application.h"
#include "app/config.h"
#include "base/clock.h"
#include "base/ids.h"
#include "domain/keys/api_key.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "sql/database.h"

namespace facegate::testing {

namespace json = boost::json;

/// Stands still until a test moves it; never goes back. Thread-safe.
class ManualClock final : public Clock {
public:
    [[nodiscard]] TimeMs now() const override { return from_unix_ms(now_); }
    void advance(Milliseconds by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_ = 1'780'000'000'123;
};

/// What a client sends. The key, if any, goes into the Authorization header.
struct Sent {
    std::string method;
    std::string path;  ///< with the query
    std::string key = {};
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< names in lower case
    std::string content_type = "application/json";                  ///< sent only with a body
    std::string address = "127.0.0.1";
};

/// What it gets.
struct Answer {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string text;
    json::value body;  ///< null if the text is no JSON

    /// First header of that name in any case; empty if there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
    /// The `error` member; empty if there is none.
    [[nodiscard]] std::string error() const;
    /// Member at a JSON pointer such as `/user/id`; null if there is none.
    [[nodiscard]] json::value at(std::string_view pointer) const;
    /// The same where it is a string; empty otherwise.
    [[nodiscard]] std::string text_at(std::string_view pointer) const;
    [[nodiscard]] double number_at(std::string_view pointer) const;
    /// Names of the members, in order.
    [[nodiscard]] std::vector<std::string> members(std::string_view pointer = "") const;
};

/// As it is, for messages of failed tests.
std::ostream& operator<<(std::ostream& stream, const Answer& answer);

/// A tenant's key and what it stands for.
struct Client {
    Scope scope;
    KeyId key_id;
    std::string key;
};

/// Does what the listener does with a request, without a socket. Thread-safe.
Answer call(http::Service& service, const Sent& sent);

/// The settings every application under test has, with a data directory.
app::Config test_config(const std::string& data_dir);

/// One running application per test process, on a real database and the real networks; every test has a tenant of its
/// own.
class ApiTest : public ::testing::Test {
protected:
    ApiTest();

    static app::Application& application();
    static api::Services& services();
    static ManualClock& clock();
    static Random& random();
    static std::string data_dir();

    static Client new_client(Environment environment = Environment::kTest);
    /// Another key of the same tenant.
    static Client key_for(const TenantId& tenant, Environment environment, std::optional<TimeMs> expires_at = {},
                          domain::KeyKind kind = domain::KeyKind::kSecret);

    static Answer call(const Sent& sent);
    Answer get(const std::string& path) const { return get(client_, path); }
    Answer post(const std::string& path, const json::value& body) const { return post(client_, path, body); }
    Answer erase(const std::string& path) const { return call({"DELETE", path, client_.key}); }
    static Answer get(const Client& client, const std::string& path) { return call({"GET", path, client.key}); }
    static Answer post(const Client& client, const std::string& path, const json::value& body,
                       std::vector<std::pair<std::string, std::string>> headers = {});

    /// A consent recorded through the API.
    static std::string consent(const Client& client);
    /// What enrolls a person by a liveness session, ready to be changed and sent.
    static json::object enrollment(const Client& client, Person person);
    static json::object photo_enrollment(const Client& client, const Bytes& photo);
    /// Enrolls by a liveness session and returns the user's id.
    static std::string enroll(const Client& client, Person person, const json::object& more = {});
    /// Verifies with a fresh liveness session.
    static Answer verify(const Client& client, Person person, const json::object& more = {},
                         std::vector<std::pair<std::string, std::string>> headers = {});

    /// A liveness session that has ended with this face.
    static std::string finished_liveness(
        const Scope& scope, const vision::FaceVector& face, bool live = true, double confidence = 98.7,
        domain::LivenessChallenge challenge = domain::LivenessChallenge::kMovementAndLight);
    static std::string finished_liveness(const Scope& scope, Person person) {
        return finished_liveness(scope, vector_of(services().engines.current(), person));
    }
    /// A face whose comparison with this person's has about this false-match rate: the person's own, weakened.
    static vision::FaceVector resembling(Person person, double fmr);
    /// One that was only created.
    static std::string created_liveness(const Scope& scope);

    /// Rows of a table in one collection.
    static std::int64_t rows_in(const std::string& table, const Scope& scope);

    Client client_;
};

/// The route's path as the OpenAPI document writes it: `/v1/users/{id}`.
std::string path_in_openapi(const api::Route& route);

/// `data` as base64 text.
std::string base64(const Bytes& data);

/// `status` and `error` of an answer, in one assertion.
::testing::AssertionResult is_error(const Answer& answer, unsigned status, std::string_view error);

}  // namespace facegate::testing
