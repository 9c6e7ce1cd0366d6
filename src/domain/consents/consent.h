#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "sql/database.h"

namespace facegate::domain {

/// A person's recorded agreement to one text of the registry.
struct Consent {
    ConsentId id;
    std::string version;
    std::string language;
    std::string text_hash;
    std::optional<UserId> user;
    std::string ip;
    std::string user_agent;
    TimeMs consented_at;
    std::optional<TimeMs> revoked_at;
    std::optional<TimeMs> user_deleted_at;
};

struct NewConsent {
    std::string version;
    std::string text_hash;
    std::optional<UserId> user;
    std::string ip;
    std::string user_agent;  ///< stored up to 512 bytes
};

/// kConsentInvalid for a version or hash the registry does not hold; kNotFound for an unknown user.
Result<Consent> record_consent(sql::TenantTx& tx, Random& random, const NewConsent& consent, TimeMs now);
std::optional<Consent> find_consent(sql::TenantTx& tx, const ConsentId& id);

/// Whether a new user may be enrolled on it: kConsentInvalid if it is unknown, revoked, or linked to a user, gone or
/// not.
Result<Consent> check_consent(sql::TenantTx& tx, const ConsentId& id);
/// Links it to the user just created; of concurrent calls one wins. kConsentInvalid as above, except that linking to
/// the same user again is no error.
Result<void> link_consent(sql::TenantTx& tx, const ConsentId& id, const UserId& user);
/// Unlinks and marks the consents of a user who is being deleted.
void detach_consents_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now);

}  // namespace facegate::domain
