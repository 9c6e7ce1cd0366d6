#include "domain/re_enrollment/re_enrollment_token.h"

#include <algorithm>
#include <array>

#include "api/endpoints/enrollment_faces.h"
#include "api/endpoints/sign_in_attempt.h"
#include "api/endpoints/user_profile.h"
#include "api/endpoints/user_routes.h"
#include "api/image_field.h"
#include "domain/faces/face.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"
#include "domain/sessions/session.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

struct ReEnrollRequest {
    std::optional<std::string> liveness_session_id;
    std::optional<std::string> face_image;
    std::optional<std::vector<std::string>> face_images;
    std::optional<std::string> re_enrollment_token;
    std::optional<bool> allow_duplicate;

    static const Schema<ReEnrollRequest>& schema();
};

struct ReEnrollAnswer {
    UserId user_id;
    std::vector<EnrolledFace> enrollments;
    bool identity_changed = false;

    static const Schema<ReEnrollAnswer>& schema() {
        using Answer = ReEnrollAnswer;
        static const Schema<Answer> kSchema(
            "ReEnrollAnswer",
            {field("user_id", &Answer::user_id, "Whose faces were replaced."),
             field("enrollments", &Answer::enrollments, "The stored faces; the former ones are destroyed."),
             field("identity_changed", &Answer::identity_changed,
                   "The new face does not match the former ones: all of the user's sessions were ended.")});
        return kSchema;
    }
};

const Schema<ReEnrollRequest>& ReEnrollRequest::schema() {
    using Request = ReEnrollRequest;
    static const Schema<Request> kSchema =
        Schema<Request>(
            "ReEnrollRequest",
            {field("liveness_session_id", &Request::liveness_session_id,
                   "A finished liveness session (preferred); wins over photos.")
                 .min_length(1)
                 .max_length(128),
             image_field("face_image", &Request::face_image,
                         "A photo instead of a liveness session. Secret keys only."),
             field("face_images", &Request::face_images,
                   "Up to five photos of the person instead of `face_image`. Secret keys only.")
                 .min_items(1)
                 .max_items(kMostEnrollmentPhotos)
                 .each([](Shape& item) { item.min_length = 1; }),
             field("re_enrollment_token", &Request::re_enrollment_token,
                   "From a 403 `RE_ENROLLMENT_REQUIRED` of that user, together with a liveness session: with it a "
                   "publishable key may re-enroll.")
                 .min_length(1)
                 .max_length(128),
             field("allow_duplicate", &Request::allow_duplicate,
                   "`true`: also a face that resembles another user's, as of twins. Secret keys only.")})
            .at_least_one_of({"liveness_session_id", "face_image", "face_images"})
            .refine([](const Request& request, Issues& issues) {
                if (request.face_image && request.face_images) {
                    issues.add_at("face_images", "Send face_image or face_images, not both");
                }
                if (request.re_enrollment_token && !request.liveness_session_id) {
                    issues.add_at("liveness_session_id", "A re-enrollment token needs a liveness session");
                }
            });
    return kSchema;
}

FaceInput input_of(const ReEnrollRequest& request) {
    if (request.liveness_session_id) return {LivenessSessionId(*request.liveness_session_id), {}};
    if (request.face_images) return {std::nullopt, *request.face_images};
    return {std::nullopt, {*request.face_image}};
}

/// What a publishable key may not ask for.
Result<void> check_privileges(const Caller& caller, const ReEnrollRequest& request) {
    if (!caller.publishable) return {};
    if (request.face_image || request.face_images || request.allow_duplicate || !request.re_enrollment_token) {
        return fail(ErrorCode::kSecretKeyRequired,
                    "A publishable key may re-enroll by a liveness session and a re-enrollment token alone");
    }
    return {};
}

/// That there is such a person; from a publishable key, one who may sign in.
Result<void> check_person(sql::TenantTx& tx, const Caller& caller, const UserId& id) {
    const std::optional<domain::User> user = domain::find_user(tx, id);
    if (!user) return unknown_user();
    return caller.publishable ? domain::check_may_sign_in(*user) : Result<void>{};
}

/// Everything that can be known without looking at a face. Nothing is consumed.
Result<void> check_before_consuming(Services& services, sql::TenantTx& tx, const Caller& caller, const UserId& id,
                                    const ReEnrollRequest& request) {
    const TimeMs now = services.clock.now();
    if (request.re_enrollment_token) {
        const Result<UserId> owner = domain::find_re_enrollment_token(tx, *request.re_enrollment_token, now);
        if (!owner) return std::unexpected(owner.error());
        if (*owner != id) return fail(ErrorCode::kReEnrollmentTokenInvalid, "The token is another user's");
    }
    if (Result<void> may = check_person(tx, caller, id); !may) return may;
    if (!request.liveness_session_id) return {};
    const LivenessSessionId liveness(*request.liveness_session_id);
    if (caller.publishable && domain::liveness_policy(tx).movement_step_up) {
        const auto session = domain::find_liveness_session(tx, liveness, now);
        if (!session) return std::unexpected(session.error());
        if (session->challenge == domain::LivenessChallenge::kMovement) {
            return fail(ErrorCode::kChallengeNotAllowed, "A re-enrollment needs a liveness check with light");
        }
    }
    return domain::check_consumable(tx, liveness, now);
}

/// Whether the new face would pass as this user's.
bool is_alike(Services& services, const Scope& scope, const UserId& id, const NewFaces& faces,
              const domain::MatchPolicy& policy) {
    return std::ranges::any_of(faces.templates, [&](const provider::EnrolledTemplate& made) {
        return services.matcher.check_claim(scope, std::array{id}, made.vectors, policy).matched();
    });
}

