#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/issuers/issuers.h"

namespace facegate::domain {

/// `amr`: RFC 8176 `face`; and where liveness was proved by movement alone, which proves less, that it was.
inline constexpr std::string_view kFaceMethod = "face";
inline constexpr std::string_view kMovementMethod = "liveness_movement";
/// `acr`: another class for each, so that who asks for the one gets none of the other by mistake.
inline constexpr std::string_view kLivenessContext = "urn:facegate:acr:face-liveness";
inline constexpr std::string_view kMovementContext = "urn:facegate:acr:face-liveness-movement";

/// The payload of an access token, as JSON text; times in whole seconds.
std::string access_claims_json(const AccessClaims& claims, std::string_view issuer);
/// Nothing unless every claim is there with its type, and `iss`, `aud`, `tid` and `env` are the expected ones. Reads
/// `nbf` into `issued_at`, `acr`, one of the two above, into `challenge`, and an `aud` of `<tenant>:step-up` into
/// `step_up`. Times are not judged.
std::optional<AccessClaims> parse_access_claims(std::string_view json, std::string_view issuer, const Scope& expected);

/// The same of a refresh token.
std::string refresh_claims_json(const RefreshClaims& claims, const Scope& scope, std::string_view issuer);
std::optional<RefreshClaims> parse_refresh_claims(std::string_view json, std::string_view issuer,
                                                  const Scope& expected);

struct JoseHeader {
    std::string algorithm;
    std::string type;
    std::string key_id;
};
/// Nothing if a member is missing or the header asks for an extension (`crit`, RFC 7515 4.1.11).
std::optional<JoseHeader> parse_jose_header(std::string_view json);

}  // namespace facegate::domain
