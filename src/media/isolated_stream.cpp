#include "media/isolated_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/log.h"
#include "media/decoder_exit.h"
#include "media/frame_converter.h"

namespace facegate::media {
namespace {

constexpr const char* kStopped = "decoder_stopped";  // in an error's details

std::string cause_of_exit(int status) {
    if (WIFSIGNALED(status)) {
        switch (WTERMSIG(status)) {
            case SIGSYS: return "violation";
            case SIGXCPU: return "time";
            default: return fmt::format("signal {}", WTERMSIG(status));
        }
    }
    switch (static_cast<DecoderExit>(WEXITSTATUS(status))) {
        case DecoderExit::kNoMemory: return "memory";
        case DecoderExit::kNoSandbox: return "no sandbox";
        default: return fmt::format("exit {}", WEXITSTATUS(status));
    }
}

}  // namespace

std::optional<std::string> stop_cause(const Error& error) {
    const auto found = error.details.find(kStopped);
    if (found == error.details.end()) return std::nullopt;
    const auto* cause = std::get_if<std::string>(&found->second);
    return cause == nullptr ? std::nullopt : std::optional(*cause);
}

PictureMemory::PictureMemory(const VideoLimits& limits)
    : file_(::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
      // Turned frames swap their sides, which changes the padding.
      size_(std::max(padded_size(limits.max_width, limits.max_height),
                     padded_size(limits.max_height, limits.max_width))) {
    const bool sized = file_.is_open() && ::ftruncate(file_.number(), static_cast<off_t>(size_)) == 0 &&
                       ::fcntl(file_.number(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    if (!sized) throw std::system_error(errno, std::generic_category(), "shared memory for a decoder");
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_.number(), 0);
    if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "shared memory for a decoder");
    rows_ = static_cast<const std::uint8_t*>(mapped);
}

PictureMemory::~PictureMemory() {
    ::munmap(const_cast<std::uint8_t*>(rows_), size_);
}

IsolatedStream::IsolatedStream(FileDescriptor socket, FileDescriptor process, std::unique_ptr<PictureMemory> picture,
                               const VideoLimits& limits, FrameSink& sink)
    : socket_(std::move(socket)),
      process_(std::move(process)),
      picture_(std::move(picture)),
      limits_(limits),
      sink_(sink) {}

IsolatedStream::~IsolatedStream() {
    kill();
}

Result<void> IsolatedStream::feed(ByteView chunk) {
    if (failed_) return std::unexpected(*failed_);
    if (chunk.size() > limits_.max_bytes - fed_) return refuse(error_of(VideoProblem::kTooManyBytes));
    fed_ += chunk.size();
    Milliseconds patience = limits_.max_stall;
    while (!chunk.empty() && !summary_) {
        const ByteView piece = chunk.first(std::min(chunk.size(), wire::kMaxBytes));
        chunk = chunk.subspan(piece.size());
        if (auto spoken = converse(wire::Command::kBytes, piece, patience); !spoken) return spoken;
    }
    return {};
}

Result<VideoSummary> IsolatedStream::finish() {
    if (failed_) return std::unexpected(*failed_);
    if (!summary_) {
        Milliseconds patience = limits_.max_stall;
        if (auto spoken = converse(wire::Command::kEnd, {}, patience); !spoken) {
            return std::unexpected(spoken.error());
        }
        if (!summary_) return stop("protocol");
    }
    return *summary_;
}

Result<void> IsolatedStream::converse(wire::Command command, ByteView bytes, Milliseconds& patience) {
    if (!say(command, bytes)) return stop("protocol");
    while (true) {
        const auto report = next_report(patience);
        if (!report) return std::unexpected(*failed_);
        switch (report->kind) {
            case wire::ReportKind::kHungry: return {};
            case wire::ReportKind::kFrame:
                if (auto offered = offer(report->frame, patience); !offered) return offered;
                break;
            case wire::ReportKind::kDone: return settle(report->summary);
            case wire::ReportKind::kRefused:
                if (report->value > static_cast<std::uint32_t>(VideoProblem::kNoDecoder)) return stop("protocol");
                return refuse(error_of(static_cast<VideoProblem>(report->value)));
            case wire::ReportKind::kEnded: return stop(cause_of_exit(static_cast<int>(report->value)));
            default: return stop("protocol");
        }
    }
}

bool IsolatedStream::say(wire::Command command, ByteView bytes) {
    // In turns there is always room, unless the decoder asks without listening. One that is gone is told by its host's
    // report, or by the socket's end.
    return wire::send_now(socket_.number(), wire::bytes_of(command), bytes) || errno != EAGAIN;
}

std::optional<wire::Report> IsolatedStream::next_report(Milliseconds& patience) {
    const SteadyTime began = std::chrono::steady_clock::now();
    pollfd waiting{socket_.number(), POLLIN, 0};
    int ready = 0;
    do {
        const auto waited = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
        ready = ::poll(&waiting, 1, static_cast<int>(std::max(patience - waited, Milliseconds(0)).count()));
    } while (ready < 0 && errno == EINTR);
    patience -= std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
    if (ready <= 0) {
        stop("time");
        return std::nullopt;
    }
    wire::Report report;
    const wire::Received received = wire::receive(socket_.number(), wire::writable_bytes_of(report));
    if (received.size == 0) {
        stop("host gone");
        return std::nullopt;
    }
    if (received.size != sizeof report) {
        stop("protocol");
        return std::nullopt;
    }
    return report;
}

Result<void> IsolatedStream::offer(const FrameInfo& frame, Milliseconds& patience) {
    const bool plausible = frame.width > 0 && frame.width <= limits_.max_width && frame.height > 0 &&
                           frame.height <= limits_.max_height && frame.pts_ms >= last_pts_ms_ &&
                           frame.pts_ms <= limits_.max_duration_ms && frames_ < limits_.max_frames;
    if (!plausible) return stop("protocol");
    ++frames_;
    last_pts_ms_ = frame.pts_ms;
    const wire::Command answer = sink_.wants(frame) ? wire::Command::kWanted : wire::Command::kUnwanted;
    if (!say(answer, {})) return stop("protocol");
    if (answer == wire::Command::kUnwanted) return {};
    const auto report = next_report(patience);
    if (!report) return std::unexpected(*failed_);
    if (report->kind == wire::ReportKind::kEnded) return stop(cause_of_exit(static_cast<int>(report->value)));
    if (report->kind != wire::ReportKind::kPicture) return stop("protocol");
    sink_.take({frame.pts_ms, unpadded(picture_->rows(), frame.width, frame.height)});
    return {};
}

Result<void> IsolatedStream::settle(const wire::Summary& packed) {
    auto summary = wire::unpack(packed, limits_);
    if (!summary || summary->frames != frames_ || summary->last_pts_ms != last_pts_ms_) return stop("protocol");
    summary_ = std::move(*summary);
    kill();
    return {};
}

std::unexpected<Error> IsolatedStream::refuse(Error error) {
    failed_ = std::move(error);
    kill();
    return std::unexpected(*failed_);
}

std::unexpected<Error> IsolatedStream::stop(std::string cause) {
    spdlog::warn(R"("event":"decoder_stopped","cause":{},"bytes":{},"frames":{})", log::json_string(cause), fed_,
                 frames_);
    return refuse(
        {ErrorCode::kInvalidImageFormat, "The clip's decoder was stopped", {}, {{kStopped, std::move(cause)}}});
}

void IsolatedStream::kill() {
    if (process_.is_open()) ::syscall(SYS_pidfd_send_signal, process_.number(), SIGKILL, nullptr, 0);
    process_.close();
    socket_.close();
    picture_.reset();
}

}  // namespace facegate::media
