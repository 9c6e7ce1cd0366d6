#include "domain/users/user_status.h"

#include "domain/lockout/failed_attempts.h"
#include "domain/re_enrollment/re_enrollment_token.h"
#include "domain/sessions/session.h"

namespace facegate::domain {

Result<std::int64_t> change_user_status(sql::TenantTx& tx, const UserId& id, UserStatus status, TimeMs now) {
    if (const Result<void> set = set_user_status(tx, id, status, now); !set) return std::unexpected(set.error());
    if (status == UserStatus::kActive) {
        clear_failures(tx, id);
        return 0;
    }
    forget_re_enrollment_token(tx, id);
    return end_sessions_of_user(tx, id, now);
}

}  // namespace facegate::domain
