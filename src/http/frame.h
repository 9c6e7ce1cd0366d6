#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace facegate::http {

/// Codes of close frames (RFC 6455, 7.4.1).
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupportedData = 1003;
inline constexpr std::uint16_t kNone = 1005;      ///< never on the wire: a close frame without a code
inline constexpr std::uint16_t kAbnormal = 1006;  ///< never on the wire: the connection broke
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
}  // namespace close_code

/// What a client's frames add up to.
struct FrameEvent {
    enum class Kind : std::uint8_t { kMessage, kPing, kPong, kClose, kViolation };
    Kind kind = Kind::kMessage;
    Bytes payload;           ///< of a message or ping
    std::uint16_t code = 0;  ///< of a close; of a violation: what to close with
};

/// Reads the frames a client sends (RFC 6455, 5): masked, no extensions, binary messages in one or more frames, with
/// control frames between them. Holds at most one message of the allowed size. Not thread-safe.
class FrameReader {
public:
    /// Applies from the next frame on.
    void set_max_message_bytes(std::size_t limit) { max_message_bytes_ = limit; }

    /// Takes bytes off the front of `input` until something is complete; nothing when all of it was taken and more is
    /// needed. After a violation the stream cannot be read any further.
    std::optional<FrameEvent> next(ByteView& input);

private:
    enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

    bool take_head(ByteView& input);
    std::optional<FrameEvent> begin_frame();
    void take_payload(ByteView& input);
    std::optional<FrameEvent> end_frame();
    FrameEvent close_event() const;
    [[nodiscard]] bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 8; }

    std::size_t max_message_bytes_ = 0;
    Bytes message_;  ///< of the frames so far
    Bytes control_;
    bool in_message_ = false;

    std::array<std::uint8_t, 14> head_{};
    std::size_t head_size_ = 0;
    bool in_payload_ = false;
    bool final_ = false;
    Opcode opcode_ = Opcode::kBinary;
    std::array<std::uint8_t, 4> mask_{};
    std::uint64_t frame_size_ = 0;
    std::uint64_t taken_ = 0;
};

/// Frames a server sends: unmasked, unfragmented.
Bytes binary_frame(ByteView payload);
Bytes ping_frame();
Bytes pong_frame(ByteView payload);
/// kNone: a close frame without a code.
Bytes close_frame(std::uint16_t code);

}  // namespace facegate::http
