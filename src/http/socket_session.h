#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "http/access_log.h"
#include "http/frame.h"
#include "http/message.h"
#include "http/server.h"
#include "http/transport.h"

namespace facegate::http {

/// What a peer said in one call, and how to go on.
struct PeerTurn {
    SocketPeer::Output output;
    std::optional<TimeMs> deadline;
    std::size_t max_message_bytes = 0;
};

/// A peer after its first call.
struct OpenedPeer {
    std::unique_ptr<SocketPeer> peer;  ///< null if it closed at once
    PeerTurn first;
};

/// Opens the socket and takes the first turn. On the worker pool.
OpenedPeer open_peer(Service& service, Request request);

/// A WebSocket after its handshake (RFC 6455): frames in, one peer call at a time, frames out. The next message is only
/// read when the one before was answered. On the strand of its connection.
class SocketSession {
public:
    struct Context {
        const ServerOptions& options;
        runtime::WorkerPool& workers;
        Executor strand;
        std::shared_ptr<void> keep;  ///< the connection, which must outlive every call
    };

    SocketSession(Context context, Transport& transport, boost::beast::flat_buffer& unread, OpenedPeer opened);

    /// Returns when the connection has ended and the peer knows.
    Task<void> run();
    [[nodiscard]] const SocketRecord& record() const { return record_; }
    [[nodiscard]] std::uint64_t bytes_in() const { return bytes_in_; }
    [[nodiscard]] std::uint64_t bytes_out() const { return bytes_out_; }

private:
    using Call = std::function<SocketPeer::Output(SocketPeer&)>;

    Task<bool> step();
    Task<bool> on_event(FrameEvent event);
    Task<bool> on_silence();
    Task<bool> take_turn(Call call);
    Task<bool> apply(PeerTurn turn);
    Task<void> say_goodbye(std::uint16_t received);
    Task<void> tell_broken();
    Task<void> close(std::uint16_t code);
    Task<std::optional<PeerTurn>> ask(Call call, bool last);
    Task<bool> send(Bytes frame);

    [[nodiscard]] bool timer_due() const;
    [[nodiscard]] SteadyTime wake_time() const;

    Context context_;
    Transport& transport_;
    boost::beast::flat_buffer& unread_;
    std::unique_ptr<SocketPeer> peer_;  ///< null when it must not be called any more
    PeerTurn first_;
    FrameReader reader_;
    std::optional<TimeMs> deadline_;
    std::optional<TimeMs> served_deadline_;
    SteadyTime last_heard_;
    bool ping_sent_ = false;
    SocketRecord record_;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
};

}  // namespace facegate::http
