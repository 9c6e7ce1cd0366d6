#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>

#include "api/liveness_streams.h"

namespace facegate::testing {
namespace {

using Output = http::SocketPeer::Output;

/// What is refused at the door, and what breaks a running stream.
class LivenessStreamRefusal : public LivenessStreamTest {
protected:
    Stream open_signed(const StreamQuery& query, const WidgetSession& session) const {
        return open(presigned(query, session.secret_access_key), session.secret_access_key);
    }
    /// Refused without a trace: the session can still be started.
    void expect_refused_at_the_door(Stream stream, const WidgetSession& session) const {
        EXPECT_TRUE(is_refused(stream.opening, session));
        EXPECT_FALSE(stream.peer->deadline());
        EXPECT_TRUE(stream.send_video(Bytes(10)).send.empty());
        EXPECT_TRUE(stream.peer->on_timer().send.empty());
        EXPECT_EQ(stream.peer->on_close(1000).close, 1000);
        stream.peer.reset();
        EXPECT_EQ(status_of(session), "CREATED");
    }
    void expect_still_usable(const WidgetSession& session) const {
        EXPECT_TRUE(is_open(open(session)));
        EXPECT_EQ(status_of(session), "FAILED 0") << "of the stream just opened and dropped";
    }
    /// A stream that has started gets this message, is refused and its session FAILED.
    void expect_broken_by(const std::function<Output(Stream&)>& send) {
        client_ = new_client();
        const WidgetSession session = new_session();
        Stream stream = open(session);
        stream.start();
        EXPECT_TRUE(is_refused(send(stream), session));
        EXPECT_EQ(status_of(session), "FAILED 0");
        EXPECT_FALSE(stream.peer->deadline());
        EXPECT_TRUE(stream.send_video(Bytes(10)).send.empty()) << "closed for good";
        EXPECT_FALSE(stream.peer->on_close(1006).close);
        stream.peer.reset();
        const auto records = audit();
        ASSERT_EQ(records.size(), 1U);
        EXPECT_EQ(records.front().first, "liveness.broken");
        EXPECT_EQ(records.front().second.at("reason").as_string(), "protocol_error");
        EXPECT_FALSE(records.front().second.at("detail").as_string().empty());
        EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
    }
    static Bytes signed_video(Stream& stream) {
        return stream.signer.event("VideoEvent", R"({"VideoChunk":"AQIDBA==","TimestampMillis":1777636801000})",
                                   clock().now());
    }
};

std::string with_another_end(std::string text) {
    if (text.empty()) return "1";
    text.back() = text.back() == '1' ? '2' : '1';
    return text;
}

TEST_F(LivenessStreamRefusal, EveryParameterIsSigned) {
    const WidgetSession session = new_session();
    const StreamQuery query = widget_query(session, clock().now());
    const std::string good = presigned(query, session.secret_access_key);
    const std::string signature = good.substr(good.rfind('&'));
    const auto try_open = [&](const std::string& tampered) {
        expect_refused_at_the_door(open(tampered, session.secret_access_key), session);
    };
    for (const auto& [name, value] : query) {
        SCOPED_TRACE(name);
        StreamQuery changed = query;
        changed[name] = with_another_end(value);
        try_open(percent_encoded(changed) + signature);
        changed.erase(name);
        try_open(percent_encoded(changed) + signature);
    }
    StreamQuery longer = query;
    longer["zoom"] = "1";
    try_open(percent_encoded(longer) + signature);
    try_open(good + "&video-width=640");
    try_open(with_another_end(good));
    try_open(percent_encoded(query));
    try_open(good + "&%zz=1");
    try_open("");
    try_open(std::string(9000, 'a') + "&" + good);
    expect_still_usable(session);
}

TEST_F(LivenessStreamRefusal, TheHostIsSigned) {
    const WidgetSession session = new_session();
    const std::string query = presigned(widget_query(session, clock().now()), session.secret_access_key);
    for (const char* host : {"evil.example", "localhost.evil.example:8080", ""}) {
        SCOPED_TRACE(host);
        expect_refused_at_the_door(open(query, session.secret_access_key, host), session);
    }
    EXPECT_TRUE(is_open(open(query, session.secret_access_key, "localhost"))) << "the port is not signed";
}

TEST_F(LivenessStreamRefusal, WhatIsSignedMustMakeSense) {
    const WidgetSession session = new_session();
    const TimeMs now = clock().now();
    for (const char* missing : {"video-width", "video-height", "challenge-versions", "session-id"}) {
        SCOPED_TRACE(missing);
        StreamQuery query = widget_query(session, now);
        query.erase(missing);
        expect_refused_at_the_door(open_signed(query, session), session);
    }
    const std::pair<const char*, const char*> bad[] = {
        {"video-width", "0"},
        {"video-width", "-640"},
        {"video-width", "100000"},
        {"video-width", "640px"},
        {"video-height", "99999999999999999999"},
        {"challenge-versions", "FaceMovementChallenge_1.0.0"},
        {"challenge-versions", "FaceMovementAndLightChallenge_1.0.0"},
        {"X-Amz-SignedHeaders", "host;range"},
        {"X-Amz-Expires", "0"},
        {"X-Amz-Expires", "604800"},
        {"X-Amz-Date", "yesterday"},
        {"session-id", "../../etc/passwd"},
    };
    for (const auto& [name, value] : bad) {
        SCOPED_TRACE(std::string(name) + "=" + value);
        StreamQuery query = widget_query(session, now);
        query[name] = value;
        expect_refused_at_the_door(open_signed(query, session), session);
    }
    StreamQuery elsewhere = widget_query(session, now);
    elsewhere["X-Amz-Credential"].replace(elsewhere["X-Amz-Credential"].find("rekognition"), 11, "s3");
    expect_refused_at_the_door(open_signed(elsewhere, session), session);
    expect_refused_at_the_door(open(presigned(widget_query(session, now), "another secret"), "another secret"),
                               session);
    expect_still_usable(session);
}

TEST_F(LivenessStreamRefusal, AUrlHasItsTime) {
    const WidgetSession session = new_session();
    StreamQuery query = widget_query(session, clock().now());
    query["X-Amz-Expires"] = "60";
    const std::string url = presigned(query, session.secret_access_key);
    clock().advance(std::chrono::seconds(62));
    expect_refused_at_the_door(open(url, session.secret_access_key), session);
    expect_refused_at_the_door(open_signed(widget_query(session, clock().now() + std::chrono::minutes(10)), session),
                               session);
    expect_still_usable(session);
}

TEST_F(LivenessStreamRefusal, ASessionHasToStartWithinThreeMinutes) {
    const WidgetSession late = new_session();
    const WidgetSession just = new_session();
    clock().advance(std::chrono::minutes(3) - Milliseconds(1));
    EXPECT_TRUE(is_open(open(just)));
    clock().advance(Milliseconds(1));
    EXPECT_TRUE(is_refused(open(late).opening, late));
    EXPECT_EQ(status_of(late), "EXPIRED");
    EXPECT_TRUE(audit().size() == 1U) << "of the other stream only";
}

TEST_F(LivenessStreamRefusal, CredentialsLiveFifteenMinutes) {
    const WidgetSession session = new_session();
    clock().advance(std::chrono::minutes(15));
    const Stream stream = open(session);
    EXPECT_TRUE(is_refused(stream.opening, session));
    EXPECT_NE(std::string(as_text(stream.opening.send.front())).find("credentials have expired"), std::string::npos);
}

TEST_F(LivenessStreamRefusal, CredentialsOpenTheirOwnSessionOnly) {
    const WidgetSession mine = new_session();
    const Client live = key_for(client_.scope.tenant, Environment::kLive);
    const Client stranger = new_client();
    for (const Client& client : {client_, live, stranger}) {
        const WidgetSession target = new_session(client);
        StreamQuery query = widget_query(mine, clock().now());
        query["session-id"] = target.id;
        EXPECT_TRUE(is_refused(open_signed(query, mine).opening, target));
        // The target's own token or access key with my secret.
        query["X-Amz-Security-Token"] = target.session_token;
        EXPECT_TRUE(is_refused(open_signed(query, mine).opening, target));
        query["X-Amz-Credential"] = widget_query(target, clock().now())["X-Amz-Credential"];
        EXPECT_TRUE(is_refused(open_signed(query, mine).opening, target));
        EXPECT_EQ(status_of(client, target), "CREATED");
        EXPECT_TRUE(is_open(open(target)));
    }
    expect_still_usable(mine);
}

TEST_F(LivenessStreamRefusal, ASessionThatIsNotThere) {
    WidgetSession session = new_session();
    StreamQuery query = widget_query(session, clock().now());
    query["session-id"] = random().uuid();
    expect_refused_at_the_door(open_signed(query, session), session);
    // Good credentials of a session whose row is gone.
    application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        return tx.execute("DELETE FROM liveness_sessions WHERE tenant_id = $1 AND environment = $2 AND id = $3",
                          {session.id});
    });
    EXPECT_TRUE(is_refused(open(session).opening, session));
    EXPECT_TRUE(audit().empty());
}

