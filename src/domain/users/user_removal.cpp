#include "domain/users/user_removal.h"

#include "domain/audit/audit.h"
#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/lockout/failed_attempts.h"
#include "domain/re_enrollment/re_enrollment_token.h"
#include "domain/risk/sign_in_history.h"
#include "domain/sessions/device.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::domain {

Result<UserRemoval> remove_user(sql::TenantTx& tx, const UserId& id, TimeMs now) {
    const auto removed = tx.execute("DELETE FROM users WHERE tenant_id = $1 AND environment = $2 AND id = $3", {id});
    if (removed == 0) return fail(ErrorCode::kNotFound, "User not found");
    forget_duplicates_of(tx, id);
    UserRemoval removal;
    removal.faces = remove_faces_of_user(tx, id, now);
    Vault::destroy_user_key(tx, id);
    tx.execute("DELETE FROM user_profiles WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {id});
    forget_devices_of_user(tx, id);
    forget_sign_ins_of_user(tx, id);
    forget_re_enrollment_token(tx, id);
    clear_failures(tx, id);
    forget_audit_subject(tx, id);
    removal.sessions_ended = end_sessions_of_user(tx, id, now);
    detach_consents_of_user(tx, id, now);
    forget_answers_of_user(tx, id);
    return removal;
}

}  // namespace facegate::domain
