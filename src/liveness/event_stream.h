#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

/// The AWS event-stream encoding (`application/vnd.amazon.eventstream`): big-endian, one message at a time:
/// total length (4), headers length (4), CRC-32 of those eight bytes (4), headers, payload, CRC-32 of all before it
/// (4).
namespace facegate::liveness {

struct EventStreamLimits {
    std::size_t max_message_bytes = 4u << 20;
    std::size_t max_headers = 16;
    std::size_t max_header_bytes = 16u << 10;  ///< of the whole header block
};

using EventStreamUuid = std::array<std::uint8_t, 16>;

/// The ten wire types: bool true (0) and false (1), byte (2), short (3), integer (4), long (5), byte array (6),
/// string (7), timestamp (8), UUID (9).
using HeaderValue = std::variant<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, Bytes, std::string,
                                 TimeMs, EventStreamUuid>;

struct EventStreamHeader {
    std::string name;
    HeaderValue value;
};

struct EventStreamMessage {
    std::vector<EventStreamHeader> headers;
    Bytes payload;

    /// First header of that name, or null.
    [[nodiscard]] const HeaderValue* find(std::string_view name) const;
    /// The text of a string header; nothing if it is missing or of another type.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
};

/// Decodes exactly one message; both checksums must match and the length must be that of `bytes`. Header names are
/// unique and not empty. kValidationFailed with a reason that quotes no content. Pure.
Result<EventStreamMessage> decode_message(ByteView bytes, const EventStreamLimits& limits = {});

/// The inverse of decode_message; the caller keeps names under 256 and values under 64 KiB.
Bytes encode_message(const EventStreamMessage& message);

/// `:date` as it stands in a message's header block: what a chunk signature covers.
Bytes encode_date_header(TimeMs date);

/// The exceptions that the stream's contract models; the widget shows these and no others at once.
enum class StreamException { kValidation, kInternalServer, kThrottling, kServiceUnavailable, kServiceQuotaExceeded };

/// "ValidationException", ...
std::string_view name_of(StreamException kind);

/// A server message: `:event-type`, `:content-type` application/json, `:message-type` event.
Bytes encode_event(std::string_view event_type, std::string_view json);
/// A server exception with the body {"Message","Code"}; `message` may be shown to the caller.
Bytes encode_exception(StreamException kind, std::string_view message);

}  // namespace facegate::liveness
