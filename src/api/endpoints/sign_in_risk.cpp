#include "api/endpoints/sign_in_risk.h"

#include "domain/re_enrollment/re_enrollment_token.h"
#include "domain/sessions/device.h"

namespace facegate::api {

domain::EnrollmentState enrollment_of(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    const std::optional<TimeMs> since = domain::enrolled_at(tx, user);
    return since ? domain::enrollment_state(domain::rotation_policy(tx), *since, now) : domain::EnrollmentState{};
}

domain::RiskAssessment assess_sign_in(Services& services, sql::TenantTx& tx, const SignInAttempt& attempt,
                                      const UserId& user, const domain::EnrollmentState& enrollment) {
    const TimeMs now = services.clock.now();
    const SignInOrigin& origin = attempt.origin;
    const domain::DeviceHistory history = domain::device_history(tx, attempt.device, attempt.fingerprint, user, now);
    domain::RecentSignIns recent = domain::recent_sign_ins(tx, user, attempt.device, origin.person_network, now);
    if (origin.device_shared) recent.of_device = 0;

    domain::RiskInputs inputs;
    inputs.new_device = !history.known_to_user;
    inputs.other_users_on_device = origin.device_shared ? 0 : history.other_users;
    inputs.match_margin = domain::match_margin(attempt.match.false_match, attempt.match.required);
    inputs.liveness_confidence = attempt.liveness;
    inputs.movement_only = attempt.challenge == domain::LivenessChallenge::kMovement;
    inputs.failures_used = failures_used(services, tx, origin, user);
    inputs.velocity = domain::velocity_of(recent);
    inputs.usual_hour = domain::share_of_hour(domain::last_sign_ins(tx, user, now), now);
    inputs.enrollment_expired =
        enrollment.age == domain::EnrollmentAge::kExpired || enrollment.age == domain::EnrollmentAge::kOverdue;
    return domain::assess(inputs);
}

void complete_sign_in(sql::TenantTx& tx, const domain::SignIn& sign_in, const std::optional<std::string>& fingerprint,
                      TimeMs now) {
    domain::record_device_use(tx, sign_in.device, fingerprint, sign_in.user, now);
    domain::record_sign_in(tx, sign_in, now);
}

Error re_enrollment_required(Services& services, sql::TenantTx& tx, const UserId& user) {
    Error error{ErrorCode::kReEnrollmentRequired, "The enrollment is too old: the person has to enroll again", {}, {}};
    error.details["re_enrollment_token"] =
        domain::create_re_enrollment_token(tx, services.random, user, services.clock.now());
    return error;
}

void note_enrollment(VerifyAnswer& answer, const domain::EnrollmentState& enrollment) {
    using enum domain::EnrollmentAge;
    answer.re_enrollment_required = enrollment.age == kExpired || enrollment.age == kOverdue;
    if (enrollment.age != kFresh) answer.re_enrollment_due_at = enrollment.due_at;
}

}  // namespace facegate::api