TEST_F(LivenessStreamRefusal, ASecondSocketDoesNotDisturbTheFirst) {
    const WidgetSession session = new_session();
    Stream first = open(session);
    ASSERT_TRUE(is_open(first));
    {
        const Stream second = open(session);
        EXPECT_TRUE(is_refused(second.opening, session));
    }
    EXPECT_EQ(status_of(session), "IN_PROGRESS");
    EXPECT_TRUE(audit().empty());
    first.start();
    EXPECT_TRUE(is_refused(open(session).opening, session));
    first.end();
    EXPECT_EQ(status_of(session), "FAILED 0");
    EXPECT_TRUE(is_refused(open(session).opening, session)) << "once is all";
    EXPECT_EQ(status_of(session), "FAILED 0");
    EXPECT_EQ(audit().size(), 1U);
}

TEST_F(LivenessStreamRefusal, BrokenFrames) {
    expect_broken_by([](Stream& stream) { return stream.peer->on_message(Bytes(1000, 0x5a)); });
    expect_broken_by([](Stream& stream) { return stream.peer->on_message({}); });
    // The last four bytes are the checksum of all before.
    expect_broken_by([](Stream& stream) {
        Bytes message = signed_video(stream);
        message.back() ^= 1U;
        return stream.peer->on_message(std::move(message));
    });
    expect_broken_by([](Stream& stream) {
        Bytes message = signed_video(stream);
        message.pop_back();
        return stream.peer->on_message(std::move(message));
    });
}

