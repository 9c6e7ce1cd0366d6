#include "liveness/credentials.h"

#include <boost/json.hpp>

#include "base/bytes.h"

namespace facegate::liveness {
namespace {

constexpr std::size_t kMaxTokenBytes = 2048;
constexpr std::size_t kAccessKeyLetters = 16;
constexpr std::string_view kSealContext = "liveness stream token";

std::unexpected<Error> unauthorized(std::string message) {
    return fail(ErrorCode::kUnauthorized, std::move(message));
}

std::string grant_text(const Scope& scope, const LivenessSessionId& session, TimeMs expiration) {
    // An array of strings: no two different grants share a text, whatever characters the ids have.
    return boost::json::serialize(boost::json::array{scope.tenant.value, static_cast<std::int64_t>(scope.environment),
                                                     session.value, to_unix_ms(expiration)});
}

std::string access_key_of(const crypto::SecretKey& key, std::string_view grant) {
    static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const crypto::Digest digest = crypto::hmac_sha256(key.derive("liveness access key id").view(), as_bytes(grant));
    std::string id = "ASIA";
    for (std::size_t i = 0; i < kAccessKeyLetters; ++i) id.push_back(kLetters[digest[i] % kLetters.size()]);
    return id;
}

crypto::SecretAccessKey secret_of(const crypto::SecretKey& key, std::string_view grant) {
    crypto::Digest digest = crypto::hmac_sha256(key.derive("liveness secret access key").view(), as_bytes(grant));
    // 30 bytes are 40 characters: the length that every SDK knows.
    crypto::SecretAccessKey secret(to_base64(ByteView(digest).first(30)));
    crypto::wipe(digest);
    return secret;
}

std::optional<StreamGrant> read_grant(std::string_view text) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    const boost::json::array* parts = error ? nullptr : value.if_array();
    if (parts == nullptr || parts->size() != 4) return std::nullopt;
    const auto* tenant = parts->at(0).if_string();
    const auto* environment = parts->at(1).if_int64();
    const auto* session = parts->at(2).if_string();
    const auto* expiration = parts->at(3).if_int64();
    if (!tenant || !environment || !session || !expiration || *environment < 0 || *environment > 2) return std::nullopt;
    return StreamGrant{{TenantId(std::string(*tenant)), static_cast<Environment>(*environment)},
                       LivenessSessionId(std::string(*session)),
                       from_unix_ms(*expiration),
                       {}};
}

}  // namespace

StreamCredentials derive_credentials(const crypto::SecretKey& server_key, const Scope& scope,
                                     const LivenessSessionId& session, TimeMs now, Random& random) {
    const TimeMs expiration = now + kCredentialLifetime;
    const std::string grant = grant_text(scope, session, expiration);
    const crypto::SecretKey sealing_key = server_key.derive("liveness session token");
    return {access_key_of(server_key, grant), secret_of(server_key, grant),
            to_base64url(crypto::seal(sealing_key, as_bytes(grant), kSealContext, random)), expiration};
}

Result<StreamGrant> check_credentials(const crypto::SecretKey& server_key, std::string_view session_token,
                                      std::string_view access_key_id, std::string_view session_id, TimeMs now) {
    const auto sealed = session_token.size() <= kMaxTokenBytes ? from_base64url(session_token) : std::nullopt;
    const auto opened =
        sealed ? crypto::open(server_key.derive("liveness session token"), *sealed, kSealContext) : std::nullopt;
    auto grant = opened ? read_grant(as_text(*opened)) : std::nullopt;
    if (!grant) return unauthorized("unknown credentials");
    if (now >= grant->expiration) return unauthorized("the credentials have expired");
    if (session_id != grant->session.value) return unauthorized("the credentials belong to another session");

    const std::string text = grant_text(grant->scope, grant->session, grant->expiration);
    if (!crypto::equal_in_constant_time(as_bytes(access_key_of(server_key, text)), as_bytes(access_key_id))) {
        return unauthorized("unknown credentials");
    }
    grant->secret_key = secret_of(server_key, text);
    return std::move(*grant);
}

}  // namespace facegate::liveness
