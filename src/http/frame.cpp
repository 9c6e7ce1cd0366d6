#include "http/frame.h"

#include <algorithm>
#include <utility>

namespace facegate::http {

namespace {

constexpr std::size_t kMaxControlBytes = 125;
constexpr std::uint8_t kFinalBit = 0x80;
constexpr std::uint8_t kReservedBits = 0x70;
constexpr std::uint8_t kMaskBit = 0x80;

FrameEvent violation(std::uint16_t code) {
    return {FrameEvent::Kind::kViolation, {}, code};
}

/// Codes an endpoint may put into a close frame (RFC 6455, 7.4; IANA's registry).
bool may_be_sent(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/// Bytes of a head, told from the first two of them.
std::size_t head_size_of(std::uint8_t second) {
    const std::uint8_t length = second & 0x7f;
    const std::size_t extended = length == 126 ? 2 : (length == 127 ? 8 : 0);
    return 2 + extended + ((second & kMaskBit) != 0 ? 4 : 0);
}

Bytes frame(std::uint8_t opcode, ByteView payload) {
    Bytes out;
    out.reserve(payload.size() + 10);
    out.push_back(static_cast<std::uint8_t>(kFinalBit | opcode));
    const std::uint64_t size = payload.size();
    int length_bytes = 0;
    if (size <= kMaxControlBytes) {
        out.push_back(static_cast<std::uint8_t>(size));
    } else if (size <= 0xffff) {
        out.push_back(126);
        length_bytes = 2;
    } else {
        out.push_back(127);
        length_bytes = 8;
    }
    for (int i = length_bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

}  // namespace

std::optional<FrameEvent> FrameReader::next(ByteView& input) {
    while (in_payload_ || !input.empty()) {
        if (!in_payload_) {
            if (!take_head(input)) return std::nullopt;
            if (auto event = begin_frame()) return event;
        }
        take_payload(input);
        if (taken_ < frame_size_) return std::nullopt;
        if (auto event = end_frame()) return event;
    }
    return std::nullopt;
}

bool FrameReader::take_head(ByteView& input) {
    const auto take_up_to = [&](std::size_t size) {
        const std::size_t count = std::min(size - std::min(size, head_size_), input.size());
        std::copy_n(input.begin(), count, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
        head_size_ += count;
        input = input.subspan(count);
        return head_size_ >= size;
    };
    return take_up_to(2) && take_up_to(head_size_of(head_[1]));
}

std::optional<FrameEvent> FrameReader::begin_frame() {
    const std::uint8_t first = head_[0];
    const std::uint8_t short_size = head_[1] & 0x7f;
    final_ = (first & kFinalBit) != 0;
    if ((first & kReservedBits) != 0 || (head_[1] & kMaskBit) == 0) return violation(close_code::kProtocolError);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(head_size_ - 4), 4, mask_.begin());
    frame_size_ = short_size;
    if (short_size >= 126) {
        frame_size_ = 0;
        for (std::size_t i = 2; i < head_size_ - 4; ++i) frame_size_ = frame_size_ << 8U | head_[i];
        if (frame_size_ < (short_size == 126 ? 126U : 0x10000U)) return violation(close_code::kProtocolError);
    }
    head_size_ = 0;
    taken_ = 0;
    opcode_ = static_cast<Opcode>(first & 0x0f);
    switch (opcode_) {
        case Opcode::kClose:
        case Opcode::kPing:
        case Opcode::kPong:
            if (!final_ || frame_size_ > kMaxControlBytes) return violation(close_code::kProtocolError);
            control_.clear();
            break;
        case Opcode::kText: return violation(close_code::kUnsupportedData);
        case Opcode::kBinary:
        case Opcode::kContinuation:
            if ((opcode_ == Opcode::kContinuation) != in_message_) return violation(close_code::kProtocolError);
            if (frame_size_ > max_message_bytes_ || message_.size() > max_message_bytes_ - frame_size_) {
                return violation(close_code::kTooBig);
            }
            in_message_ = true;
            break;
        default: return violation(close_code::kProtocolError);
    }
    in_payload_ = true;
    return std::nullopt;
}

void FrameReader::take_payload(ByteView& input) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(frame_size_ - taken_, input.size()));
    Bytes& target = is_control() ? control_ : message_;
    const std::size_t start = target.size();
    target.insert(target.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
    for (std::size_t i = 0; i < count; ++i) target[start + i] ^= mask_[(taken_ + i) % 4];
    taken_ += count;
    input = input.subspan(count);
}

std::optional<FrameEvent> FrameReader::end_frame() {
    in_payload_ = false;
    switch (opcode_) {
        case Opcode::kPing: return FrameEvent{FrameEvent::Kind::kPing, std::move(control_), 0};
        case Opcode::kPong: return FrameEvent{FrameEvent::Kind::kPong, {}, 0};
        case Opcode::kClose: return close_event();
        default: break;
    }
    if (!final_) return std::nullopt;
    in_message_ = false;
    return FrameEvent{FrameEvent::Kind::kMessage, std::exchange(message_, {}), 0};
}

FrameEvent FrameReader::close_event() const {
    if (control_.empty()) return {FrameEvent::Kind::kClose, {}, close_code::kNone};
    if (control_.size() == 1) return violation(close_code::kProtocolError);
    const auto code = static_cast<std::uint16_t>(control_[0] << 8U | control_[1]);
    if (!may_be_sent(code)) return violation(close_code::kProtocolError);
    return {FrameEvent::Kind::kClose, {}, code};
}

Bytes binary_frame(ByteView payload) {
    return frame(2, payload);
}

Bytes ping_frame() {
    return frame(9, {});
}

Bytes pong_frame(ByteView payload) {
    return frame(10, payload);
}

Bytes close_frame(std::uint16_t code) {
    if (code == close_code::kNone) return frame(8, {});
    const std::array<std::uint8_t, 2> payload = {static_cast<std::uint8_t>(code >> 8U),
                                                 static_cast<std::uint8_t>(code & 0xffU)};
    return frame(8, payload);
}

}  // namespace facegate::http
