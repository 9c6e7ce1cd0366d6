#include "api/error_map.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <variant>

#include "api/json_writer.h"

namespace facegate::api {

namespace {

using enum ErrorCode;

constexpr std::array kTable = {
    // The request itself.
    ErrorRow{kBadRequest, 400, "BAD_REQUEST", "The request is not well-formed HTTP."},
    ErrorRow{kValidationFailed, 400, "Validation failed",
             "Fields of the request are missing or wrong; `details` lists every issue."},
    ErrorRow{kInvalidJson, 400, "INVALID_JSON", "The body is not a JSON text (RFC 8259), or is nested too deeply."},
    ErrorRow{kUnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE", "The body is not declared as `application/json`."},
    ErrorRow{kPayloadTooLarge, 413, "PAYLOAD_TOO_LARGE", "The body is larger than this route takes."},
    ErrorRow{kNotFound, 404, "NOT_FOUND",
             "There is no such path, or nothing with that id in the key's tenant and environment."},
    ErrorRow{kMethodNotAllowed, 405, "METHOD_NOT_ALLOWED", "The path exists, but not with this method; see `Allow`."},
    ErrorRow{kRequestTimeout, 408, "REQUEST_TIMEOUT", "The request took too long to arrive."},
    ErrorRow{kUpgradeRequired, 426, "UPGRADE_REQUIRED", "The path is a WebSocket; ask for the upgrade."},
    // Who is asking.
    ErrorRow{kUnauthorized, 401, "UNAUTHORIZED", "The API key is missing, malformed, unknown, expired or revoked."},
    ErrorRow{kTenantSuspended, 403, "TENANT_SUSPENDED", "The tenant account is suspended."},
    ErrorRow{kSecretKeyRequired, 403, "SECRET_KEY_REQUIRED", "A publishable key may not do this."},
    ErrorRow{kOriginNotAllowed, 403, "ORIGIN_NOT_ALLOWED", "The page's origin is not among those the tenant allows."},
    ErrorRow{kRateLimited, 429, "RATE_LIMITED", "Too many requests; try again after `Retry-After` seconds."},
    ErrorRow{kIdempotencyKeyReused, 422, "IDEMPOTENCY_KEY_REUSED",
             "The `Idempotency-Key` was used for a request with another body or device."},
    ErrorRow{kIdempotencyInProgress, 409, "IDEMPOTENCY_IN_PROGRESS",
             "The first request with this `Idempotency-Key` is still running; repeat it later."},
    // Images and faces.
    ErrorRow{kInvalidImageFormat, 400, "INVALID_IMAGE_FORMAT",
             "The image is not base64 of a JPEG or PNG that can be decoded."},
    ErrorRow{kImageTooLarge, 413, "IMAGE_TOO_LARGE", "The image has more than 25 megapixels."},
    ErrorRow{kNoFaceDetected, 422, "NO_FACE_DETECTED", "No face was found in the image."},
    ErrorRow{kNoFaceInImage, 400, "No face detected in image",
             "`POST /v1/detect-attributes` found no face in the image."},
    ErrorRow{kMultipleFaces, 422, "MULTIPLE_FACES", "The image shows several faces where one is needed."},
    ErrorRow{kLowFaceQuality, 422, "LOW_FACE_QUALITY",
             "The face is not clear enough to enroll; `details.codes` and `details.reasons` say why."},
    // Consent and enrollment.
    ErrorRow{kConsentRequired, 400, "CONSENT_REQUIRED", "`consent_id` is missing: record a consent first."},
    ErrorRow{kConsentInvalid, 400, "CONSENT_INVALID",
             "The consent is unknown, revoked, or linked to another user, or its text is not in the registry."},
    ErrorRow{kUserAlreadyEnrolled, 409, "USER_ALREADY_ENROLLED",
             "The face, or the `external_id`, belongs to a user who is already enrolled."},
    ErrorRow{kPhotosDiffer, 422, "PHOTOS_DIFFER", "The photos do not show one and the same person."},
    ErrorRow{kFaceNotRevocable, 409, "FACE_NOT_REVOCABLE",
             "The face was enrolled, or what it was based on is gone; delete the user to destroy it."},
    ErrorRow{kGalleryFull, 409, "GALLERY_FULL", "The collection holds as many faces as it may."},
    // Liveness.
    ErrorRow{kChallengeNotAllowed, 403, "CHALLENGE_NOT_ALLOWED",
             "The tenant does not let clients ask for this liveness challenge."},
    ErrorRow{kLivenessFailed, 403, "LIVENESS_FAILED", "The liveness check was not passed."},
    ErrorRow{kLivenessSessionNotReady, 400, "LIVENESS_SESSION_NOT_READY",
             "The liveness session has not finished; it was not consumed."},
    ErrorRow{kLivenessSessionConsumed, 400, "LIVENESS_SESSION_CONSUMED", "The liveness session was used already."},
    ErrorRow{kLivenessSessionExpired, 400, "LIVENESS_SESSION_EXPIRED", "The liveness session is no longer valid."},
    ErrorRow{kContinuationInvalid, 400, "CONTINUATION_INVALID",
             "The continuation token is unknown, used, older than three minutes, or of another device."},
    // Tokens and sessions.
    ErrorRow{kInvalidToken, 401, "INVALID_TOKEN",
             "The token is malformed, forged, expired, used, of another tenant or environment, or its session ended."},
    ErrorRow{kStepUpRequired, 401, "STEP_UP_REQUIRED",
             "The token is only good for `POST /v1/sessions/:id/step-up`: the sign-in is not finished."},
    ErrorRow{kStepUpNotRequired, 409, "STEP_UP_NOT_REQUIRED", "The session waits for no step-up."},
    ErrorRow{kReVerifyRequired, 401, "RE_VERIFY_REQUIRED",
             "The tenant's continuous policy asks for the face again: verify anew, or step the session up."},
    ErrorRow{kDeviceMismatch, 401, "DEVICE_MISMATCH",
             "The token is bound to another `x-device-fingerprint`, or a publishable key sent none."},
    ErrorRow{kInvalidKeyProof, 401, "INVALID_DPOP_PROOF",
             "The `DPoP` header is malformed, too old, used, for another request, or of another key than the token's."},
    ErrorRow{kProviderNotImplemented, 501, "PROVIDER_NOT_IMPLEMENTED",
             "The session provider is not available for this tenant."},
    // Users and risk.
    ErrorRow{kUserSuspended, 403, "USER_SUSPENDED", "The user is suspended."},
    ErrorRow{kUserLocked, 403, "USER_LOCKED", "Too many failed attempts; `details.locked_until` says when they end."},
    ErrorRow{kRiskBlocked, 403, "RISK_BLOCKED", "The attempt's risk reaches the tenant's block threshold."},
    ErrorRow{kTooManyFailures, 429, "TOO_MANY_FAILED_ATTEMPTS",
             "Too many failed attempts came from this network; try again after `Retry-After` seconds."},
    ErrorRow{kReEnrollmentRequired, 403, "RE_ENROLLMENT_REQUIRED",
             "The user's enrollment is too old; `details.re_enrollment_token` is good for one re-enrollment within 10 "
             "minutes."},
    ErrorRow{kReEnrollmentTokenInvalid, 400, "RE_ENROLLMENT_TOKEN_INVALID",
             "The re-enrollment token is unknown, used, or older than ten minutes."},
    // The server.
    ErrorRow{kOverloaded, 503, "OVERLOADED", "The server is busy; try again after `Retry-After` seconds."},
    ErrorRow{kStarting, 503, "STARTING", "The server is starting or shutting down."},
    ErrorRow{kDatabaseError, 500, "DATABASE_ERROR", "The database failed."},
    ErrorRow{kProviderError, 500, "PROVIDER_ERROR", "The face provider failed."},
    ErrorRow{kInternalError, 500, "INTERNAL_ERROR", "The server failed; quote the request id when you report it."},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kTable.size(); ++i) {
        if (static_cast<std::size_t>(kTable[i].code) != i) return false;
    }
    return kTable.size() == static_cast<std::size_t>(kInternalError) + 1;
}
static_assert(in_order(), "every ErrorCode has its row, in the order of the enum");

bool is_position(std::string_view step) {
    return !step.empty() && step.size() <= 9 && step.find_first_not_of("0123456789") == std::string_view::npos;
}

boost::json::object issue_json(const ValidationIssue& issue) {
    boost::json::array path;
    for (const std::string& step : issue.path) {
        if (is_position(step)) {
            path.emplace_back(std::stoi(step));
        } else {
            path.emplace_back(step);
        }
    }
    boost::json::object json;
    json["code"] = issue.code;
    json["path"] = std::move(path);
    json["message"] = issue.message;
    if (!issue.expected.empty()) json["expected"] = issue.expected;
    if (!issue.received.empty()) json["received"] = issue.received;
    return json;
}

boost::json::value detail_json(const ErrorDetail& detail) {
    return std::visit([](const auto& value) { return boost::json::value_from(value); }, detail);
}

std::string retry_after(const Error& error) {
    const auto found = error.details.find("retry_after_seconds");
    const double* seconds = found == error.details.end() ? nullptr : std::get_if<double>(&found->second);
    if (seconds == nullptr || !(*seconds >= 1) || *seconds > 1e6) return "1";
    return fmt::format("{}", static_cast<long>(std::ceil(*seconds)));
}

}  // namespace

std::span<const ErrorRow> error_table() {
    return kTable;
}

const ErrorRow& error_row(ErrorCode code) {
    return kTable.at(static_cast<std::size_t>(code));
}

boost::json::object error_body(const Error& error, std::string_view request_id) {
    boost::json::object body;
    const ErrorRow& row = error_row(error.code);
    body["error"] = row.name;
    body["message"] = error.message.empty() ? std::string(row.doc) : error.message;
    body["request_id"] = request_id;
    if (error.code == kValidationFailed) {
        boost::json::array issues;
        for (const ValidationIssue& issue : error.issues) issues.push_back(issue_json(issue));
        body["details"] = std::move(issues);
    } else if (!error.details.empty()) {
        boost::json::object details;
        for (const auto& [name, detail] : error.details) details[name] = detail_json(detail);
        body["details"] = std::move(details);
    }
    return body;
}

http::Response to_response(const Error& error, std::string_view request_id) {
    http::Response response;
    response.status = error_row(error.code).status;
    response.headers.emplace_back("Content-Type", "application/json");
    if (response.status == 429 || response.status == 503) {
        response.headers.emplace_back("Retry-After", retry_after(error));
    }
    if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    response.body = write_json(error_body(error, request_id));
    return response;
}

std::string error_reference_markdown() {
    std::string text =
        "# Errors\n\n"
        "Generated from the table in `src/api/error_map.cpp`; do not edit.\n\n"
        "Every error answer is JSON: `error` (below), `message` (for people), `request_id` (also the `x-request-id`\n"
        "header) and sometimes `details`. After `Validation failed`, `details` lists all issues, each with `code`, "
        "`path`,\n"
        "`message` and, where it helps, `expected` and `received`; otherwise it is an object.\n\n"
        "| Status | `error` | Meaning |\n|---|---|---|\n";
    for (const ErrorRow& row : kTable) text += fmt::format("| {} | `{}` | {} |\n", row.status, row.name, row.doc);
    return text;
}

}  // namespace facegate::api
