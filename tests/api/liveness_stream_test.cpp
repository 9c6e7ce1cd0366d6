#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <thread>

#include "api/liveness_streams.h"
#include "domain/liveness_sessions/liveness_session.h"

namespace facegate::testing {
namespace {

using liveness::testing::load_recording;
using Output = http::SocketPeer::Output;
using Forge = std::function<std::string(const std::string&)>;

class LivenessStream : public LivenessStreamTest {
protected:
    /// Sends a recording's events under this stream's signatures at their pace; what the server says to the last one.
    /// The last one comes `later` than recorded.
    static Output play(Stream& stream, const std::string& name, const Forge& forge, Milliseconds later = {}) {
        const auto recording = load_recording(name);
        const Milliseconds shift = stream.opened - recording.opened;
        Output last;
        std::vector<RecordedEvent> events = events_of(recording);
        events.back().at += later;
        for (const RecordedEvent& event : events) {
            EXPECT_TRUE(last.send.empty());
            EXPECT_FALSE(last.close);
            clock().advance(std::max(stream.opened + event.at - clock().now(), Milliseconds(0)));
            last = stream.send(event.type, moved(event.type == "VideoEvent" ? event.json : forge(event.json), shift));
        }
        return last;
    }
    void expect_goodbye(const Output& output) const {
        ASSERT_EQ(output.send.size(), 1U);
        const auto message = liveness::decode_message(output.send.front()).value();
        EXPECT_EQ(message.text(":event-type"), "DisconnectionEvent") << as_text(message.payload);
        EXPECT_EQ(output.close, 1000);
    }
    /// The one `liveness.finished` record's signals, by whether they passed.
    std::map<std::string, bool> finished_signals() const {
        std::map<std::string, bool> passed;
        const auto records = audit();
        EXPECT_EQ(records.size(), 1U);
        if (records.empty()) return passed;
        const auto& [action, details] = records.front();
        EXPECT_EQ(action, "liveness.finished");
        std::vector<std::string> members;
        for (const auto& member : details) members.emplace_back(member.key());
        // These and no other: neither the probe nor anything else of the person.
        EXPECT_EQ(members, (std::vector<std::string>{"challenge", "live", "confidence", "signals", "video"}));
        for (const json::value& signal : details.at("signals").as_array()) {
            EXPECT_EQ(signal.as_object().size(), 7U);
            EXPECT_TRUE(signal.at("value").is_number() || signal.at("value").is_null());
            EXPECT_TRUE(signal.at("weight").is_number());
            EXPECT_FALSE(signal.at("reason").as_string().empty());
            passed[std::string(signal.at("name").as_string())] = signal.at("passed").as_bool();
        }
        return passed;
    }
    void expect_broken(const std::string& reason) const {
        const auto records = audit();
        ASSERT_EQ(records.size(), 1U);
        EXPECT_EQ(records.front().first, "liveness.broken");
        EXPECT_EQ(records.front().second.at("reason").as_string(), reason);
    }
};

/// Whether the session asks for an order of colours that cannot be taken for the recorded one, not even one colour
/// earlier or later: chance may bring orders that look alike.
bool is_far_from_recorded(const liveness::Challenge& challenge) {
    const liveness::Challenge recorded = liveness::testing::challenge_of(load_recording("light-genuine"));
    for (const int shift : {-1, 0, 1}) {
        int same = 0;
        for (int i = 1; i < 8; ++i) {
            const int j = i + shift;
            if (j < 1 || j > 7) continue;
            same += challenge.colors.at(static_cast<std::size_t>(i)).rgb ==
                    recorded.colors.at(static_cast<std::size_t>(j)).rgb;
        }
        if (same > 2) return false;
    }
    return true;
}

TEST_F(LivenessStream, ARecordingOfAnotherSessionIsRefused) {
    const WidgetSession session = new_session();
    EXPECT_EQ(status_of(session), "CREATED");
    Stream stream = open(session);
    ASSERT_TRUE(is_open(stream));
    EXPECT_EQ(status_of(session), "IN_PROGRESS");
    expect_goodbye(play(stream, "light-genuine", [](const std::string& json) { return json; }));

    const std::string status = status_of(session);
    EXPECT_TRUE(status.starts_with("FAILED ")) << status;
    EXPECT_FALSE(finished_signals().at("claims"));
    EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
    EXPECT_TRUE(is_error(verify_session(session), 400, "LIVENESS_SESSION_CONSUMED"));
    stream.peer.reset();
    EXPECT_EQ(audit().size(), 1U) << "nothing more is recorded once a session has its verdict";
}

TEST_F(LivenessStream, ForgedClaimsDoNotHelpARecording) {
    WidgetSession session;
    std::optional<Stream> stream;
    do {
        // Each time another tenant's: the audit trail has the one stream only.
        client_ = new_client();
        session = new_session();
        stream.emplace(open(session));
        ASSERT_TRUE(is_open(*stream));
    } while (!is_far_from_recorded(challenge_in(*stream)));

    const liveness::Challenge challenge = challenge_in(*stream);
    expect_goodbye(
        play(*stream, "light-genuine", [&](const std::string& json) { return forged_for(challenge, json); }));
    EXPECT_TRUE(status_of(session).starts_with("FAILED "));
    // The account is as asked for; the video itself tells.
    const std::map<std::string, bool> passed = finished_signals();
    EXPECT_TRUE(passed.at("claims"));
    EXPECT_TRUE(passed.at("one_face"));
    EXPECT_TRUE(passed.at("same_person"));
    EXPECT_FALSE(passed.at("color_order"));
    EXPECT_FALSE(passed.at("solid_head")) << "the recording shows a flat photo";
    EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
}

TEST_F(LivenessStream, TheProbeIsKeptSealedUntilConsumption) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    expect_goodbye(play(stream, "light-noreflect", [](const std::string& json) { return json; }));
    const auto sealed = [&] {
        return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
            return !tx.query(
                          "SELECT sealed_probe FROM liveness_probes "
                          "WHERE tenant_id = $1 AND environment = $2 AND session_id = $3",
                          {session.id})
                        .empty();
        });
    };
    const auto kept = application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        return domain::read_finished_liveness(tx, application().vault(), LivenessSessionId(session.id), clock().now());
    });
    ASSERT_TRUE(kept);
    const vision::FaceEngine& engine = services().engines.current();
    ASSERT_TRUE(kept->outcome.probes.contains(engine.pack_id()));
    EXPECT_EQ(kept->outcome.probes.at(engine.pack_id()).size(), engine.dimension());
    EXPECT_TRUE(sealed());
    EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
    EXPECT_FALSE(sealed());
}

