#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "domain/policies/continuous_policy.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"
#include "sql/database.h"

namespace facegate::domain {

/// A session that its tokens may be used with, and whose it is.
struct UsableSession {
    Session session;
    User user;
};
/// What every use of a token asks of its session: that it is there, has not ended and is this user's (else
/// kInvalidToken), that the user may sign in (kUserSuspended, kUserLocked), and that the tenant's continuous policy
/// does not ask for the face again (kReVerifyRequired).
Result<UsableSession> usable_session(sql::TenantTx& tx, const SessionId& id, const UserId& user, TimeMs now);

/// How a session stands at `now`.
struct SessionStanding {
    double confidence = 0;  ///< 0-100: decayed since the face was compared
    double risk = 0;        ///< 0-1, two decimals
    bool re_verify_required = false;
};
/// The risk rises as the confidence falls: 1 - (1 - risk at the verification) x (confidence now / confidence then). It
/// is the risk of the verification where the policy lets nothing decay, and 1 where nothing of the confidence is left.
SessionStanding standing_of(const ContinuousPolicy& policy, const Session& session, TimeMs now);

}  // namespace facegate::domain
