#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "media/file_descriptor.h"
#include "media/video_decoder.h"

/// What server, decoder host and decoder processes say to each other, over sockets that keep message boundaries
/// (SOCK_SEQPACKET). Strictly in turns, so that nobody waits for room in a full socket:
///
///     server                       decoder
///     kBytes …            ──▶      decodes
///                         ◀──      kFrame   a frame is there; its pixels were not computed yet
///     kWanted | kUnwanted ──▶      writes the pixels into the shared memory
///                         ◀──      kPicture
///                         ◀──      kHungry  needs more bytes
///     kEnd                ──▶      …
///                         ◀──      kDone | kRefused
///
/// The decoder is not trusted: whatever it says is checked by the server, and nothing it says is text that is passed on
/// but for the name of the writing program, which is reduced to printable ASCII.
namespace facegate::media::wire {

inline constexpr std::size_t kMaxBytes = 64 * 1024;  ///< of a clip in one message

/// To the host, with two descriptors: the decoder's end of the stream's socket, and the shared memory.
struct OpenRequest {
    VideoLimits limits;
};

enum class Command : std::uint32_t { kBytes = 1, kEnd, kWanted, kUnwanted };

enum class ReportKind : std::uint32_t {
    kStarted = 1,  ///< from the host, with the decoder's pidfd; `value` is an errno if there is none
    kHungry,
    kFrame,
    kPicture,
    kDone,
    kRefused,  ///< `value` is a VideoProblem
    kEnded,    ///< from the host: the decoder is gone; `value` is its wait status
};

/// VideoSummary in fixed size.
struct Summary {
    std::array<char, 16> container;
    std::array<char, 16> codec;
    std::array<char, 64> writing_app;  ///< padded with zeros
    std::int32_t frames, key_frames, damaged, dropped_before_key, rotation, irregular_pts;
    std::int64_t first_pts_ms, last_pts_ms, largest_gap_ms;
    double nominal_fps, observed_fps;
};

/// Every message to the server.
struct Report {
    ReportKind kind{};
    std::uint32_t value = 0;
    FrameInfo frame{};
    Summary summary{};
};

Summary pack(const VideoSummary& summary);
/// Nothing if a value is out of the range that `limits` and the field's meaning allow.
std::optional<VideoSummary> unpack(const Summary& summary, const VideoLimits& limits);

/// A connected pair of sockets, closed on exec; throws std::system_error.
std::pair<FileDescriptor, FileDescriptor> socket_pair();

/// Sends one message made of two parts, with descriptors; waits for room. False if the other side is gone.
bool send(int socket, ByteView head, ByteView body = {}, std::span<const int> descriptors = {});
/// Likewise, but false with errno EAGAIN if there is no room.
bool send_now(int socket, ByteView head, ByteView body = {}, std::span<const int> descriptors = {});

struct Received {
    std::size_t size = 0;  ///< of the message; more than the buffer has if it was cut off. 0: the other side is gone
    std::vector<FileDescriptor> descriptors;
};
/// Waits for a message. Descriptors beyond `max_descriptors` (at most 2) are closed by the kernel.
Received receive(int socket, std::span<std::uint8_t> buffer, std::size_t max_descriptors = 0);

/// The bytes of a plain struct.
template <class T>
ByteView bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}
template <class T>
std::span<std::uint8_t> writable_bytes_of(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<std::uint8_t*>(&value), sizeof value};
}

}  // namespace facegate::media::wire
