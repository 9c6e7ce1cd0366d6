#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "crypto/sigv4.h"

/// The credentials a browser signs its stream with. They open one session's stream and nothing else, live 15 minutes
/// and are derived from the server's key: nothing is stored, and every node with that key accepts them.
namespace facegate::liveness {

inline constexpr Milliseconds kCredentialLifetime{15 * 60'000};

struct StreamCredentials {
    std::string access_key_id;           ///< `ASIA` and 16 characters
    crypto::SecretAccessKey secret_key;  ///< 40 characters
    std::string session_token;           ///< sealed: names tenant, environment, session and expiry
    TimeMs expiration;
};

/// Credentials for one session, good until `now` + kCredentialLifetime. `random` only salts the sealing.
StreamCredentials derive_credentials(const crypto::SecretKey& server_key, const Scope& scope,
                                     const LivenessSessionId& session, TimeMs now, Random& random);

/// Whom a session token speaks for.
struct StreamGrant {
    Scope scope;
    LivenessSessionId session;
    TimeMs expiration;
    crypto::SecretAccessKey secret_key;
};

/// Opens a session token and derives its secret key again. kUnauthorized if it is not ours, is expired, or belongs to
/// another access key or another session than the request names.
Result<StreamGrant> check_credentials(const crypto::SecretKey& server_key, std::string_view session_token,
                                      std::string_view access_key_id, std::string_view session_id, TimeMs now);

}  // namespace facegate::liveness
