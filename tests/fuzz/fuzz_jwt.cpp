// rooms: crypto sql
// sources: domain/issuers/key_proof.cpp domain/issuers/token_claims.cpp
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "crypto/jwt.h"
#include "domain/issuers/key_proof.h"
#include "domain/issuers/token_claims.h"

namespace facegate::domain {
namespace {

constexpr std::string_view kIssuer = "https://id.example/test";

/// Bytes as a whole token, as a proof, and as each decoded part. What was read must be within its bounds, and what was
/// written from it must read back.
void check(std::string_view text) {
    const Scope scope{TenantId("ten_1"), Environment::kTest};
    if (const auto parts = crypto::split_jws(text)) {
        if (parts->header.empty() || parts->signature.empty()) std::abort();
        static_cast<void>(parse_jose_header(parts->header));
        static_cast<void>(parse_access_claims(parts->claims, kIssuer, scope));
        static_cast<void>(parse_refresh_claims(parts->claims, kIssuer, scope));
    }
    static_cast<void>(parse_jose_header(text));
    if (const auto claims = parse_access_claims(text, kIssuer, scope)) {
        const auto again = parse_access_claims(access_claims_json(*claims, kIssuer), kIssuer, scope);
        if (!again || again->user != claims->user || again->step_up != claims->step_up ||
            again->expires_at != claims->expires_at || again->key_thumbprint != claims->key_thumbprint) {
            std::abort();
        }
    }
    if (const auto claims = parse_refresh_claims(text, kIssuer, scope)) {
        const auto again = parse_refresh_claims(refresh_claims_json(*claims, scope, kIssuer), kIssuer, scope);
        if (!again || again->session != claims->session || again->expires_at != claims->expires_at) std::abort();
    }
    const TimeMs now = from_unix_ms(1'562'262'616'000);
    const auto proof = check_key_proof(text, {"POST", "https://server.example.com/token", std::nullopt}, now);
    if (proof ? proof->thumbprint.size() != 43 : proof.error().code != ErrorCode::kInvalidKeyProof) std::abort();
}

}  // namespace
}  // namespace facegate::domain

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    facegate::domain::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
