#include "media/decoder_host.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "media/decoder_sandbox.h"
#include "media/decoder_wire.h"
#include "media/isolated_stream.h"

namespace facegate::media {
namespace {

constexpr Milliseconds kStartPatience{10'000};  // a host links some hundred libraries first
constexpr int kAttempts = 3;                    // a host may go at any moment, but not again and again

/// How a host is started: with default signals, in a session of its own, and with no descriptor but its socket.
class SpawnPlan {
public:
    explicit SpawnPlan(int socket) {
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        check(::posix_spawnattr_init(&attributes_));
        check(::posix_spawn_file_actions_init(&actions_));
        check(::posix_spawnattr_setflags(&attributes_,
                                         POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
        check(::posix_spawnattr_setsigmask(&attributes_, &none));
        check(::posix_spawnattr_setsigdefault(&attributes_, &all));
        check(::posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO));
        check(::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
        if constexpr (!kSanitized) {
            check(::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0));
        }
        check(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
    }
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    pid_t spawn(const std::vector<std::string>& command) {
        std::vector<char*> arguments;
        for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);
        char* environment[] = {nullptr};
        pid_t pid = -1;
        check(::posix_spawn(&pid, arguments.front(), &actions_, &attributes_, arguments.data(), environment));
        return pid;
    }

private:
    static void check(int error) {
        if (error != 0) throw std::system_error(error, std::generic_category(), "decoder host");
    }

    posix_spawnattr_t attributes_{};
    posix_spawn_file_actions_t actions_{};
};

/// The decoder's pidfd; closed if its host went away before it told, or hangs.
FileDescriptor await_start(int socket) {
    pollfd waiting{socket, POLLIN, 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, static_cast<int>(kStartPatience.count()));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return {};
    wire::Report report;
    wire::Received received = wire::receive(socket, wire::writable_bytes_of(report), 1);
    if (received.size == 0) return {};
    if (received.size != sizeof report || report.kind != wire::ReportKind::kStarted) {
        throw std::runtime_error("the decoder host is of another version");
    }
    if (received.descriptors.empty()) {
        // Without an error of the host's it was this process that had no number left for the descriptor.
        const int error = report.value == 0 ? EMFILE : static_cast<int>(report.value);
        throw std::system_error(error, std::generic_category(), "a decoder cannot be started");
    }
    return std::move(received.descriptors.front());
}

}  // namespace

DecoderHost::DecoderHost(std::vector<std::string> command) : command_(std::move(command)) {}

DecoderHost::~DecoderHost() {
    stop_locked();
}

void DecoderHost::start() {
    const std::lock_guard lock(mutex_);
    start_locked();
}

void DecoderHost::start_locked() {
    if (control_.is_open()) return;
    auto [ours, theirs] = wire::socket_pair();
    pid_ = SpawnPlan(theirs.number()).spawn(command_);
    control_ = std::move(ours);
}

void DecoderHost::stop_locked() {
    if (!control_.is_open()) return;
    control_.close();
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
}

std::unique_ptr<VideoStream> DecoderHost::open(const VideoLimits& limits, FrameSink& sink) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto picture = std::make_unique<PictureMemory>(limits);
        auto [ours, theirs] = wire::socket_pair();
        pid_t asked = -1;
        bool sent = false;
        {
            const std::lock_guard lock(mutex_);
            start_locked();
            asked = pid_;
            const std::array descriptors{theirs.number(), picture->descriptor()};
            sent = wire::send(control_.number(), wire::bytes_of(wire::OpenRequest{limits}), {}, descriptors);
        }
        theirs.close();
        FileDescriptor process = sent ? await_start(ours.number()) : FileDescriptor();
        if (process.is_open()) {
            picture->close_descriptor();
            return std::make_unique<IsolatedStream>(std::move(ours), std::move(process), std::move(picture), limits,
                                                    sink);
        }
        const std::lock_guard lock(mutex_);
        if (pid_ == asked) {
            spdlog::warn(R"("event":"decoder_host_gone")");
            stop_locked();
        }
    }
    throw std::runtime_error("the decoder host ends or hangs as soon as it is started");
}

}  // namespace facegate::media
