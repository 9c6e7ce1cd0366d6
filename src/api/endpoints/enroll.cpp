#include "api/endpoints/enrollment.h"
#include "api/endpoints/sign_in.h"
#include "api/image_field.h"

namespace facegate::api {

namespace {

struct EnrollRequest {
    std::string name;
    std::string role;
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
        static const Schema<EnrollRequest> kSchema =
            Schema<EnrollRequest>(
                "EnrollRequest",
                {field("name", &EnrollRequest::name, "Display name.").min_length(1).max_length(200),
                 field("role", &EnrollRequest::role, "Role, surfaced in tokens and /v1/users.")
                     .min_length(1)
                     .max_length(100),
                 field("consent_id", &EnrollRequest::consent_id, "From POST /v1/consent.")
                     .uuid()
                     .missing_is(ErrorCode::kConsentRequired),
                 field("liveness_session_id", &EnrollRequest::liveness_session_id,
                       "A finished liveness session (preferred); wins over face_image.")
                     .min_length(1)
                     .max_length(128),
                 image_field("face_image", &EnrollRequest::face_image, "A photo instead of a liveness session."),
                 field("face_images", &EnrollRequest::face_images,
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
                 field("metadata", &EnrollRequest::metadata, "Arbitrary members, stored with the user and returned."),
                 field("allow_duplicate", &EnrollRequest::allow_duplicate,
                       "`true`: enroll a face that resembles another user's all the same, as of twins. It is audited, "
                       "and GET /v1/users?possible_duplicate=true lists it.")})
                .at_least_one_of({"liveness_session_id", "face_image", "face_images"})
                .refine([](const EnrollRequest& request, Issues& issues) {
                    if (request.face_image && request.face_images) {
                        issues.add_at("face_images", "Send face_image or face_images, not both");
                    }
                });
        return kSchema;
    }
};

Result<EnrollAnswer> enroll(Services& services, Call<EnrollRequest>& call) {
    const EnrollRequest& request = call.body;
    NewEnrollment enrollment;
    enrollment.profile = {request.name,
                          request.role,
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
                "one to five photos.",
         .tag = "Authentication",
         .auth = Auth::kSecretKey,
         .body_limit = kImageRequestLimit,
         .success_status = 201,
         .errors = {ErrorCode::kConsentRequired, ErrorCode::kConsentInvalid, ErrorCode::kUserAlreadyEnrolled,
                    ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kInvalidImageFormat,
                    ErrorCode::kImageTooLarge, ErrorCode::kNoFaceDetected, ErrorCode::kMultipleFaces,
                    ErrorCode::kLowFaceQuality, ErrorCode::kPhotosDiffer, ErrorCode::kOverloaded}},
        [&services](Call<EnrollRequest>& call) { return enroll(services, call); });
}

}  // namespace facegate::api
