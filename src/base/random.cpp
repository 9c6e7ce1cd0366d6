#include "base/random.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>

namespace facegate {

Bytes Random::bytes(std::size_t count) {
    Bytes out(count);
    fill(out);
    return out;
}

std::uint32_t Random::below(std::uint32_t bound) {
    // Values under `excess` would make the small remainders likelier: draw again.
    const std::uint32_t excess = (0u - bound) % bound;
    while (true) {
        std::array<std::uint8_t, 4> raw{};
        fill(raw);
        const std::uint32_t value = static_cast<std::uint32_t>(raw[0]) | static_cast<std::uint32_t>(raw[1]) << 8 |
                                    static_cast<std::uint32_t>(raw[2]) << 16 | static_cast<std::uint32_t>(raw[3]) << 24;
        if (value >= excess) return value % bound;
    }
}

double Random::uniform(double low, double high) {
    std::array<std::uint8_t, 8> raw{};
    fill(raw);
    std::uint64_t bits = 0;
    for (const std::uint8_t byte : raw) bits = bits << 8 | byte;
    return low + (high - low) * (static_cast<double>(bits >> 11) * 0x1.0p-53);
}

std::string Random::id(std::string_view prefix) {
    std::array<std::uint8_t, 16> raw{};
    fill(raw);
    return std::string(prefix) + to_base62(raw, 22);
}

std::string Random::uuid() {
    std::array<std::uint8_t, 16> raw{};
    fill(raw);
    raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0f) | 0x40);
    raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
    const std::string hex = to_hex(raw);
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                       hex.substr(20, 12));
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            std::abort();
        }
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') return false;
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return true;
}

}  // namespace facegate