/// What was found out about the new faces.
struct Compared {
    bool identity_changed = false;
    std::optional<UserId> duplicate;  ///< allowed
};

/// Replaces all faces, in one transaction.
Result<ReEnrollAnswer> store(Services& services, sql::TenantTx& tx, const Call<ReEnrollRequest>& call, const UserId& id,
                             const NewFaces& faces, const Compared& compared) {
    const TimeMs now = services.clock.now();
    const ReEnrollRequest& request = call.body;
    if (request.liveness_session_id) {
        const LivenessSessionId session(*request.liveness_session_id);
        if (const auto taken = domain::consume_liveness_session(tx, session, now); !taken) {
            return std::unexpected(taken.error());
        }
    }
    if (request.re_enrollment_token) {
        if (const auto taken = domain::take_re_enrollment_token(tx, *request.re_enrollment_token, now); !taken) {
            return std::unexpected(taken.error());
        }
    }
    // Again: the person may have been suspended or deleted while the faces were compared.
    if (Result<void> may = check_person(tx, call.caller, id); !may) return std::unexpected(may.error());
    const std::vector<FaceId> replaced = domain::remove_faces_of_user(tx, id, now);
    const ReEnrollAnswer answer{id, store_faces(services, tx, id, faces, now), compared.identity_changed};
    domain::record_re_enrollment(tx, id, compared.duplicate, now);
    domain::forget_re_enrollment_token(tx, id);
    // Whoever signed in with the former face is somebody else now.
    const std::int64_t ended = compared.identity_changed ? domain::end_sessions_of_user(tx, id, now) : 0;
    json::object details = audit_details(faces);
    details["faces_replaced"] = replaced.size();
    details["identity_changed"] = compared.identity_changed;
    details["possible_duplicate"] = compared.duplicate.has_value();
    details["by_token"] = request.re_enrollment_token.has_value();
    details["sessions_ended"] = ended;
    if (request.liveness_session_id) details["liveness_session"] = *request.liveness_session_id;
    append_audit(services, tx, call, "user.re_enrolled", id.value, std::move(details));
    return answer;
}

Result<ReEnrollAnswer> re_enroll(Services& services, Call<ReEnrollRequest>& call) {
    const Scope& scope = call.caller.scope;
    const UserId id(call.param("id"));
    if (const auto may = check_privileges(call.caller, call.body); !may) return std::unexpected(may.error());
    const FaceInput input = input_of(call.body);
    const Result<void> ready = services.database.read(
        scope, [&](sql::TenantTx& tx) { return check_before_consuming(services, tx, call.caller, id, call.body); });
    if (!ready) return std::unexpected(ready.error());
    const Result<NewFaces> faces = take_faces(services, call, input, "re_enroll");
    if (!faces) return std::unexpected(faces.error());
    const auto policy = services.database.read(scope, [](sql::TenantTx& tx) { return domain::match_policy(tx); });

    const std::unique_lock enrolling = services.gallery.enrolling(scope);
    services.gallery.catch_up(scope);
    Compared compared;
    compared.duplicate = find_duplicate(services, scope, *faces, policy, id);
    if (compared.duplicate && !call.body.allow_duplicate.value_or(false)) {
        return refuse_faces(services, call, input.liveness_session, "re_enroll.duplicate",
                            {ErrorCode::kUserAlreadyEnrolled, "This face is another user's", {}, {}}, id.value);
    }
    compared.identity_changed = !is_alike(services, scope, id, *faces, policy);
    if (compared.identity_changed && call.caller.publishable) {
        return refuse_faces(
            services, call, input.liveness_session, "re_enroll.unlike",
            {ErrorCode::kSecretKeyRequired, "A face unlike the enrolled one needs a secret key", {}, {}}, id.value);
    }
    Result<ReEnrollAnswer> answer = services.database.write(
        scope, [&](sql::TenantTx& tx) { return store(services, tx, call, id, *faces, compared); });
    if (answer) services.gallery.catch_up(scope);
    return answer;
}

}  // namespace

void add_re_enroll_route(RouteTable& routes, Services& services) {
    routes.add<ReEnrollRequest, ReEnrollAnswer>(
        {.method = "POST",
         .path = "/v1/users/:id/re-enroll",
         .summary = "Replace a user's face enrollments",
         .doc = "Replaces all faces of the user in one transaction; the user's consent still stands. A face of another "
                "user is refused with 409. A face unlike the enrolled ones needs a secret key, and ends the user's "
                "sessions. A publishable key may re-enroll by a liveness session with a `re_enrollment_token` of that "
                "user.",
         .tag = "Users",
         .auth = Auth::kApiKey,
         .body_limit = kImageRequestLimit,
         .errors = {ErrorCode::kSecretKeyRequired, ErrorCode::kReEnrollmentTokenInvalid, ErrorCode::kNotFound,
                    ErrorCode::kUserSuspended, ErrorCode::kUserLocked, ErrorCode::kUserAlreadyEnrolled,
                    ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kChallengeNotAllowed,
                    ErrorCode::kInvalidImageFormat, ErrorCode::kImageTooLarge, ErrorCode::kNoFaceDetected,
                    ErrorCode::kMultipleFaces, ErrorCode::kLowFaceQuality, ErrorCode::kPhotosDiffer,
                    ErrorCode::kOverloaded, ErrorCode::kProviderError}},
        [&services](Call<ReEnrollRequest>& call) { return re_enroll(services, call); });
}

}  // namespace facegate::api