TEST_F(LivenessStream, WhatIsNoVideoFailsTheSession) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    stream.start();
    EXPECT_TRUE(is_refused(stream.end(), session));
    EXPECT_EQ(status_of(session), "FAILED 0");
    expect_broken("video_unreadable");
    const Answer answer = verify_session(session);
    EXPECT_TRUE(is_error(answer, 403, "LIVENESS_FAILED"));
    EXPECT_EQ(answer.number_at("/details/confidence"), 0) << answer;
}

TEST_F(LivenessStream, VerifyingWhileItRunsConsumesNothing) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    EXPECT_TRUE(is_error(verify_session(session), 400, "LIVENESS_SESSION_NOT_READY"));
    stream.start();
    EXPECT_TRUE(is_error(verify_session(session), 400, "LIVENESS_SESSION_NOT_READY"));
    EXPECT_EQ(status_of(session), "IN_PROGRESS");
    stream.end();
    EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
}

TEST_F(LivenessStream, TheClientsClosesAreAnsweredAndFailTheSession) {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{4003, 4001, 4005, 4000, 4007, 1000, 1005}) {
        SCOPED_TRACE(code);
        client_ = new_client();
        const WidgetSession session = new_session();
        Stream stream = open(session);
        stream.start();
        const Output output = stream.peer->on_close(code);
        EXPECT_EQ(output.close, 1000);
        EXPECT_TRUE(output.send.empty());
        EXPECT_EQ(status_of(session), "FAILED 0");
        expect_broken("cancelled");
        const auto records = audit();
        ASSERT_EQ(records.size(), 1U);
        EXPECT_NE(std::string(records.front().second.at("detail").as_string()).find(std::to_string(code)),
                  std::string::npos);
        stream.peer.reset();
        EXPECT_EQ(audit().size(), 1U);
    }
}

TEST_F(LivenessStream, ABrokenConnectionFailsTheSession) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    EXPECT_FALSE(stream.peer->on_close(1006).close);
    EXPECT_EQ(status_of(session), "FAILED 0");
    expect_broken("cancelled");
}

TEST_F(LivenessStream, AVanishedConnectionFailsTheSession) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    stream.start();
    stream.peer.reset();
    EXPECT_EQ(status_of(session), "FAILED 0");
    expect_broken("connection_lost");
    EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
}

