#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "domain/users/user_removal.h"
#include "sql/database.h"

namespace facegate::domain {

struct ConsentRevocation {
    TimeMs revoked_at;                   ///< of the first revocation, if this is not it
    bool user_deleted = false;           ///< the linked user went with it
    bool repeated = false;               ///< it was revoked before: nothing changed
    std::optional<UserId> user;          ///< who was removed now
    std::optional<UserRemoval> removal;  ///< what went with that user
};

/// Revokes the consent, removes the user it is linked to (see remove_user) and erases where it came from, in this
/// transaction. kNotFound. The caller appends the audit record.
Result<ConsentRevocation> revoke_consent(sql::TenantTx& tx, const ConsentId& id, TimeMs now);

}  // namespace facegate::domain
