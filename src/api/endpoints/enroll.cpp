#include "api/endpoints/enrollment.h"
#include "api/endpoints/sign_in.h"
#include "api/image_field.h"

namespace facegate::api {

namespace {

struct EnrollRequest {
    std::string name;
    std::string role;  ///< empty: left out, by a publishable key
    std::string consent_id;
    std::optional<std::string> liveness_session_id;
    std::optional<std::string> face_image;
    std::optional<std::vector<std::string>> face_images;
    std::optional<std::string> external_id;
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<bool> enrolled_with_glasses;
    std::optional<boost::json::object> metadata;
    std::optional<bool> allow_duplicate;

    static const Schema<EnrollRequest>& schema() {
        static const Schema<EnrollRequest> kSchema = declared(false);
        return kSchema;
    }
    static const Schema<EnrollRequest>& schema_for(const Caller& caller) {
        static const Schema<EnrollRequest> kWithoutRole = declared(true);
        return caller.publishable ? kWithoutRole : schema();
    }

private:
    static Schema<EnrollRequest> declared(bool role_is_optional) {
        Field<EnrollRequest> role_field = field("role", &EnrollRequest::role,
                                                "Role, surfaced in tokens and /v1/users. With a publishable key it may "
                                                "be left out: it is the tenant's default role.")
                                              .min_length(1)
                                              .max_length(100);
        if (role_is_optional) role_field.default_value("");
        return Schema<EnrollRequest>(
                   "EnrollRequest",
                   {field("name", &EnrollRequest::name, "Display name.").min_length(1).max_length(200),
                    std::move(role_field),
                    field("consent_id", &EnrollRequest::consent_id, "From POST /v1/consent.")
                        .uuid()
                        .missing_is(ErrorCode::kConsentRequired),
                    field("liveness_session_id", &EnrollRequest::liveness_session_id,
                          "A finished liveness session (preferred); wins over face_image.")
                        .min_length(1)
                        .max_length(128),
                    image_field("face_image", &EnrollRequest::face_image, "A photo instead of a liveness session."),
                    field(
                        "face_images", &EnrollRequest::face_images,
                        "Up to five photos of the person, taken at different times, instead of `face_image`: three are "
                        "refused a quarter as often as one. Turned faces are stored as faces of their own.")
                        .min_items(1)
                        .max_items(kMostEnrollmentPhotos)
                        .each([](Shape& item) { item.min_length = 1; }),
                    field("external_id", &EnrollRequest::external_id, "Your own id of the user; unique.")
                        .min_length(1)
                        .max_length(256),
                    field("email", &EnrollRequest::email, "Stored with the user.").email().example("ada@example.com"),
                    field("phone", &EnrollRequest::phone, "Stored with the user.").min_length(1).max_length(64),
                    field("enrolled_with_glasses", &EnrollRequest::enrolled_with_glasses,
                          "Recorded for appearance tracking."),
                    field("metadata", &EnrollRequest::metadata,
                          "Arbitrary members, stored with the user and returned."),
                    field(
                        "allow_duplicate", &EnrollRequest::allow_duplicate,
                        "`true`: enroll a face that resembles another user's all the same, as of twins. It is audited, "
                        "and GET /v1/users?possible_duplicate=true lists it.")})
            .at_least_one_of({"liveness_session_id", "face_image", "face_images"})
            .refine([](const EnrollRequest& request, Issues& issues) {
                if (request.face_image && request.face_images) {
                    issues.add_at("face_images", "Send face_image or face_images, not both");
                }
            });
    }
};

/// Nobody chooses privileges with a publishable key, nor a face without a proof that it is alive.
Result<void> check_privileges(const Caller& caller, const EnrollRequest& request) {
    if (!caller.publishable) return {};
    const bool other_role = !request.role.empty() && request.role != caller.default_role;
    if (other_role || request.face_image || request.face_images || request.external_id || request.metadata ||
        request.enrolled_with_glasses || request.allow_duplicate) {
        return fail(ErrorCode::kSecretKeyRequired,
                    "A publishable key enrolls with name, email, phone, consent_id and liveness_session_id alone");
    }
    return {};
}

Result<EnrollAnswer> enroll(Services& services, Call<EnrollRequest>& call) {
    const EnrollRequest& request = call.body;
    if (const auto may = check_privileges(call.caller, request); !may) return std::unexpected(may.error());
    NewEnrollment enrollment;
    enrollment.profile = {request.name,
                          request.role.empty() ? call.caller.default_role : request.role,
                          request.email,
                          request.phone,
                          request.external_id,
                          boost::json::serialize(request.metadata.value_or(boost::json::object{})),
                          request.enrolled_with_glasses.value_or(false)};
    enrollment.consent = ConsentId(request.consent_id);
    if (request.liveness_session_id) {
        // One of the wrong form is merely unknown, and found out to be when its turn comes: after the consent.
        enrollment.faces.liveness_session = LivenessSessionId(*request.liveness_session_id);
    } else if (request.face_images) {
        enrollment.faces.photos = *request.face_images;
    } else {
        enrollment.faces.photos = {*request.face_image};
    }
    enrollment.allow_duplicate = request.allow_duplicate.value_or(false);
    return enroll_user(services, call, enrollment);
}

}  // namespace

void add_enroll_route(RouteTable& routes, Services& services) {
    routes.add<EnrollRequest, EnrollAnswer>(
        {.method = "POST",
         .path = "/v1/enroll",
         .summary = "Enroll a new user's face",
         .doc = "Needs a consent record. The face comes from a finished liveness session, which is consumed, or from "
                "one to five photos. A publishable key may enroll where the tenant allows it, and nobody chooses "
                "privileges with one: it takes `name`, `email`, `phone`, `consent_id` and `liveness_session_id` only, "
                "and `role` is the tenant's default role. Any other field of this request, or another role, is "
                "answered 403 `SECRET_KEY_REQUIRED`, and nothing is consumed.",
         .tag = "Authentication",
         .auth = Auth::kSecretKey,
         .self_enrollment = true,
         .body_limit = kImageRequestLimit,
         .success_status = 201,
         .errors = {ErrorCode::kConsentRequired, ErrorCode::kConsentInvalid, ErrorCode::kUserAlreadyEnrolled,
                    ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kInvalidImageFormat,
                    ErrorCode::kImageTooLarge, ErrorCode::kNoFaceDetected, ErrorCode::kMultipleFaces,
                    ErrorCode::kLowFaceQuality, ErrorCode::kPhotosDiffer, ErrorCode::kOverloaded,
                    ErrorCode::kProviderError}},
        [&services](Call<EnrollRequest>& call) { return enroll(services, call); });
}

}  // namespace facegate::api
