#include "domain/sessions/session_use.h"

#include <algorithm>
#include <cmath>

namespace facegate::domain {

Result<UsableSession> usable_session(sql::TenantTx& tx, const SessionId& id, const UserId& user, TimeMs now) {
    const auto session = find_session(tx, id);
    if (!session || session->user != user || !is_active(*session, now)) {
        return fail(ErrorCode::kInvalidToken, "The session has ended");
    }
    const auto person = find_user(tx, user);
    if (!person) return fail(ErrorCode::kInvalidToken, "The session has ended");
    if (const auto may = check_may_sign_in(*person); !may) return std::unexpected(may.error());
    if (standing_of(continuous_policy(tx), *session, now).re_verify_required) {
        return fail(ErrorCode::kReVerifyRequired, "The face has to be verified again");
    }
    return UsableSession{*session, *person};
}

SessionStanding standing_of(const ContinuousPolicy& policy, const Session& session, TimeMs now) {
    const Milliseconds since = std::max(Milliseconds(0), now - session.verified_at);
    SessionStanding standing;
    standing.confidence = decayed_confidence(policy, session.confidence, since);
    const double left = session.confidence > 0 ? std::clamp(standing.confidence / session.confidence, 0.0, 1.0) : 0;
    standing.risk = std::round((1 - (1 - session.risk) * left) * 100) / 100;
    standing.re_verify_required = re_verify_required(policy, session.confidence, since);
    return standing;
}

}  // namespace facegate::domain
