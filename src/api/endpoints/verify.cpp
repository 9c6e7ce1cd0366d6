#include "api/endpoints/sign_in.h"

namespace facegate::api {

void add_verify_route(RouteTable& routes, Services& services) {
    routes.add<VerifyRequest, VerifyAnswer>(
        {.method = "POST",
         .path = "/v1/verify",
         .summary = "Verify a face from a liveness session",
         .doc =
             "Consumes the liveness session, searches the tenant's faces (or compares with the person named in "
             "`claim`) "
             "and, on a match, opens a session and returns its tokens. No match is a 200 with `matched: false`. "
             "Without "
             "a claim the people who signed in from this device within 90 days are tried first. A face that is not "
             "telling enough for a search over everyone is answered with `claim_required` and a `continuation_token`. "
             "Liveness by `movement` alone adds the risk factor `reduced_liveness`, and `liveness_movement` to the "
             "token's `amr`. With a `DPoP` header (RFC 9449) the tokens are bound to its key. Failed attempts are "
             "counted: the claimed user is locked on the device, a network is "
             "turned away. An enrollment that the rotation policy lets expire is answered with "
             "`re_enrollment_required`, and "
             "after the grace period with 403 RE_ENROLLMENT_REQUIRED.",
         .tag = "Authentication",
         .errors = {ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kContinuationInvalid, ErrorCode::kLivenessFailed,
                    ErrorCode::kNoFaceDetected, ErrorCode::kUserSuspended, ErrorCode::kUserLocked,
                    ErrorCode::kTooManyFailures, ErrorCode::kRiskBlocked, ErrorCode::kReEnrollmentRequired,
                    ErrorCode::kInvalidKeyProof},
         .answers_credential = true,
         .reads_sender = true},
        [&services](Call<VerifyRequest>& call) -> Result<VerifyAnswer> { return sign_in(services, call, call.body); });
}

}  // namespace facegate::api