TEST_F(LivenessStreamRefusal, WrongSignatures) {
    expect_broken_by([](Stream& stream) {
        auto chunk = liveness::decode_message(signed_video(stream)).value();
        std::get<Bytes>(chunk.headers.back().value).front() ^= 1U;
        return stream.peer->on_message(liveness::encode_message(chunk));
    });
    expect_broken_by([](Stream& stream) {
        const Bytes message = signed_video(stream);
        EXPECT_TRUE(stream.peer->on_message(message).send.empty());
        return stream.peer->on_message(message);
    });
    expect_broken_by([](Stream& stream) {
        signed_video(stream);
        return stream.peer->on_message(signed_video(stream));
    });
    // Chunks of another session of the same tenant.
    expect_broken_by([this](Stream& stream) {
        Stream other = open(new_session(new_client()));
        return stream.peer->on_message(signed_video(other));
    });
    expect_broken_by([](Stream& stream) {
        const Bytes unsigned_event = liveness::encode_event("VideoEvent", R"({"VideoChunk":"","TimestampMillis":1})");
        return stream.peer->on_message(unsigned_event);
    });
}

TEST_F(LivenessStreamRefusal, TooMuch) {
    expect_broken_by([](Stream& stream) {
        constexpr std::size_t kLimit = 4U << 20;
        EXPECT_EQ(stream.peer->max_message_bytes(), kLimit);
        return stream.send_video(Bytes(kLimit));
    });
    expect_broken_by([](Stream& stream) {
        Output output;
        for (int i = 0; i < 20 && !output.close; ++i) output = stream.send_video(Bytes(1U << 20));
        return output;
    });
    expect_broken_by([](Stream& stream) {
        Output output;
        for (int i = 0; i < 2000 && !output.close; ++i) output = stream.send_video({});
        return output;
    });
}

TEST_F(LivenessStreamRefusal, WrongOrderAndContent) {
    expect_broken_by([](Stream& stream) { return stream.send("VideoEvent", "not json"); });
    expect_broken_by([](Stream& stream) { return stream.send("SomethingElse", "{}"); });
    expect_broken_by([](Stream& stream) { return stream.send("ClientSessionInformationEvent", "{}"); });
    expect_broken_by([](Stream& stream) { return stream.send_start(); });
}

TEST_F(LivenessStreamRefusal, TheListenersRefusalsKeepTheirCodes) {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1002, 1003, 1009}) {
        SCOPED_TRACE(code);
        const WidgetSession session = new_session();
        Stream stream = open(session);
        stream.start();
        EXPECT_FALSE(stream.peer->on_close(code).close);
        EXPECT_EQ(status_of(session), "FAILED 0");
    }
}

}  // namespace
}  // namespace facegate::testing
