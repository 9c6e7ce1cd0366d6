#include "liveness/event_stream.h"

#include <zlib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <limits>

namespace facegate::liveness {
namespace {

constexpr std::size_t kPreludeSize = 12;  // total length, headers length, CRC of both
constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kMinMessageSize = kPreludeSize + kCrcSize;

enum class HeaderType : std::uint8_t {
    kTrue = 0,
    kFalse = 1,
    kByte = 2,
    kShort = 3,
    kInteger = 4,
    kLong = 5,
    kBytes = 6,
    kString = 7,
    kTimestamp = 8,
    kUuid = 9,
};

std::uint32_t crc32_of(ByteView bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

std::unexpected<Error> malformed(std::string message) {
    return fail(ErrorCode::kValidationFailed, std::move(message));
}

/// Big-endian reader that never passes the end of its view.
class Reader {
public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }

    std::optional<ByteView> take(std::size_t count) {
        if (count > rest_.size()) return std::nullopt;
        const ByteView taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    template <class Unsigned>
    std::optional<Unsigned> number() {
        const auto bytes = take(sizeof(Unsigned));
        if (!bytes) return std::nullopt;
        std::uint64_t value = 0;
        for (const std::uint8_t byte : *bytes) value = (value << 8) | byte;
        return static_cast<Unsigned>(value);
    }

private:
    ByteView rest_;
};

template <class Unsigned>
void put(Bytes& out, Unsigned value) {
    for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

template <class Signed, class Unsigned>
std::optional<HeaderValue> read_integer(Reader& reader) {
    const auto value = reader.number<Unsigned>();
    if (!value) return std::nullopt;
    return HeaderValue(std::in_place_type<Signed>, static_cast<Signed>(*value));
}

std::optional<HeaderValue> read_value(Reader& reader, std::uint8_t type) {
    switch (static_cast<HeaderType>(type)) {
        case HeaderType::kTrue: return HeaderValue(true);
        case HeaderType::kFalse: return HeaderValue(false);
        case HeaderType::kByte: return read_integer<std::int8_t, std::uint8_t>(reader);
        case HeaderType::kShort: return read_integer<std::int16_t, std::uint16_t>(reader);
        case HeaderType::kInteger: return read_integer<std::int32_t, std::uint32_t>(reader);
        case HeaderType::kLong: return read_integer<std::int64_t, std::uint64_t>(reader);
        case HeaderType::kTimestamp: {
            const auto value = reader.number<std::uint64_t>();
            if (!value) return std::nullopt;
            return HeaderValue(from_unix_ms(static_cast<std::int64_t>(*value)));
        }
        case HeaderType::kBytes:
        case HeaderType::kString: {
            const auto length = reader.number<std::uint16_t>();
            if (!length) return std::nullopt;
            const auto bytes = reader.take(*length);
            if (!bytes) return std::nullopt;
            if (static_cast<HeaderType>(type) == HeaderType::kBytes)
                return HeaderValue(Bytes(bytes->begin(), bytes->end()));
            return HeaderValue(std::string(as_text(*bytes)));
        }
        case HeaderType::kUuid: {
            EventStreamUuid uuid{};
            const auto bytes = reader.take(uuid.size());
            if (!bytes) return std::nullopt;
            std::copy(bytes->begin(), bytes->end(), uuid.begin());
            return HeaderValue(uuid);
        }
    }
    return std::nullopt;
}

struct ValueWriter {
    Bytes& out;

    void type(HeaderType type) const { out.push_back(static_cast<std::uint8_t>(type)); }
    void operator()(bool value) const { type(value ? HeaderType::kTrue : HeaderType::kFalse); }
    void operator()(std::int8_t value) const {
        type(HeaderType::kByte);
        put(out, static_cast<std::uint8_t>(value));
    }
    void operator()(std::int16_t value) const {
        type(HeaderType::kShort);
        put(out, static_cast<std::uint16_t>(value));
    }
    void operator()(std::int32_t value) const {
        type(HeaderType::kInteger);
        put(out, static_cast<std::uint32_t>(value));
    }
    void operator()(std::int64_t value) const {
        type(HeaderType::kLong);
        put(out, static_cast<std::uint64_t>(value));
    }
    void operator()(TimeMs value) const {
        type(HeaderType::kTimestamp);
        put(out, static_cast<std::uint64_t>(to_unix_ms(value)));
    }
    void operator()(const Bytes& value) const {
        type(HeaderType::kBytes);
        sized(value);
    }
    void operator()(const std::string& value) const {
        type(HeaderType::kString);
        sized(as_bytes(value));
    }
    void operator()(const EventStreamUuid& value) const {
        type(HeaderType::kUuid);
        out.insert(out.end(), value.begin(), value.end());
    }
    void sized(ByteView bytes) const {
        put(out, static_cast<std::uint16_t>(bytes.size()));
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
};

void put_header(Bytes& out, std::string_view name, const HeaderValue& value) {
    out.push_back(static_cast<std::uint8_t>(name.size()));
    out.insert(out.end(), name.begin(), name.end());
    std::visit(ValueWriter{out}, value);
}

Result<std::vector<EventStreamHeader>> read_headers(ByteView block, std::size_t max_headers) {
    std::vector<EventStreamHeader> headers;
    Reader reader(block);
    while (!reader.empty()) {
        if (headers.size() == max_headers) return malformed("too many headers");
        const auto name_length = reader.number<std::uint8_t>();
        if (!name_length || *name_length == 0) return malformed("a header has no name");
        const auto name = reader.take(*name_length);
        const auto type = name ? reader.number<std::uint8_t>() : std::nullopt;
        auto value = type ? read_value(reader, *type) : std::nullopt;
        if (!value) return malformed("a header is cut short or of an unknown type");
        const std::string_view text = as_text(*name);
        const bool repeated = std::ranges::any_of(headers, [&](const auto& header) { return header.name == text; });
        if (repeated) return malformed("a header is repeated");
        headers.push_back({std::string(text), std::move(*value)});
    }
    return headers;
}

}  // namespace

const HeaderValue* EventStreamMessage::find(std::string_view name) const {
    for (const EventStreamHeader& header : headers) {
        if (header.name == name) return &header.value;
    }
    return nullptr;
}

std::optional<std::string_view> EventStreamMessage::text(std::string_view name) const {
    const HeaderValue* value = find(name);
    const auto* held = value ? std::get_if<std::string>(value) : nullptr;
    if (held == nullptr) return std::nullopt;
    return std::string_view(*held);
}

Result<EventStreamMessage> decode_message(ByteView bytes, const EventStreamLimits& limits) {
    if (bytes.size() > limits.max_message_bytes) return malformed("message too long");
    if (bytes.size() < kMinMessageSize) return malformed("message cut short");

    Reader prelude(bytes.first(kPreludeSize));
    const std::uint32_t total = prelude.number<std::uint32_t>().value_or(0);
    const std::uint32_t header_bytes = prelude.number<std::uint32_t>().value_or(0);
    if (prelude.number<std::uint32_t>() != crc32_of(bytes.first(8))) return malformed("wrong prelude checksum");
    if (total != bytes.size()) return malformed("the length does not match the message");
    if (header_bytes > limits.max_header_bytes) return malformed("headers too long");
    if (header_bytes > bytes.size() - kMinMessageSize) return malformed("the headers pass the end of the message");

    const ByteView body = bytes.first(bytes.size() - kCrcSize);
    Reader trailer(bytes.last(kCrcSize));
    if (trailer.number<std::uint32_t>() != crc32_of(body)) return malformed("wrong message checksum");

    auto headers = read_headers(bytes.subspan(kPreludeSize, header_bytes), limits.max_headers);
    if (!headers) return std::unexpected(std::move(headers.error()));
    const ByteView payload = body.subspan(kPreludeSize + header_bytes);
    return EventStreamMessage{std::move(*headers), Bytes(payload.begin(), payload.end())};
}

Bytes encode_message(const EventStreamMessage& message) {
    Bytes headers;
    for (const EventStreamHeader& header : message.headers) put_header(headers, header.name, header.value);

    Bytes out;
    out.reserve(kMinMessageSize + headers.size() + message.payload.size());
    put(out, static_cast<std::uint32_t>(kMinMessageSize + headers.size() + message.payload.size()));
    put(out, static_cast<std::uint32_t>(headers.size()));
    put(out, crc32_of(out));
    out.insert(out.end(), headers.begin(), headers.end());
    out.insert(out.end(), message.payload.begin(), message.payload.end());
    put(out, crc32_of(out));
    return out;
}

Bytes encode_date_header(TimeMs date) {
    Bytes out;
    put_header(out, ":date", HeaderValue(date));
    return out;
}

std::string_view name_of(StreamException kind) {
    switch (kind) {
        case StreamException::kValidation: return "ValidationException";
        case StreamException::kInternalServer: return "InternalServerException";
        case StreamException::kThrottling: return "ThrottlingException";
        case StreamException::kServiceUnavailable: return "ServiceUnavailableException";
        case StreamException::kServiceQuotaExceeded: return "ServiceQuotaExceededException";
    }
    return "InternalServerException";
}

Bytes encode_event(std::string_view event_type, std::string_view json) {
    const ByteView body = as_bytes(json);
    return encode_message({{{":event-type", std::string(event_type)},
                            {":content-type", std::string("application/json")},
                            {":message-type", std::string("event")}},
                           Bytes(body.begin(), body.end())});
}

Bytes encode_exception(StreamException kind, std::string_view message) {
    const std::string_view name = name_of(kind);
    const std::string json = boost::json::serialize(boost::json::object{{"Message", message}, {"Code", name}});
    const ByteView body = as_bytes(json);
    return encode_message({{{":exception-type", std::string(name)},
                            {":content-type", std::string("application/json")},
                            {":message-type", std::string("exception")}},
                           Bytes(body.begin(), body.end())});
}

}  // namespace facegate::liveness