TEST_F(LivenessStream, AStreamThatDoesNotStartInTimeFails) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    ASSERT_EQ(stream.peer->deadline(), stream.opened + std::chrono::seconds(30));
    clock().advance(std::chrono::seconds(30) - Milliseconds(1));
    const Output early = stream.peer->on_timer();
    EXPECT_TRUE(early.send.empty());
    EXPECT_FALSE(early.close);
    EXPECT_EQ(status_of(session), "IN_PROGRESS");
    clock().advance(Milliseconds(1));
    EXPECT_TRUE(is_refused(stream.peer->on_timer(), session));
    EXPECT_FALSE(stream.peer->deadline());
    EXPECT_EQ(status_of(session), "FAILED 0");
    expect_broken("timed_out");
}

TEST_F(LivenessStream, AStreamThatDoesNotEndInTimeFails) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    clock().advance(std::chrono::seconds(30));
    stream.start();
    ASSERT_EQ(stream.peer->deadline(), stream.opened + std::chrono::minutes(3));
    clock().advance(std::chrono::seconds(150));
    EXPECT_TRUE(is_refused(stream.peer->on_timer(), session));
    EXPECT_EQ(status_of(session), "EXPIRED");
    expect_broken("timed_out");
    EXPECT_TRUE(is_error(verify_session(session), 400, "LIVENESS_SESSION_EXPIRED"));
    // What still arrives does not wake it.
    EXPECT_TRUE(stream.send_video(Bytes(10)).send.empty());
    EXPECT_EQ(audit().size(), 1U);
}

TEST_F(LivenessStream, AVerdictThatComesTooLateDoesNotCount) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    const Output output =
        play(stream, "light-noreflect", [](const std::string& json) { return json; }, std::chrono::minutes(3));
    EXPECT_TRUE(is_refused(output, session));
    EXPECT_EQ(status_of(session), "EXPIRED");
    expect_broken("too_late");
    EXPECT_TRUE(is_error(verify_session(session), 400, "LIVENESS_SESSION_EXPIRED"));
    stream.peer.reset();
    EXPECT_EQ(audit().size(), 1U);
}

TEST_F(LivenessStream, OfManyOpeningsOneWins) {
    const WidgetSession session = new_session();
    std::vector<std::optional<Stream>> streams(8);
    {
        std::vector<std::jthread> threads;
        for (auto& stream : streams) threads.emplace_back([&] { stream.emplace(open(session)); });
    }
    int won = 0;
    for (const auto& stream : streams) {
        if (is_open(*stream)) {
            ++won;
        } else {
            EXPECT_TRUE(is_refused(stream->opening, session));
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(status_of(session), "IN_PROGRESS");
}

TEST_F(LivenessStream, MoreStreamsThanPlacesHaveToTryAgain) {
    std::vector<Stream> streams;
    std::vector<WidgetSession> sessions;
    constexpr std::size_t kPlenty = 200;
    for (std::size_t i = 0; i < kPlenty; ++i) {
        sessions.push_back(new_session());
        streams.push_back(open(sessions.back()));
        if (!is_open(streams.back())) break;
    }
    ASSERT_LT(streams.size(), kPlenty);
    ASSERT_GT(streams.size(), 2U);
    EXPECT_TRUE(is_exception(streams.back().opening, "ThrottlingException", sessions.back()));
    EXPECT_EQ(status_of(sessions.back()), "CREATED");
    EXPECT_EQ(status_of(sessions.front()), "IN_PROGRESS");
    // A refused one holds no place, a closed one gives its own back.
    EXPECT_FALSE(is_open(open(sessions.back())));
    streams.front().peer.reset();
    EXPECT_TRUE(is_open(open(sessions.back())));
    EXPECT_TRUE(is_open(open(new_session())));
}

TEST_F(LivenessStream, AFailingDatabaseCostsTheStreamOnly) {
    const WidgetSession session = new_session();
    Stream stream = open(session);
    stream.start();
    application().database().write_system([&](sql::SystemTx& tx) {
        return tx.execute("CREATE TRIGGER broken_disk BEFORE UPDATE ON liveness_sessions WHEN OLD.id = '" + session.id +
                          "' BEGIN SELECT RAISE(ABORT, 'disk on fire'); END");
    });
    const Output output = stream.end();
    application().database().write_system([](sql::SystemTx& tx) { return tx.execute("DROP TRIGGER broken_disk"); });
    EXPECT_TRUE(is_exception(output, "InternalServerException", session));
    EXPECT_EQ(std::string(as_text(output.send.front())).find("fire"), std::string::npos);
    // The database is back when the connection goes: the session need not wait for its time to run out.
    stream.peer.reset();
    EXPECT_EQ(status_of(session), "FAILED 0");
    expect_broken("server_failed");
}

}  // namespace
}  // namespace facegate::testing
