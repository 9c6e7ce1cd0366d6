#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/secret.h"
#include "sql/database.h"

namespace facegate::domain {

/// A proof's `iat` may differ from our time by so much, either way.
inline constexpr std::chrono::seconds kProofWindow{60};

/// What a DPoP proof (RFC 9449) must have been made for.
struct ProofPurpose {
    std::string_view method;                ///< `htm`
    std::string_view url;                   ///< `htu`: without query and fragment
    std::optional<std::string_view> token;  ///< a token presented with it, whose SHA-256 must be in `ath`
};

/// Proof that the sender of a request holds a key.
struct KeyProof {
    std::string thumbprint;  ///< RFC 7638: what tokens are bound to as `cnf.jkt`
    crypto::Digest hash{};   ///< of the key and the proof's `jti`: what is remembered of it
    TimeMs expires_at;       ///< it is accepted no longer from here on
};

/// RFC 9449 4.3: `typ` dpop+jwt, ES256 with the public P-256 key in `jwk`, `htm`, `htu` (compared after lowering scheme
/// and host and leaving out default port, query and fragment), `iat` within kProofWindow, and `ath`. Pure; whether it
/// was seen before is for record_key_proof. kInvalidKeyProof, whose message tells which check failed.
Result<KeyProof> check_key_proof(std::string_view proof, const ProofPurpose& purpose, TimeMs now);

/// Remembers the proof until it is too old, and refuses one that is remembered: of concurrent calls one wins.
/// kInvalidKeyProof.
Result<void> record_key_proof(sql::TenantTx& tx, const KeyProof& proof);
std::int64_t purge_key_proofs(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
