#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "api/api_fixture.h"
#include "domain/consents/consent.h"
#include "domain/consents/consent_texts.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/tenants/tenant.h"
#include "unit/temporary_directory.h"

namespace facegate::testing {
namespace {

// How the child is told what to do. It is this program again: nothing of the parent's threads and files is in it.
constexpr const char* kDirectory = "FACEGATE_CRASH_TEST_DIRECTORY";
constexpr const char* kKey = "FACEGATE_CRASH_TEST_KEY";
constexpr const char* kReport = "FACEGATE_CRASH_TEST_REPORT";

/// A whole server on a directory that outlives it.
class Server {
public:
    explicit Server(const std::string& directory) : application_(test_config(directory), clock_, random_) {}

    void start() { application_.start(); }
    Client new_client() {
        return application_.database().write_system([&](sql::SystemTx& tx) {
            const auto tenant = domain::create_tenant(tx, application_.vault(), random_, "Tests", {}, clock_.now());
            const Scope scope{tenant->id, Environment::kTest};
            const auto made = domain::create_key(tx, random_, scope, "tests", {}, clock_.now());
            return Client{scope, made->key.id, made->text};
        });
    }
    Answer call(const std::string& key, const std::string& method, const std::string& path,
                const json::value& body = nullptr) {
        const std::string text = body.is_null() ? std::string() : json::serialize(body);
        return testing::call(application_.service(), {method, path, key, text});
    }
    /// A liveness session that has ended with this face, and a consent.
    std::pair<std::string, std::string> prepared(const Scope& scope, Person person) {
        domain::LivenessOutcome outcome;
        outcome.live = true;
        outcome.confidence = 98.7;
        const vision::FaceEngine& engine = application_.services().engines.current();
        outcome.probes.emplace(engine.pack_id(), vector_of(engine, person));
        return application_.database().write(scope, [&](sql::TenantTx& tx) {
            const TimeMs now = clock_.now();
            const auto challenge = domain::LivenessChallenge::kMovementAndLight;
            const LivenessSessionId id = domain::create_liveness_session(tx, random_, challenge, now).id;
            domain::mark_started(tx, id, now).value();
            domain::finish_liveness_session(tx, application_.vault(), id, outcome, now).value();
            const auto consent =
                domain::record_consent(tx, application_.vault(), random_, domain::consent_texts().front(), {}, now);
            return std::pair{id.value, consent->id.value};
        });
    }
    Scope scope_of(const std::string& key) {
        return application_.database()
            .read_system([&](sql::SystemTx& tx) { return domain::authenticate(tx, key, clock_.now()); })
            .value()
            .scope;
    }

private:
    ManualClock clock_;
    SystemRandom random_;
    app::Application application_;
};

/// Runs in the child: one thing after the other, each reported when its answer is there, until it is killed.
TEST(CrashChild, DISABLED_WorksUntilItIsKilled) {
    const char* const directory = std::getenv(kDirectory);
    const char* const key = std::getenv(kKey);
    const char* const report_to = std::getenv(kReport);
    ASSERT_TRUE(directory != nullptr && key != nullptr && report_to != nullptr) << "started by Crash.*";
    const int report = std::atoi(report_to);
    const auto tell = [&](unsigned status, unsigned expected, const std::string& line) {
        if (status != expected) ::_exit(1);
        const std::string text = line + '\n';
        if (::write(report, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(1);
    };
    Server server(directory);
    server.start();
    const Scope scope = server.scope_of(key);
    for (int i = 0;; ++i) {
        const auto [liveness, consent] = server.prepared(scope, Person::kAda);
        const Answer enrolled = server.call(key, "POST", "/v1/enroll",
                                            {{"name", "Ada"},
                                             {"role", "guard"},
                                             {"consent_id", consent},
                                             {"liveness_session_id", liveness},
                                             {"allow_duplicate", true}});
        const std::string user = enrolled.text_at("/user_id");
        tell(enrolled.status, 201, "enrolled " + user + ' ' + enrolled.text_at("/enrollments/0/faceId"));
        const Answer signed_in = server.call(
            key, "POST", "/v1/verify",
            {{"liveness_session_id", server.prepared(scope, Person::kAda).first}, {"claim", {{"user_id", user}}}});
        const std::string session = signed_in.text_at("/session_id");
        tell(signed_in.status, 200, "signed_in " + user + ' ' + session);
        const Answer revoked = server.call(key, "POST", "/v1/session/" + session + "/revoke", json::object{});
        tell(revoked.status, 200, "revoked " + user + ' ' + session);
        const Answer changed = server.call(key, "PATCH", "/v1/users/" + user + "/status", {{"status", "suspended"}});
        tell(changed.status, 200, "suspended " + user + " -");
        const int minutes = 10 + i % 1000;
        const Answer policy = server.call(key, "POST", "/v1/policy/risk", {{"lockout_duration_minutes", minutes}});
        tell(policy.status, 200, "policy " + std::to_string(minutes) + " -");
    }
}

/// Starts the child and kills it after `reports` lines; the lines it reported in all.
std::vector<std::string> run_and_kill(const std::string& directory, const std::string& key, int reports) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return {};
    const std::string filter = "--gtest_filter=CrashChild.*";
    std::vector<std::string> words{"/proc/self/exe", filter, "--gtest_also_run_disabled_tests", "--gtest_brief=1"};
    std::vector<std::string> settings{std::string(kDirectory) + '=' + directory, std::string(kKey) + '=' + key,
                                      std::string(kReport) + '=' + std::to_string(ends[1])};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (std::string& setting : settings) environment.push_back(setting.data());
    for (char** one = environ; *one != nullptr; ++one) environment.push_back(*one);
    environment.push_back(nullptr);
    pid_t child = 0;
    const int started = ::posix_spawn(&child, words[0].c_str(), nullptr, nullptr, arguments.data(), environment.data());
    ::close(ends[1]);
    EXPECT_EQ(started, 0);
    std::FILE* const lines = ::fdopen(ends[0], "r");
    std::vector<std::string> reported;
    std::array<char, 256> line{};
    while (started == 0 && std::fgets(line.data(), line.size(), lines) != nullptr) {
        reported.emplace_back(line.data());
        if (static_cast<int>(reported.size()) == reports) ::kill(child, SIGKILL);
    }
    std::fclose(lines);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself";
    return reported;
}

TEST(Crash, WhatWasAnsweredIsThereAfterARestart) {
    const TemporaryDirectory place;
    const std::string directory = place.file("data");
    const std::string key = Server(directory).new_client().key;
    std::vector<std::string> reported;
    // After a sign-in, after a policy, in the middle of the second user: each kind of write is the last one once.
    for (const int reports : {2, 5, 8, 9, 11}) {
        const std::vector<std::string> last = run_and_kill(directory, key, reports);
        ASSERT_GE(last.size(), static_cast<std::size_t>(reports));
        reported.insert(reported.end(), last.begin(), last.end());
    }
    Server server(directory);
    server.start();
    std::string policy;
    std::string last_user;
    for (const std::string& line : reported) {
        SCOPED_TRACE(line);
        std::istringstream words(line);
        std::string what;
        std::string id;
        std::string other;
        words >> what >> id >> other;
        if (what == "policy") {
            policy = id;
            continue;
        }
        last_user = id;
        const Answer user = server.call(key, "GET", "/v1/users/" + id);
        ASSERT_EQ(user.status, 200U) << user;
        const Answer sessions = server.call(key, "GET", "/v1/users/" + id + "/sessions?include=ended");
        if (what == "enrolled") {
            EXPECT_EQ(user.text_at("/enrollments/0/faceId"), other);
        } else if (what == "suspended") {
            EXPECT_EQ(user.text_at("/status"), "suspended");
        } else if (what == "signed_in") {
            EXPECT_EQ(sessions.text_at("/sessions/0/session_id"), other) << sessions;
        } else {
            EXPECT_EQ(sessions.text_at("/sessions/0/status"), "revoked") << sessions;
        }
    }
    // The policy of the last round, or the one after it whose answer did not get out.
    const double minutes = server.call(key, "GET", "/v1/policy/risk").number_at("/config/lockout_duration_minutes");
    EXPECT_GE(minutes, std::stoi(policy));
    EXPECT_LE(minutes, std::stoi(policy) + 1);
    // The index was built from what is there.
    const auto [liveness, consent] = server.prepared(server.scope_of(key), Person::kAda);
    const Answer signed_in = server.call(key, "POST", "/v1/verify",
                                         {{"liveness_session_id", liveness}, {"claim", {{"user_id", last_user}}}});
    EXPECT_TRUE(signed_in.at("/matched") == true || signed_in.error() == "USER_SUSPENDED") << signed_in;
}

}  // namespace
}  // namespace facegate::testing
