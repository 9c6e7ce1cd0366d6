#include "media/decoder_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <new>

#include "media/decoder_exit.h"
#include "media/decoder_sandbox.h"
#include "media/decoder_wire.h"
#include "media/frame_converter.h"

namespace facegate::media {
namespace {

constexpr int kSocket = STDIN_FILENO;  // the host's to the server, then a decoder's stream

[[noreturn]] void leave(DecoderExit status) {
    ::_exit(static_cast<int>(status));
}

/// The decoder's side of a stream. When the server is gone, so is the reason to go on.
class StreamPeer final : public ByteSource {
public:
    StreamPeer(std::uint8_t* picture, std::size_t picture_size) : picture_(picture), picture_size_(picture_size) {}

    std::size_t read(std::span<std::uint8_t> out) override {
        while (at_ == size_ && !ended_) {
            // The first bytes come unasked: the server speaks first.
            if (asked_) report({.kind = wire::ReportKind::kHungry});
            asked_ = true;
            receive_bytes();
        }
        const std::size_t count = std::min(out.size(), size_ - at_);
        std::copy_n(message_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }

    bool offer(const DecodedFrame& frame) {
        report({.kind = wire::ReportKind::kFrame, .frame = frame.info()});
        std::array<std::uint8_t, sizeof(wire::Command)> answer{};
        if (wire::receive(kSocket, answer).size != answer.size()) leave(DecoderExit::kServerGone);
        switch (command_of(answer)) {
            case wire::Command::kUnwanted: return true;
            case wire::Command::kWanted: break;
            default: leave(DecoderExit::kServerGone);
        }
        if (padded_size(frame.info().width, frame.info().height) > picture_size_) leave(DecoderExit::kServerGone);
        frame.write_rgb(picture_);
        report({.kind = wire::ReportKind::kPicture});
        return true;
    }

    static void report(const wire::Report& report) {
        if (!wire::send(kSocket, wire::bytes_of(report))) leave(DecoderExit::kServerGone);
    }

private:
    static wire::Command command_of(ByteView message) {
        wire::Command command{};
        std::copy_n(message.begin(), sizeof command, wire::writable_bytes_of(command).begin());
        return command;
    }

    void receive_bytes() {
        const std::size_t size = wire::receive(kSocket, message_).size;
        if (size < sizeof(wire::Command) || size > message_.size()) leave(DecoderExit::kServerGone);
        switch (command_of(message_)) {
            case wire::Command::kEnd: ended_ = true; break;
            case wire::Command::kBytes:
                at_ = sizeof(wire::Command);
                size_ = size;
                break;
            default: leave(DecoderExit::kServerGone);
        }
    }

    std::uint8_t* picture_;
    std::size_t picture_size_;
    std::vector<std::uint8_t> message_ = std::vector<std::uint8_t>(sizeof(wire::Command) + wire::kMaxBytes);
    std::size_t at_ = 0;    // of message_: the next byte to be read
    std::size_t size_ = 0;  // of message_
    bool asked_ = false;
    bool ended_ = false;
};

/// Closes everything but the stream's socket, which becomes descriptor 0.
bool keep_only(int socket) {
    if (::dup2(socket, kSocket) < 0) return false;
    const unsigned first = kSanitized ? STDERR_FILENO + 1 : STDOUT_FILENO;
    return ::close_range(first, ~0U, 0) == 0;
}

/// A decoder's whole life.
[[noreturn]] void run_decoder(DecodeFunction decode, pid_t host, const VideoLimits& limits, int socket, int memory) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != host) leave(DecoderExit::kServerGone);
    struct stat about{};
    if (::fstat(memory, &about) != 0 || about.st_size <= 0) leave(DecoderExit::kNoSandbox);
    const auto picture_size = static_cast<std::size_t>(about.st_size);
    void* picture = ::mmap(nullptr, picture_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (picture == MAP_FAILED || !keep_only(socket) || !enter_sandbox(limits)) leave(DecoderExit::kNoSandbox);
    try {
        StreamPeer peer(static_cast<std::uint8_t*>(picture), picture_size);
        const Decoded decoded = decode(peer, limits, [&](const DecodedFrame& frame) { return peer.offer(frame); });
        if (decoded) {
            StreamPeer::report({.kind = wire::ReportKind::kDone, .summary = wire::pack(*decoded)});
        } else {
            StreamPeer::report(
                {.kind = wire::ReportKind::kRefused, .value = static_cast<std::uint32_t>(decoded.error())});
        }
    } catch (const std::bad_alloc&) {
        leave(DecoderExit::kNoMemory);
    } catch (...) {
        leave(DecoderExit::kFailed);
    }
    leave(DecoderExit::kDone);
}

class Host {
public:
    explicit Host(DecodeFunction decode) : decode_(decode) {
        sigset_t child_ended;
        sigemptyset(&child_ended);
        sigaddset(&child_ended, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &child_ended, nullptr);
        signals_ = FileDescriptor(::signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK));
    }

    int run() {
        if (!signals_.is_open()) return 1;
        while (true) {
            std::array<pollfd, 2> waiting{pollfd{kSocket, POLLIN, 0}, pollfd{signals_.number(), POLLIN, 0}};
            if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return 1;
            if (waiting[1].revents != 0) reap();
            if (waiting[0].revents != 0 && !serve()) return 0;
        }
    }

private:
    /// False if the server is gone: its decoders are killed with their host.
    bool serve() {
        wire::OpenRequest request{};
        wire::Received received = wire::receive(kSocket, wire::writable_bytes_of(request), 2);
        if (received.size != sizeof request || received.descriptors.size() != 2) return false;
        FileDescriptor socket = std::move(received.descriptors[0]);
        const FileDescriptor memory = std::move(received.descriptors[1]);
        const pid_t host = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) run_decoder(decode_, host, request.limits, socket.number(), memory.number());
        const int fork_error = errno;
        wire::Report started{.kind = wire::ReportKind::kStarted};
        // Not yet waited for, so the number is still this child's.
        const FileDescriptor process(pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (process.is_open()) {
            const int number = process.number();
            wire::send_now(socket.number(), wire::bytes_of(started), {}, {&number, 1});
        } else {
            started.value = static_cast<std::uint32_t>(pid < 0 ? fork_error : errno);
            if (pid > 0) ::kill(pid, SIGKILL);
            wire::send_now(socket.number(), wire::bytes_of(started));
        }
        if (pid > 0) streams_.emplace(pid, std::move(socket));
        return true;
    }

    void reap() {
        signalfd_siginfo ignored{};
        while (::read(signals_.number(), &ignored, sizeof ignored) > 0) continue;
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            const auto stream = streams_.find(pid);
            if (stream == streams_.end()) continue;
            const wire::Report ended{.kind = wire::ReportKind::kEnded, .value = static_cast<std::uint32_t>(status)};
            wire::send_now(stream->second.number(), wire::bytes_of(ended));
            streams_.erase(stream);
        }
    }

    DecodeFunction decode_;
    FileDescriptor signals_;
    std::map<pid_t, FileDescriptor> streams_;  // by decoder: its end of the stream's socket
};

}  // namespace

int run_decoder_host(DecodeFunction decode) {
    // Whoever stops the server stops its process group as well; running streams are to end first, and with the socket.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
    ::prctl(PR_SET_NAME, "decoder-host");
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    // What is read from files at first use is read now: a decoder cannot open any.
    const std::time_t start = 0;
    std::tm fields{};
    ::gmtime_r(&start, &fields);
    warm_up_decoders();
    return Host(decode).run();
}

}  // namespace facegate::media
