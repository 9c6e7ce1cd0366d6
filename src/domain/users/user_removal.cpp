#include "domain/users/user_removal.h"

#include "domain/audit/audit.h"
#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/sessions/device.h"
#include "domain/sessions/session.h"

namespace facegate::domain {

Result<UserRemoval> remove_user(sql::TenantTx& tx, const UserId& id, TimeMs now) {
    const auto removed = tx.execute("DELETE FROM users WHERE tenant_id = $1 AND environment = $2 AND id = $3", {id});
    if (removed == 0) return fail(ErrorCode::kNotFound, "User not found");
    UserRemoval removal;
    removal.faces = remove_faces_of_user(tx, id, now);
    Vault::destroy_user_key(tx, id);
    tx.execute("DELETE FROM user_profiles WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {id});
    forget_devices_of_user(tx, id);
    forget_audit_subject(tx, id);
    removal.sessions_ended = end_sessions_of_user(tx, id, now);
    detach_consents_of_user(tx, id, now);
    return removal;
}

}  // namespace facegate::domain
