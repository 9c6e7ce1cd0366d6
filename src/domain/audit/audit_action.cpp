#include "domain/audit/audit_action.h"

#include <algorithm>
#include <array>

namespace facegate::domain {

namespace {

using enum AuditBearing;

constexpr std::array kActions{
    AuditAction{"liveness.finished", kLiveness, "The liveness check ended; nothing was decided with it yet."},
    AuditAction{"liveness.broken", kLiveness, "The liveness stream ended without a result."},

    AuditAction{"verify.matched", kDecision, "Signed in."},
    AuditAction{"verify.not_live", kDecision, "Refused: the liveness check was not passed."},
    AuditAction{"verify.no_face", kDecision, "Refused: the liveness check left no face that can be compared."},
    AuditAction{"verify.not_matched", kDecision, "Not recognised: no person's face is sure enough a match."},
    AuditAction{"verify.locked_out", kDecision,
                "Refused before the face was looked at: too many failed attempts, and the lock still stands."},
    AuditAction{"verify.user_refused", kDecision, "Refused: the user is suspended or locked."},
    AuditAction{"verify.risk_blocked", kDecision, "Refused: the risk reaches the tenant's block threshold."},
    AuditAction{"verify.enrollment_overdue", kDecision,
                "Refused: recognised, but the enrollment is older than the rotation policy and its grace period allow; "
                "a re-enrollment was asked for."},

    AuditAction{"step_up.matched", kDecision, "The step-up succeeded: the same person was recognised again."},
    AuditAction{"step_up.approved", kDecision, "The step-up succeeded: somebody vouched for the person."},
    AuditAction{"step_up.not_live", kDecision, "The step-up was refused: the liveness check was not passed."},
    AuditAction{"step_up.no_face", kDecision,
                "The step-up was refused: the liveness check left no face that can be compared."},
    AuditAction{"step_up.not_matched", kDecision,
                "The step-up was refused: the face is not sure enough that of the session's user."},
    AuditAction{"step_up.locked_out", kDecision,
                "The step-up was refused before the face was looked at: too many failed attempts."},
    AuditAction{
        "step_up.enrollment_overdue", kDecision,
        "The step-up was refused: recognised, but the enrollment is older than the rotation policy and its grace "
        "period allow; the person has to enroll again."},

    AuditAction{"user.enrolled", kDecision, "Enrolled."},
    AuditAction{"enroll.not_live", kDecision, "Not enrolled: the liveness check was not passed."},
    AuditAction{"enroll.duplicate", kDecision, "Not enrolled: the face is already another user's."},
    AuditAction{"enroll.no_face", kDecision, "Not enrolled: the liveness check left no face that can be enrolled."},
    AuditAction{"user.re_enrolled", kDecision, "Enrolled again: the user's faces were replaced."},
    AuditAction{"re_enroll.not_live", kDecision, "Not enrolled again: the liveness check was not passed."},
    AuditAction{"re_enroll.no_face", kDecision,
                "Not enrolled again: the liveness check left no face that can be enrolled."},
    AuditAction{"re_enroll.duplicate", kDecision, "Not enrolled again: the face is already another user's."},
    AuditAction{"re_enroll.unlike", kDecision,
                "Not enrolled again: the face is unlike the enrolled one, which takes a secret key."},

    AuditAction{"lockout.started", kNone, "Too many failed attempts: further ones are refused for a time."},
    AuditAction{"template.learned", kNone, "The user's template learned from a very sure sign-in."},
    AuditAction{"template.carried_over", kNone, "The user got a template of the new model pack."},
    AuditAction{"template.retired", kNone, "A template that had no use any more was destroyed."},
    AuditAction{"template.revoked", kNone, "A learned template was taken back."},
    AuditAction{"templates.expired", kNone,
                "The user's templates were unused for longer than the tenant keeps them, and were destroyed."},

    AuditAction{"session.exchanged", kNone, "A verification token was exchanged for a session of a provider."},
    AuditAction{"session.refreshed", kNone, "The session's tokens were renewed."},
    AuditAction{"session.refresh_reused", kNone,
                "A refresh token was used a second time: the session was ended, somebody may have stolen it."},
    AuditAction{"session.revoked", kNone, "The session was ended."},

    AuditAction{"user.signed_out", kNone, "All sessions of the user were ended."},
    AuditAction{"user.status_changed", kNone, "The user's status was changed."},
    AuditAction{"user.exported", kNone, "The user's data were exported."},
    AuditAction{"user.deleted", kNone, "The user was deleted, with all faces."},
    AuditAction{"user.expired", kNone, "The user's time was over: deleted, with all faces."},
    AuditAction{"device.changed", kNone, "The device's settings were changed."},
    AuditAction{"device.revoked", kNone, "The device was forgotten and its sessions ended."},
    AuditAction{"consent.recorded", kNone, "A consent was recorded."},
    AuditAction{"consent.revoked", kNone, "A consent was revoked."},

    AuditAction{"policy.rotation_changed", kNone, "The rotation policy was changed."},
    AuditAction{"policy.risk_changed", kNone, "The risk policy was changed."},
    AuditAction{"policy.continuous_changed", kNone, "The policy of continuous verification was changed."},
    AuditAction{"policy.liveness_changed", kNone, "What proves a living person was changed."},
    AuditAction{"policy.match_changed", kNone, "How sure a match must be was changed."},
    AuditAction{"tenant.created", kNone, "The tenant was created."},
    AuditAction{"tenant.changed", kNone, "The tenant's settings were changed."},
    AuditAction{"key.created", kNone, "An API key was created."},
    AuditAction{"key.revoked", kNone, "An API key was revoked."},
    AuditAction{"token_secret.created", kNone, "The tenant's tokens are signed with a new secret of its own."},
    AuditAction{"token_secret.ended", kNone, "The tenant's tokens are signed with the server's keys again."},
    AuditAction{"admin_token.created", kNone, "An admin token was created."},
    AuditAction{"admin_token.revoked", kNone, "An admin token was revoked."},
};

}  // namespace

std::span<const AuditAction> audit_actions() {
    return kActions;
}

const AuditAction* find_audit_action(std::string_view name) {
    const auto found = std::ranges::find(kActions, name, &AuditAction::name);
    return found == kActions.end() ? nullptr : &*found;
}

}  // namespace facegate::domain
