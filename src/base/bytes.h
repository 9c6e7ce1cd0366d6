#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace facegate {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The bytes of a text, without copying. The view lives as long as the text.
ByteView as_bytes(std::string_view text);
/// The bytes as text, without copying. The view lives as long as the bytes.
std::string_view as_text(ByteView bytes);

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Accepts both cases; nothing if a character is not a hex digit or their number is odd.
std::optional<Bytes> from_hex(std::string_view text);

/// RFC 4648 base64, padded.
std::string to_base64(ByteView bytes);
/// Strict: alphabet and padding must be right; nothing else is skipped. Missing padding is refused.
std::optional<Bytes> from_base64(std::string_view text);
/// RFC 4648 base64url without padding, as JOSE uses it.
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

/// Big-endian number in base 62 (0-9 A-Z a-z), left-padded to `digits` characters.
std::string to_base62(ByteView bytes, std::size_t digits);

}  // namespace facegate
