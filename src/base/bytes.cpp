#include "base/bytes.h"

#include <array>

namespace facegate {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

using ReverseTable = std::array<std::int8_t, 256>;

constexpr ReverseTable reverse(std::string_view alphabet) {
    ReverseTable table{};
    for (auto& entry : table) entry = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}

constexpr ReverseTable kBase64Reverse = reverse(kBase64);
constexpr ReverseTable kBase64UrlReverse = reverse(kBase64Url);

std::string encode64(ByteView bytes, std::string_view alphabet, bool padded) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const unsigned group = static_cast<unsigned>(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
        out += {alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63], alphabet[group & 63]};
    }
    const std::size_t rest = bytes.size() - i;
    if (rest == 1) {
        const unsigned group = static_cast<unsigned>(bytes[i] << 16);
        out += {alphabet[group >> 18], alphabet[group >> 12 & 63]};
        if (padded) out += "==";
    } else if (rest == 2) {
        const unsigned group = static_cast<unsigned>(bytes[i] << 16 | bytes[i + 1] << 8);
        out += {alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63]};
        if (padded) out += '=';
    }
    return out;
}

/// `text` without padding.
std::optional<Bytes> decode64(std::string_view text, const ReverseTable& table) {
    if (text.size() % 4 == 1) return std::nullopt;
    Bytes out;
    out.reserve(text.size() / 4 * 3 + 2);
    unsigned group = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const int digit = table[static_cast<unsigned char>(c)];
        if (digit < 0) return std::nullopt;
        group = group << 6 | static_cast<unsigned>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<std::uint8_t>(group >> bits));
            group &= (1u << bits) - 1;
        }
    }
    // Left-over bits must be zero, or two texts would stand for the same bytes.
    if (group != 0) return std::nullopt;
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) out += {kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

std::string to_base64(ByteView bytes) {
    return encode64(bytes, kBase64, true);
}

std::optional<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("==")) {
        text.remove_suffix(2);
    } else if (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    return decode64(text, kBase64Reverse);
}

std::string to_base64url(ByteView bytes) {
    return encode64(bytes, kBase64Url, false);
}
std::optional<Bytes> from_base64url(std::string_view text) {
    return decode64(text, kBase64UrlReverse);
}

std::string to_base62(ByteView bytes, std::size_t digits) {
    Bytes number(bytes.begin(), bytes.end());
    std::string out;
    bool any = true;
    while (any) {
        any = false;
        unsigned remainder = 0;
        for (auto& byte : number) {
            const unsigned value = remainder << 8 | byte;
            byte = static_cast<std::uint8_t>(value / 62);
            remainder = value % 62;
            any = any || byte != 0;
        }
        out.insert(out.begin(), kBase62[remainder]);
    }
    if (out.size() < digits) out.insert(0, digits - out.size(), '0');
    return out;
}

}  // namespace facegate
