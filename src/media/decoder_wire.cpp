#include "media/decoder_wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>

namespace facegate::media::wire {
namespace {

constexpr std::size_t kMaxDescriptors = 2;
constexpr double kMaxFps = 1'000'000;

template <std::size_t N>
void put_text(std::array<char, N>& out, const std::string& text) {
    std::copy_n(text.begin(), std::min(text.size(), N), out.begin());
}

template <std::size_t N>
std::string text_of(const std::array<char, N>& in) {
    std::string text(in.begin(), std::find(in.begin(), in.end(), '\0'));
    for (char& c : text) {
        if (c < ' ' || c > '~') c = '?';
    }
    return text;
}

bool send_message(int socket, ByteView head, ByteView body, std::span<const int> descriptors, int flags) {
    // The kernel reads only.
    iovec parts[] = {{const_cast<std::uint8_t*>(head.data()), head.size()},
                     {const_cast<std::uint8_t*>(body.data()), body.size()}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | flags);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

}  // namespace

Summary pack(const VideoSummary& summary) {
    Summary packed{};
    put_text(packed.container, summary.container);
    put_text(packed.codec, summary.codec);
    put_text(packed.writing_app, summary.writing_app);
    packed.frames = summary.frames;
    packed.key_frames = summary.key_frames;
    packed.damaged = summary.damaged;
    packed.dropped_before_key = summary.dropped_before_key;
    packed.rotation = summary.rotation;
    packed.irregular_pts = summary.irregular_pts;
    packed.first_pts_ms = summary.first_pts_ms;
    packed.last_pts_ms = summary.last_pts_ms;
    packed.largest_gap_ms = summary.largest_gap_ms;
    packed.nominal_fps = summary.nominal_fps;
    packed.observed_fps = summary.observed_fps;
    return packed;
}

std::optional<VideoSummary> unpack(const Summary& packed, const VideoLimits& limits) {
    const auto one_of = [](const std::string& text, std::initializer_list<const char*> known) {
        return std::find(known.begin(), known.end(), text) != known.end();
    };
    const auto counted = [&](std::int32_t count) { return count >= 0 && count <= packed.frames; };
    const auto timed = [&](std::int64_t ms) { return ms >= 0 && ms <= limits.max_duration_ms; };
    const auto rated = [](double fps) { return std::isfinite(fps) && fps >= 0 && fps <= kMaxFps; };
    VideoSummary summary;
    summary.container = text_of(packed.container);
    summary.codec = text_of(packed.codec);
    summary.writing_app = text_of(packed.writing_app);
    const bool plausible = one_of(summary.container, {"webm", "matroska", "mp4"}) &&
                           one_of(summary.codec, {"vp8", "vp9", "h264"}) && packed.frames >= 0 &&
                           packed.frames <= limits.max_frames && counted(packed.key_frames) &&
                           counted(packed.irregular_pts) && packed.damaged >= 0 && packed.dropped_before_key >= 0 &&
                           packed.rotation >= 0 && packed.rotation < 360 && packed.rotation % 90 == 0 &&
                           timed(packed.first_pts_ms) && timed(packed.last_pts_ms) && timed(packed.largest_gap_ms) &&
                           rated(packed.nominal_fps) && rated(packed.observed_fps);
    if (!plausible) return std::nullopt;
    summary.frames = packed.frames;
    summary.key_frames = packed.key_frames;
    summary.damaged = packed.damaged;
    summary.dropped_before_key = packed.dropped_before_key;
    summary.rotation = packed.rotation;
    summary.irregular_pts = packed.irregular_pts;
    summary.first_pts_ms = packed.first_pts_ms;
    summary.last_pts_ms = packed.last_pts_ms;
    summary.largest_gap_ms = packed.largest_gap_ms;
    summary.nominal_fps = packed.nominal_fps;
    summary.observed_fps = packed.observed_fps;
    return summary;
}

std::pair<FileDescriptor, FileDescriptor> socket_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

bool send(int socket, ByteView head, ByteView body, std::span<const int> descriptors) {
    return send_message(socket, head, body, descriptors, 0);
}

bool send_now(int socket, ByteView head, ByteView body, std::span<const int> descriptors) {
    return send_message(socket, head, body, descriptors, MSG_DONTWAIT);
}

Received receive(int socket, std::span<std::uint8_t> buffer, std::size_t max_descriptors) {
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (max_descriptors > 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * max_descriptors);
    }
    ssize_t size = 0;
    do {
        size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
    } while (size < 0 && errno == EINTR);
    Received received;
    if (size <= 0) return received;
    received.size = static_cast<std::size_t>(size);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof number);
            received.descriptors.emplace_back(number);
        }
    }
    return received;
}

}  // namespace facegate::media::wire
