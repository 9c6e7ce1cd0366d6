#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/error.h"
#include "domain/users/user.h"
#include "sql/database.h"

namespace facegate::domain {

/// Sets the status by the tenant's word. Suspending and locking end all of the user's sessions in the same transaction;
/// returns how many. Activating forgets the user's failed attempts, locks included. A status the user already has is no
/// error. kNotFound.
Result<std::int64_t> change_user_status(sql::TenantTx& tx, const UserId& id, UserStatus status, TimeMs now);

}  // namespace facegate::domain
