#include "http/socket_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "http/worker_call.h"

namespace facegate::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr Milliseconds kLongestWait = std::chrono::hours(1);

/// Asks the peer on a worker thread; it is destroyed there too after its last call.
PeerTurn take(std::unique_ptr<SocketPeer>& peer, const std::function<SocketPeer::Output(SocketPeer&)>& call,
              bool last) {
    PeerTurn turn;
    turn.output = call(*peer);
    if (last || turn.output.close) {
        peer.reset();
    } else {
        turn.deadline = peer->deadline();
        turn.max_message_bytes = peer->max_message_bytes();
    }
    return turn;
}

}  // namespace

OpenedPeer open_peer(Service& service, Request request) {
    OpenedPeer opened;
    opened.peer = service.open_socket(std::move(request));
    opened.first = take(opened.peer, [](SocketPeer& peer) { return peer.on_open(); }, false);
    return opened;
}

SocketSession::SocketSession(Context context, Transport& transport, boost::beast::flat_buffer& unread,
                             OpenedPeer opened)
    : context_(std::move(context)),
      transport_(transport),
      unread_(unread),
      peer_(std::move(opened.peer)),
      first_(std::move(opened.first)),
      last_heard_(std::chrono::steady_clock::now()) {
    record_.close_code = close_code::kAbnormal;
}

Task<void> SocketSession::run() {
    bool open = co_await apply(std::move(first_));
    while (open) open = co_await step();
}

/// Waits for one thing and deals with it. False: the connection has ended.
Task<bool> SocketSession::step() {
    if (timer_due()) {
        served_deadline_ = deadline_;
        Call on_timer = [](SocketPeer& peer) { return peer.on_timer(); };
        co_return co_await take_turn(std::move(on_timer));
    }
    const auto data = unread_.cdata();
    ByteView input(static_cast<const std::uint8_t*>(data.data()), data.size());
    std::optional<FrameEvent> event = reader_.next(input);
    unread_.consume(data.size() - input.size());
    if (event) co_return co_await on_event(std::move(*event));

    const SteadyTime wake = wake_time();
    const asio::mutable_buffer space = unread_.prepare(kReadBytes);
    const Transport::ReadResult read = co_await transport_.read_some(space, wake);
    if (read.end == Transport::ReadEnd::kTimeout) co_return co_await on_silence();
    if (read.end == Transport::ReadEnd::kClosed) {
        co_await tell_broken();
        co_return false;
    }
    unread_.commit(read.bytes);
    bytes_in_ += read.bytes;
    last_heard_ = std::chrono::steady_clock::now();
    ping_sent_ = false;
    co_return true;
}

Task<bool> SocketSession::on_event(FrameEvent event) {
    switch (event.kind) {
        case FrameEvent::Kind::kMessage: {
            ++record_.messages_in;
            const auto message = std::make_shared<Bytes>(std::move(event.payload));
            Call on_message = [message](SocketPeer& peer) { return peer.on_message(std::move(*message)); };
            co_return co_await take_turn(std::move(on_message));
        }
        case FrameEvent::Kind::kPing: {
            Bytes pong = pong_frame(event.payload);
            const bool sent = co_await send(std::move(pong));
            if (!sent) co_await tell_broken();
            co_return sent;
        }
        case FrameEvent::Kind::kPong: co_return true;
        case FrameEvent::Kind::kClose:
        case FrameEvent::Kind::kViolation: break;
    }
    co_await say_goodbye(event.code);
    co_return false;
}

/// Nothing came until the time of wake_time().
Task<bool> SocketSession::on_silence() {
    if (timer_due()) co_return true;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < last_heard_ + context_.options.ping_interval) co_return true;
    bool alive = !ping_sent_;
    if (ping_sent_ && now < last_heard_ + 2 * context_.options.ping_interval) co_return true;
    if (alive) {
        ping_sent_ = true;
        Bytes ping = ping_frame();
        alive = co_await send(std::move(ping));
    }
    if (!alive) {
        co_await tell_broken();
        transport_.abort();
    }
    co_return alive;
}

Task<bool> SocketSession::take_turn(Call call) {
    std::optional<PeerTurn> turn = co_await ask(std::move(call), false);
    if (!turn) {
        // The peer failed in the middle of something: it is not asked again.
        co_await close(close_code::kInternalError);
        co_return false;
    }
    co_return co_await apply(std::move(*turn));
}

Task<bool> SocketSession::apply(PeerTurn turn) {
    deadline_ = turn.deadline;
    reader_.set_max_message_bytes(turn.max_message_bytes);
    for (const Bytes& message : turn.output.send) {
        Bytes frame = binary_frame(message);
        const bool sent = co_await send(std::move(frame));
        if (!sent) {
            co_await tell_broken();
            co_return false;
        }
        ++record_.messages_out;
    }
    if (turn.output.close) {
        co_await close(*turn.output.close);
        co_return false;
    }
    co_return true;
}

/// The client closed with this code, or broke a rule that is answered with it.
Task<void> SocketSession::say_goodbye(std::uint16_t received) {
    Call on_close = [received](SocketPeer& peer) { return peer.on_close(received); };
    std::optional<PeerTurn> turn = co_await ask(std::move(on_close), true);
    if (!turn) turn.emplace();
    if (!turn->output.close) turn->output.close = received == close_code::kNone ? close_code::kNormal : received;
    co_await apply(std::move(*turn));
}

Task<void> SocketSession::tell_broken() {
    if (!peer_) co_return;
    Call on_close = [](SocketPeer& peer) { return peer.on_close(close_code::kAbnormal); };
    co_await ask(std::move(on_close), true);
}

Task<void> SocketSession::close(std::uint16_t code) {
    Bytes frame = close_frame(code);
    const bool sent = co_await send(std::move(frame));
    if (!sent) co_return;
    record_.close_code = code;
    const SteadyTime until = std::chrono::steady_clock::now() + context_.options.linger;
    co_await transport_.close_gently(until);
}

/// Nothing: the peer threw, or the pool was stopped; it must not be called again then.
Task<std::optional<PeerTurn>> SocketSession::ask(Call call, bool last) {
    auto work = [this, call = std::move(call), last] { return take(peer_, call, last); };
    const auto asked = std::make_shared<WorkerCall<PeerTurn>>(context_.strand, context_.keep, std::move(work));
    asked->start(context_.workers);
    const SteadyTime for_ever = SteadyTime::max();
    std::function<void(PeerTurn)> nobody_late;
    co_return co_await asked->wait(for_ever, std::move(nobody_late));
}

Task<bool> SocketSession::send(Bytes frame) {
    const asio::const_buffer bytes = asio::buffer(std::as_const(frame));
    const bool sent = co_await transport_.write(bytes);
    if (sent) bytes_out_ += frame.size();
    co_return sent;
}

bool SocketSession::timer_due() const {
    return deadline_ && deadline_ != served_deadline_ && *deadline_ <= SystemClock().now();
}

SteadyTime SocketSession::wake_time() const {
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime wake = last_heard_ + (ping_sent_ ? 2 : 1) * context_.options.ping_interval;
    if (deadline_ && deadline_ != served_deadline_) {
        const Milliseconds left = *deadline_ - SystemClock().now();
        wake = std::min<SteadyTime>(wake, now + std::clamp<Milliseconds>(left, Milliseconds(0), kLongestWait));
    }
    return wake;
}

}  // namespace facegate::http
