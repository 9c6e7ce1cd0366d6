#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "sql/database.h"

namespace facegate::domain {

struct UserRemoval {
    std::vector<FaceId> faces;  ///< what was removed; the face events say the same
    std::int64_t sessions_ended = 0;
};

/// Erases a person in this transaction: faces (with their events), data key, profile, devices and the user; ends the
/// sessions; keeps the consents, unlinked and marked. kNotFound. The caller appends the audit record.
Result<UserRemoval> remove_user(sql::TenantTx& tx, const UserId& id, TimeMs now);

}  // namespace facegate::domain
