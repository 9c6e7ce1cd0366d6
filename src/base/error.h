#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace facegate {

/// Every outcome a caller can be told about. `api/error_map.cpp` gives each one its HTTP status and
/// its wire name; the error reference is generated from that table.
enum class ErrorCode : std::uint8_t {
    // The request itself.
    kBadRequest,
    kValidationFailed,
    kInvalidJson,
    kUnsupportedMediaType,
    kPayloadTooLarge,
    kNotFound,
    kMethodNotAllowed,
    kRequestTimeout,
    kUpgradeRequired,
    // Who is asking.
    kUnauthorized,
    kTenantSuspended,
    kSecretKeyRequired,
    kOriginNotAllowed,
    kRateLimited,
    kIdempotencyKeyReused,
    kIdempotencyInProgress,
    // Images and faces.
    kInvalidImageFormat,
    kImageTooLarge,
    kNoFaceDetected,
    kNoFaceInImage,  // what only POST /v1/detect-attributes calls the same
    kMultipleFaces,
    kLowFaceQuality,
    // Consent and enrollment.
    kConsentRequired,
    kConsentInvalid,
    kUserAlreadyEnrolled,
    kPhotosDiffer,
    kFaceNotRevocable,
    kGalleryFull,
    // Liveness.
    kChallengeNotAllowed,
    kLivenessFailed,
    kLivenessSessionNotReady,
    kLivenessSessionConsumed,
    kLivenessSessionExpired,
    kContinuationInvalid,
    // Tokens and sessions.
    kInvalidToken,
    kStepUpRequired,
    kStepUpNotRequired,
    kReVerifyRequired,
    kDeviceMismatch,
    kInvalidKeyProof,
    kProviderNotImplemented,
    // Users and risk.
    kUserSuspended,
    kUserLocked,
    kRiskBlocked,
    kTooManyFailures,
    kReEnrollmentRequired,
    kReEnrollmentTokenInvalid,
    // The server.
    kOverloaded,
    kStarting,
    kDatabaseError,
    kProviderError,
    kInternalError,  // stays last: the error table counts by it
};

/// One problem found by validation, in the shape of a zod issue.
struct ValidationIssue {
    std::string code;               ///< e.g. `invalid_type`, `too_small`, `invalid_string`
    std::vector<std::string> path;  ///< member names from the outside in; array positions as digits
    std::string message;
    std::string expected;  ///< empty: left out of the answer
    std::string received;  ///< empty: left out of the answer
};

using ErrorDetail = std::variant<double, std::string, std::vector<std::string>, bool>;

/// The caller's fault or an expected outcome. Never holds a secret, an image or a template: all of it
/// may be shown to the caller and logged.
struct Error {
    ErrorCode code = ErrorCode::kInternalError;
    std::string message;
    std::vector<ValidationIssue> issues;         ///< only with kValidationFailed
    std::map<std::string, ErrorDetail> details;  ///< extra members of `details`, by name
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error{code, std::move(message), {}, {}});
}

}  // namespace facegate
