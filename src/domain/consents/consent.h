#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "domain/consents/consent_texts.h"
#include "domain/page_position.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// A person's recorded agreement to one text of the registry.
struct Consent {
    ConsentId id;
    std::string version;
    std::string language;
    std::string text_hash;
    std::optional<UserId> user;
    TimeMs consented_at;
    std::optional<TimeMs> revoked_at;
    std::optional<TimeMs> user_deleted_at;
};

/// Where the agreement came from. Sealed in the database: under the tenant's key until a user is linked, then under the
/// user's, so that it goes with the user.
struct ConsentOrigin {
    std::string ip;
    std::string user_agent;  ///< kept up to 512 bytes, printable ASCII; the rest as `?`

    friend bool operator==(const ConsentOrigin&, const ConsentOrigin&) = default;
};

struct NewConsent {
    std::optional<UserId> user;
    ConsentOrigin origin;
};

/// Records agreement to a text of the registry. kNotFound for an unknown user.
Result<Consent> record_consent(sql::TenantTx& tx, const Vault& vault, Random& random, const ConsentText& text,
                               const NewConsent& consent, TimeMs now);
std::optional<Consent> find_consent(sql::TenantTx& tx, const ConsentId& id);
/// Nothing if there is none (any more). Throws VaultFailure.
std::optional<ConsentOrigin> find_consent_origin(sql::TenantTx& tx, const Vault& vault, const ConsentId& id);
/// A user's, the first one first, at most `limit`, from the one behind `after`.
std::vector<Consent> consents_of_user(sql::TenantTx& tx, const UserId& user, const std::optional<PagePosition>& after,
                                      int limit);

/// Whether a new user may be enrolled on it: kConsentInvalid if it is unknown, revoked, or linked to a user, gone or
/// not.
Result<Consent> check_consent(sql::TenantTx& tx, const ConsentId& id);
/// Links it to the user just created; of concurrent calls one wins. kConsentInvalid as above, except that linking to
/// the same user again is no error. The user must have a data key.
Result<void> link_consent(sql::TenantTx& tx, const Vault& vault, const ConsentId& id, const UserId& user);
/// Where a consent came from, opened: to be sealed under another key.
struct OpenedOrigin {
    ConsentId consent;
    ConsentOrigin origin;
};
/// Of all consents of a user that are sealed. Throws VaultFailure.
std::vector<OpenedOrigin> open_origins_of_user(sql::TenantTx& tx, const Vault& vault, const UserId& user);
/// Seals them under the key that the user has now.
void seal_origins_of_user(sql::TenantTx& tx, const Vault& vault, const UserId& user,
                          const std::vector<OpenedOrigin>& origins);

/// Unlinks and marks the consents of a user who is being deleted, and erases where they came from.
void detach_consents_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now);

/// Deletes consents that nobody was enrolled on within 7 days, at most `limit`; what was audited of them stays.
/// Returns how many.
std::int64_t purge_unlinked_consents(sql::SystemTx& tx, TimeMs now, int limit);

}  // namespace facegate::domain
