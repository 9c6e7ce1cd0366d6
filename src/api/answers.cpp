#include "api/answers.h"

#include <cmath>

namespace facegate::api {

double one_decimal(double value) {
    return std::round(value * 10) / 10;
}

boost::json::object stored_object(const std::string& text) {
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(text, error);
    return !error && value.is_object() ? std::move(value.as_object()) : boost::json::object{};
}

UserSummary UserSummary::of(const domain::User& user) {
    return {user.id, user.profile.name, user.profile.role, stored_object(user.profile.metadata)};
}

const Schema<UserSummary>& UserSummary::schema() {
    static const Schema<UserSummary> kSchema(
        "UserSummary",
        {field("id", &UserSummary::id, "The user's id."), field("name", &UserSummary::name, "Display name."),
         field("role", &UserSummary::role, "Role, as given at enrollment."),
         field("metadata", &UserSummary::metadata, "What the tenant stored with the user.")});
    return kSchema;
}

const Schema<EnrolledFace>& EnrolledFace::schema() {
    static const Schema<EnrolledFace> kSchema(
        "EnrolledFace", {field("faceId", &EnrolledFace::face_id, "The stored face's id."),
                         field("angle", &EnrolledFace::angle, "How the face was turned."),
                         field("confidence", &EnrolledFace::confidence, "That it is a face, 0-100.").min(0).max(100)});
    return kSchema;
}

const Schema<EnrollAnswer>& EnrollAnswer::schema() {
    static const Schema<EnrollAnswer> kSchema("EnrollAnswer",
                                              {field("user_id", &EnrollAnswer::user_id, "The new user's id."),
                                               field("enrollments", &EnrollAnswer::enrollments, "The stored faces.")});
    return kSchema;
}

const Schema<RiskSummary>& RiskSummary::schema() {
    static const Schema<RiskSummary> kSchema(
        "RiskSummary",
        {field("score", &RiskSummary::score, "0 (none) to 1.").min(0).max(1),
         field("level", &RiskSummary::level, "The score in words.").one_of({"low", "medium", "high"}),
         field("factors", &RiskSummary::factors, "What contributed, the largest first."),
         field("step_up_required", &RiskSummary::step_up_required,
               "The token is only good for a step-up: its `aud` is `<tenant>:step-up`."),
         field("step_up_type", &RiskSummary::step_up_type, "How to step up; null if that is not required.")});
    return kSchema;
}

const Schema<VerifyAnswer>& VerifyAnswer::schema() {
    static const Schema<VerifyAnswer> kSchema(
        "VerifyAnswer",
        {field("matched", &VerifyAnswer::matched, "Whether the person was recognised."),
         field("confidence", &VerifyAnswer::confidence,
               "0-100, from the probability of a false match. Without a match floored to a multiple of 10.")
             .min(0)
             .max(100),
         field("verification_token", &VerifyAnswer::verification_token, "ES256 JWT, 15 minutes; null without a match."),
         field("refresh_token", &VerifyAnswer::refresh_token, "Null without a match or when a step-up is required."),
         field("session_id", &VerifyAnswer::session_id, "The new session; null without a match."),
         field("device_id", &VerifyAnswer::device_id,
               "The device as named by the client or derived; send it next time."),
         field("user", &VerifyAnswer::user, "Who was recognised; null without a match.").nullable(),
         field("risk", &VerifyAnswer::risk, "The risk of this sign-in; null without a match.").nullable(),
         field("re_enrollment_required", &VerifyAnswer::re_enrollment_required,
               "The enrollment is older than the tenant's rotation policy wants: have the person enroll again before "
               "the grace period ends."),
         field("re_enrollment_due_at", &VerifyAnswer::re_enrollment_due_at,
               "When the enrollment expires or expired; from `notify_before_days` before that on.")
             .omit_if_empty(),
         field("claim_required", &VerifyAnswer::claim_required,
               "True when the face would pass against a named person, but not in a search over everyone: ask who it is "
               "and verify again with `claim` and `continuation_token`.")
             .omit_if_empty(),
         field(
             "continuation_token", &VerifyAnswer::continuation_token,
             "With `claim_required`: finishes this sign-in with a `claim`, without a new liveness check. Once, within "
             "3 minutes, from the same device.")
             .omit_if_empty()});
    return kSchema;
}

}  // namespace facegate::api
