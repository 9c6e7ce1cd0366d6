#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/issuers/issuers.h"

namespace facegate::domain {

/// How the user was authenticated: RFC 8176 `face`, and that liveness was proved.
inline constexpr std::string_view kAuthenticationMethod = "face";
inline constexpr std::string_view kAuthenticationContext = "urn:facegate:acr:face-liveness";

/// The payload of an access token, as JSON text; times in whole seconds.
std::string access_claims_json(const AccessClaims& claims, std::string_view issuer);
/// Nothing unless every claim is there with its type, and `iss`, `aud`, `tid` and `env` are the expected ones. Reads
/// `nbf` into `issued_at`. Times are not judged.
std::optional<AccessClaims> parse_access_claims(std::string_view json, std::string_view issuer, const Scope& expected);

struct JoseHeader {
    std::string algorithm;
    std::string type;
    std::string key_id;
};
/// Nothing if a member is missing or the header asks for an extension (`crit`, RFC 7515 4.1.11).
std::optional<JoseHeader> parse_jose_header(std::string_view json);

}  // namespace facegate::domain
