#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_fixture.h"
#include "http/message.h"
#include "liveness/challenge.h"
#include "liveness/event_stream.h"
#include "unit/liveness/recording.h"
#include "unit/liveness/signer.h"

namespace facegate::testing {

/// What the API gives the widget for one session.
struct WidgetSession {
    std::string id;
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;
};

/// Query parameters of a presigned URL, decoded; in the order they are signed.
using StreamQuery = std::map<std::string, std::string>;

/// The parameters that the widget sends, unsigned yet.
StreamQuery widget_query(const WidgetSession& session, TimeMs now);
/// Signs `query` as the widget does, for a host without its port, and returns it percent-encoded with its signature.
/// Written from the protocol's description and not with the verifier.
std::string presigned(const StreamQuery& query, const std::string& secret_access_key,
                      const std::string& host = "localhost");
/// The parameters as they stand in a URL.
std::string percent_encoded(const StreamQuery& query);

/// The first bytes of a recorded video: a header and less than a frame.
Bytes video_opening();

/// A stream's socket, and the client's side of it.
struct Stream {
    std::unique_ptr<http::SocketPeer> peer;
    http::SocketPeer::Output opening;
    liveness::testing::ChunkSigner signer;
    TimeMs opened;
    Clock& clock;

    http::SocketPeer::Output send(std::string_view type, std::string_view json) {
        return peer->on_message(signer.event(type, json, clock.now()));
    }
    http::SocketPeer::Output send_video(const Bytes& data);
    http::SocketPeer::Output send_start();
    /// A first piece of video and START: from here the session waits for the end only.
    void start();
    /// END and the empty chunk; what the server says to the latter.
    http::SocketPeer::Output end();
};

/// One event out of a recording, at its time since the opening.
struct RecordedEvent {
    Milliseconds at;
    std::string type;
    std::string json;
};
std::vector<RecordedEvent> events_of(const liveness::testing::Recording& recording);
/// Every time in the event later by `shift`.
std::string moved(const std::string& json, Milliseconds shift);
/// The event's colours and target box as this challenge asks for them.
std::string forged_for(const liveness::Challenge& challenge, const std::string& json);

class LivenessStreamTest : public ApiTest {
protected:
    static WidgetSession new_session(const Client& client, const json::object& request = {});
    WidgetSession new_session() const { return new_session(client_); }

    /// Does what the listener does with an upgrade, without a socket.
    static Stream open(const std::string& query, const std::string& secret_access_key,
                       const std::string& host = "localhost:8080");
    static Stream open(const WidgetSession& session) {
        return open(presigned(widget_query(session, clock().now()), session.secret_access_key),
                    session.secret_access_key);
    }

    /// `CREATED`, `FAILED 0`, ... as the result route says.
    static std::string status_of(const Client& client, const WidgetSession& session);
    std::string status_of(const WidgetSession& session) const { return status_of(client_, session); }
    Answer verify_session(const WidgetSession& session) const {
        return post("/v1/verify", json::object{{"liveness_session_id", session.id}});
    }

    /// The exception is the only message, of this kind, followed by its close code, and tells no secret.
    ::testing::AssertionResult is_exception(const http::SocketPeer::Output& output, std::string_view kind,
                                            const WidgetSession& session) const;
    ::testing::AssertionResult is_refused(const http::SocketPeer::Output& output, const WidgetSession& session) const {
        return is_exception(output, "ValidationException", session);
    }
    /// The stream is open: the server sent its challenge.
    static ::testing::AssertionResult is_open(const Stream& stream);
    static liveness::Challenge challenge_in(const Stream& stream);

    /// What the stream left in the audit trail, oldest first, as {action, details}; checks the whole chain too.
    std::vector<std::pair<std::string, json::object>> audit() const;
};

}  // namespace facegate::testing
