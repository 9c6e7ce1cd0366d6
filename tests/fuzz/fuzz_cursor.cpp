// rooms: crypto sql
// sources: api/cursor.cpp domain/page_position.cpp domain/vault/vault.cpp
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/cursor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace facegate::api {
namespace {

/// Whatever is accepted must be what make_cursor makes of that position: nothing can be forged.
void check(std::string_view text) {
    static SystemRandom random;
    static const domain::Vault vault(crypto::SecretKey{}, random);
    static const Scope scope{TenantId("ten_fuzz"), Environment::kTest};
    // Any text is a position, and comes back.
    if (!text.empty() && text.size() <= 256) {
        const Result<std::string> back = read_cursor(vault, scope, "users", make_cursor(vault, scope, "users", text));
        if (!back || *back != text) std::abort();
    }
    const Result<std::string> read = read_cursor(vault, scope, "users", text);
    if (!read) {
        if (read.error().issues.empty()) std::abort();
    } else if (from_base64url(text) != from_base64url(make_cursor(vault, scope, "users", *read))) {
        std::abort();
    }
    if (const auto position = domain::page_position_in(text)) {
        if (domain::page_position_in(to_text(*position)) != position) std::abort();
    }
}

}  // namespace
}  // namespace facegate::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    facegate::api::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
