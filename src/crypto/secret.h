#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace facegate::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(ByteView data);
Digest hmac_sha256(ByteView key, ByteView data);
/// Compares in time that depends on the lengths alone.
bool equal_in_constant_time(ByteView a, ByteView b);
/// Overwrites memory in a way the compiler may not leave out.
void wipe(std::span<std::uint8_t> bytes);

/// 256-bit symmetric key; its memory is wiped on destruction. Movable and copyable.
class SecretKey {
public:
    static constexpr std::size_t kSize = 32;
    SecretKey() = default;
    explicit SecretKey(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}
    SecretKey(const SecretKey&) = default;
    SecretKey& operator=(const SecretKey&) = default;
    ~SecretKey();

    static SecretKey generate(Random& random);
    static std::optional<SecretKey> from_bytes(ByteView bytes);
    [[nodiscard]] ByteView view() const { return bytes_; }
    /// A key for one purpose (HKDF-SHA256, RFC 5869, `purpose` as info): learning it says nothing about this one.
    [[nodiscard]] SecretKey derive(std::string_view purpose) const;

private:
    std::array<std::uint8_t, kSize> bytes_{};
};

/// AES-256-GCM with a random 96-bit nonce: `version(1) | nonce(12) | ciphertext | tag(16)`. `context` is authenticated,
/// not stored: it must be the same at opening, so a blob cannot be moved to another row.
Bytes seal(const SecretKey& key, ByteView plaintext, std::string_view context, Random& random);
/// Nothing if the blob is damaged, was sealed with another key, or for another context.
std::optional<Bytes> open(const SecretKey& key, ByteView sealed, std::string_view context);

}  // namespace facegate::crypto
