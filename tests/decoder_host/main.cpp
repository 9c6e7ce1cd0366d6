// The decoder host of the tests: the real one, but a clip that begins with "!" makes its decoder misbehave.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "media/decoder_process.h"
#include "media/decoder_wire.h"

namespace {

using namespace facegate;
using namespace facegate::media;

/// Gives back what was read to look at it.
class Reread final : public ByteSource {
public:
    Reread(std::uint8_t first, ByteSource& rest) : first_(first), rest_(rest) {}
    std::size_t read(std::span<std::uint8_t> out) override {
        if (given_ || out.empty()) return rest_.read(out);
        given_ = true;
        out.front() = first_;
        return 1;
    }

private:
    std::uint8_t first_;
    ByteSource& rest_;
    bool given_ = false;
};

/// A frame of any claimed size that writes nothing.
class ClaimedFrame final : public DecodedFrame {
public:
    explicit ClaimedFrame(const FrameInfo& info) : info_(info) {}
    [[nodiscard]] const FrameInfo& info() const override { return info_; }
    void write_rgb(std::uint8_t*) const override {}

private:
    FrameInfo info_;
};

Decoded misbehave(const std::string& how, const FrameTaker& on_frame) {
    const VideoSummary honest{.container = "webm", .codec = "vp8", .writing_app = "", .frames = 1};
    if (how == "open") ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (how == "socket") ::socket(AF_INET, SOCK_STREAM, 0);
    if (how == "exec") ::execl("/bin/true", "true", nullptr);
    if (how == "fork") ::fork();
    if (how == "kill") ::kill(::getppid(), SIGKILL);
    if (how == "signal") ::syscall(SYS_tgkill, ::getppid(), ::getppid(), SIGKILL);
    if (how == "code") ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (how == "protect") {
        ::mprotect(std::aligned_alloc(4096, 4096), 4096, PROT_READ | PROT_EXEC);
    }
    if (how == "shared") ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (how == "ptrace") ::syscall(SYS_ptrace, 0, 0, 0, 0);
    if (how == "abort") std::abort();
    if (how == "segfault") ::raise(SIGSEGV);
    if (how == "exit") ::_exit(9);
    if (how == "throw") throw std::runtime_error("a bug");
    if (how == "loop") {
        std::atomic<std::uint64_t> turns = 0;
        while (true) ++turns;
    }
    if (how == "sleep") {
        // The one call it has that waits: the server says nothing more.
        char byte = 0;
        iovec part{&byte, 1};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        ::recvmsg(0, &message, 0);
        ::recvmsg(0, &message, 0);
    }
    if (how == "bomb") {
        std::vector<std::vector<std::uint8_t>> bomb;
        while (true) bomb.emplace_back(1 << 20, std::uint8_t{1});
    }
    if (how == "flood") {
        const wire::Report hungry{.kind = wire::ReportKind::kHungry};
        while (wire::send(STDIN_FILENO, wire::bytes_of(hungry))) continue;
    }
    if (how == "missing") return std::unexpected(VideoProblem::kNoDecoder);
    if (how == "problem") return std::unexpected(static_cast<VideoProblem>(999));
    if (how == "wide") on_frame(ClaimedFrame({0, 100'000, 1}));
    if (how == "negative") on_frame(ClaimedFrame({0, -1, 1}));
    if (how == "late") on_frame(ClaimedFrame({1'000'000'000, 64, 64}));
    if (how == "back") {
        on_frame(ClaimedFrame({10, 64, 64}));
        on_frame(ClaimedFrame({9, 64, 64}));
    }
    if (how == "count") return honest;  // of frames that were never shown
    if (how == "words") {
        on_frame(ClaimedFrame({0, 64, 64}));
        VideoSummary summary = honest;
        summary.writing_app = "a\n\"\xff b";
        return summary;
    }
    if (how == "rate") {
        on_frame(ClaimedFrame({0, 64, 64}));
        VideoSummary summary = honest;
        summary.nominal_fps = 1e300;
        return summary;
    }
    return std::unexpected(VideoProblem::kNoFrame);
}

Decoded decode(ByteSource& clip, const VideoLimits& limits, const FrameTaker& on_frame) {
    std::uint8_t first = 0;
    if (clip.read({&first, 1}) == 0) return decode_stream(clip, limits, on_frame);
    if (first != '!') {
        Reread all(first, clip);
        return decode_stream(all, limits, on_frame);
    }
    std::string how(16, '\0');
    how.resize(clip.read({reinterpret_cast<std::uint8_t*>(how.data()), how.size()}));
    return misbehave(how, on_frame);
}

}  // namespace

int main() {
    return run_decoder_host(decode);
}
