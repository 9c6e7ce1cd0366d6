#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// What tells one request with an Idempotency-Key from another.
struct RequestIdentity {
    Bytes key;   ///< SHA-256 of whose request it is, its path and the header's value
    Bytes body;  ///< SHA-256 of what was asked
    KeyId api_key;
};

/// An answer as it was given the first time.
struct KeptAnswer {
    unsigned status = 0;
    std::string content;  ///< headers and body, as the caller writes them; sealed in the database
};

/// The answer kept for this request; nothing if there is none yet. kIdempotencyKeyReused if the key was used for
/// something else, kIdempotencyInProgress while the first request runs.
Result<std::optional<KeptAnswer>> find_answer(sql::TenantTx& tx, const Vault& vault, const RequestIdentity& request,
                                              TimeMs now);

/// Claims the key until `until`: of concurrent calls one wins, the others get what find_answer says. The claim's name,
/// or the answer that is there already.
struct Claim {
    std::string reservation;  ///< empty: there is an answer
    std::optional<KeptAnswer> answer;
};
Result<Claim> claim_request(sql::TenantTx& tx, const Vault& vault, Random& random, const RequestIdentity& request,
                            TimeMs until, TimeMs now);

/// Keeps the answer until `until`, under the data key of `user` if it concerns one person, else the tenant's. An answer
/// about a person who is gone by now is not kept: the claim is given back. No effect if the claim ran out and somebody
/// else has it now.
void keep_answer(sql::TenantTx& tx, const Vault& vault, Random& random, const Bytes& key,
                 const std::string& reservation, const KeptAnswer& answer, const std::optional<UserId>& user,
                 TimeMs until);
/// Gives the claim back: the next request with this key runs.
void release_request(sql::TenantTx& tx, const Bytes& key, const std::string& reservation);

/// Erases the answers that concern a user who is being deleted.
void forget_answers_of_user(sql::TenantTx& tx, const UserId& user);

/// Removes what ran out, and the oldest answers of an API key that keeps more than `max_kept`; at most `limit` rows of
/// each. Claims of requests that still run stay.
void purge_idempotent_requests(sql::SystemTx& tx, TimeMs now, int limit, int max_kept);

}  // namespace facegate::domain
