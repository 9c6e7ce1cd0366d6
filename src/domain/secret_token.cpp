#include "domain/secret_token.h"

#include "crypto/secret.h"

namespace facegate::domain {

std::string new_secret_token(Random& random, std::string_view prefix) {
    constexpr std::size_t kBytes = 32;
    constexpr std::size_t kDigits = 43;
    return std::string(prefix) + to_base62(random.bytes(kBytes), kDigits);
}

Bytes secret_token_hash(std::string_view token) {
    const crypto::Digest digest = crypto::sha256(as_bytes(token));
    return {digest.begin(), digest.end()};
}

}  // namespace facegate::domain
