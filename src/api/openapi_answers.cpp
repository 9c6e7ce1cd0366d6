#include "api/openapi_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "api/error_map.h"
#include "api/schema_example.h"

namespace facegate::api {

namespace {

using boost::json::array;
using boost::json::object;

constexpr const char* kExampleRequestId = "0f3c9a52-7d1e-4b68-9c2a-5e8f7b6d4a10";

object string_schema(std::string_view description) {
    return object{{"type", "string"}, {"description", description}};
}

/// A request that is wrong in one member: another kind of value, or a text that the member does not take. Null if
/// nothing wrong can be told from the shape.
boost::json::value wrong_value(const Shape& shape, bool from_query) {
    const bool is_text = shape.kind == Kind::kString;
    if (is_text && (!shape.one_of.empty() || shape.matches)) return "?";
    if (is_text) return from_query ? boost::json::value(nullptr) : boost::json::value(12);
    return "text";
}

/// What the route says to a request without anything, or else to one with a wrong member.
Error validation_error(const Route& route) {
    const auto issues_of = [&](const object& request) -> std::optional<Error> {
        std::optional<Error> error = route.request->check(request);
        if (error && error->code != ErrorCode::kValidationFailed) error.reset();
        return error;
    };
    if (route.request != nullptr) {
        if (auto error = issues_of({})) return *error;
        for (const FieldInfo& field : route.request->fields()) {
            const boost::json::value wrong = wrong_value(field.shape, route.from_query());
            if (wrong.is_null()) continue;
            if (auto error = issues_of({{field.name, wrong}})) return *error;
        }
        if (auto error = route.request->check(array{})) return *error;
    }
    return {ErrorCode::kValidationFailed, {}, {{"too_big", {"body"}, "The request is not right", {}, {}}}, {}};
}

/// What the route declares and what every route of its kind can answer, by status.
std::map<unsigned, std::vector<ErrorCode>> errors_of(const Route& route, bool administration) {
    using enum ErrorCode;
    std::vector<ErrorCode> codes = route.info.errors;
    if (needs_key(route)) codes.insert(codes.end(), {kUnauthorized, kOriginNotAllowed});
    if (needs_key(route) && !administration) codes.push_back(kTenantSuspended);
    if (route.info.auth != Auth::kNone) codes.push_back(kRateLimited);
    if (is_idempotent_by_key(route, administration))
        codes.insert(codes.end(), {kBadRequest, kIdempotencyKeyReused, kIdempotencyInProgress});
    if (route.info.auth == Auth::kSecretKey && !administration) codes.push_back(kSecretKeyRequired);
    if (route.request != nullptr && !route.from_query()) {
        codes.insert(codes.end(), {kInvalidJson, kUnsupportedMediaType, kPayloadTooLarge, kRequestTimeout});
    }
    const bool takes_members = route.request != nullptr && !route.request->fields().empty();
    if (takes_members || (route.request != nullptr && !route.from_query())) codes.push_back(kValidationFailed);
    if (!route.info.on_io_thread) codes.insert(codes.end(), {kOverloaded, kInternalError, kDatabaseError});
    if (!route.info.while_starting && !administration) codes.push_back(kStarting);
    if (route.open) codes.push_back(kUpgradeRequired);
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    std::map<unsigned, std::vector<ErrorCode>> by_status;
    for (const ErrorCode code : codes) by_status[error_row(code).status].push_back(code);
    return by_status;
}

std::string_view meaning_of(ErrorCode code, bool administration) {
    if (administration && code == ErrorCode::kUnauthorized)
        return "The admin token is missing, malformed, unknown, expired or revoked.";
    if (administration && code == ErrorCode::kRateLimited)
        return "Too many wrong tokens came from this network; a valid one is never answered this.";
    return error_row(code).doc;
}

/// Headers of answers with that status, by name.
object headers_of(const Route& route, unsigned status, bool administration) {
    object headers;
    const auto add = [&](const char* name) {
        headers[name] = object{{"$ref", fmt::format("#/components/headers/{}", name)}};
    };
    add("x-request-id");
    if (route.info.auth != Auth::kNone && !administration) {
        add("RateLimit");
        add("RateLimit-Policy");
    }
    if (status == 429 || (status == 503 && status != route.info.other_status)) add("Retry-After");
    if (status == 401) add("WWW-Authenticate");
    if (status < 500 && is_idempotent_by_key(route, administration)) add("Idempotent-Replayed");
    return headers;
}

object error_response(const Route& route, unsigned status, const std::vector<ErrorCode>& codes, bool administration) {
    std::string description;
    array names;
    object examples;
    for (const ErrorCode code : codes) {
        const ErrorRow& row = error_row(code);
        description +=
            fmt::format("{}`{}`: {}", description.empty() ? "" : "\n\n", row.name, meaning_of(code, administration));
        names.emplace_back(row.name);
        Error error = example_error(code, route);
        if (error.message.empty()) error.message = meaning_of(code, administration);
        examples[row.name] = object{{"value", error_body(error, kExampleRequestId)}};
    }
    const object narrowed{{"properties", object{{"error", object{{"enum", std::move(names)}}}}}};
    const object schema{{"allOf", array{schema_reference("Error"), narrowed}}};
    return object{{"description", description},
                  {"headers", headers_of(route, status, administration)},
                  {"content", object{{"application/json", object{{"schema", schema}, {"examples", examples}}}}}};
}

object success_response(const Route& route, unsigned status, bool administration) {
    if (route.open) return object{{"description", "The WebSocket is open."}};
    object media;
    if (route.response != nullptr) {
        const bool is_empty = route.response->fields().empty();
        media["schema"] = is_empty ? object{{"type", "object"}} : schema_reference(route.response->name());
        media["example"] = example_of(*route.response, Role::kResponse);
    }
    return object{{"description", status < 300 ? "Success." : "Not as it should be: the body says what is wrong."},
                  {"headers", headers_of(route, status, administration)},
                  {"content", object{{route.info.content_type, std::move(media)}}}};
}

/// Of several photos the answer says which one it is about, counted from 0.
bool is_about_a_photo(ErrorCode code) {
    using enum ErrorCode;
    return code == kInvalidImageFormat || code == kImageTooLarge || code == kNoFaceDetected || code == kMultipleFaces ||
           code == kLowFaceQuality || code == kPhotosDiffer || code == kOverloaded;
}

bool takes_several_photos(const Route& route) {
    return route.request != nullptr &&
           std::ranges::find(route.request->fields(), "face_images", &FieldInfo::name) != route.request->fields().end();
}

}  // namespace

object schema_reference(std::string_view name) {
    return object{{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

bool needs_key(const Route& route) {
    return route.info.auth == Auth::kApiKey || route.info.auth == Auth::kSecretKey;
}

bool is_idempotent_by_key(const Route& route, bool administration) {
    return route.info.method == "POST" && route.info.auth != Auth::kNone && !administration;
}

object responses_of(const Route& route, bool administration) {
    object responses;
    for (const unsigned status : {route.open ? 101U : route.info.success_status, route.info.other_status}) {
        if (status != 0) responses[fmt::to_string(status)] = success_response(route, status, administration);
    }
    for (const auto& [status, codes] : errors_of(route, administration)) {
        const std::string key = fmt::to_string(status);
        if (!responses.contains(key)) responses[key] = error_response(route, status, codes, administration);
    }
    return responses;
}

object issue_schema() {
    const object step{{"anyOf", array{object{{"type", "string"}}, object{{"type", "integer"}}}}};
    object properties;
    properties["code"] = string_schema("Kind of the issue, such as `invalid_type` or `too_small`.");
    properties["path"] = object{{"type", "array"},
                                {"items", step},
                                {"description", "Where: names of members, positions in arrays; `headers` and a name."}};
    properties["message"] = string_schema("For people.");
    properties["expected"] = string_schema("What should have been there.");
    properties["received"] = string_schema("What was there.");
    return object{{"type", "object"}, {"properties", properties}, {"required", array{"code", "path", "message"}}};
}

object error_schema() {
    object properties;
    properties["error"] = string_schema("What went wrong, for programs.");
    properties["message"] = string_schema("What went wrong, for people.");
    properties["request_id"] = string_schema("Names the request in the server's log.");
    properties["details"] = object{
        {"anyOf",
         array{object{{"type", "array"}, {"items", schema_reference("ValidationIssue")}}, object{{"type", "object"}}}},
        {"description", "After `Validation failed`, every issue; else what the error's example shows."}};
    return object{
        {"type", "object"}, {"properties", properties}, {"required", array{"error", "message", "request_id"}}};
}

object header_components(bool administration) {
    const auto header = [](const char* description, const char* type, const boost::json::value& example) {
        return object{{"description", description}, {"schema", object{{"type", type}}}, {"example", example}};
    };
    object headers;
    headers["x-request-id"] =
        header("Names the request in the server's log: the caller's own, if it sent one.", "string", kExampleRequestId);
    if (!administration) {
        headers["RateLimit"] = header(
            "What is left of the limit (draft-ietf-httpapi-ratelimit-headers): r requests now, all of them again in t "
            "seconds. Absent where no limit is set.",
            "string", R"("key";r=399;t=1)");
        headers["RateLimit-Policy"] =
            header("The limit: q requests at once, refilled within w seconds.", "string", R"("key";q=400;w=2)");
        headers["Idempotent-Replayed"] =
            header("`true`: this is the answer to an earlier request with the same Idempotency-Key.", "string", "true");
    }
    headers["Retry-After"] = header("Seconds to wait before the next attempt.", "integer", 1);
    headers["WWW-Authenticate"] = header("How to present the key.", "string", "Bearer");
    return headers;
}

Error example_error(ErrorCode code, const Route& route) {
    using enum ErrorCode;
    Error error{code, {}, {}, {}};
    switch (code) {
        case kValidationFailed: return validation_error(route);
        case kRateLimited: error.details["retry_after_seconds"] = 1.0; break;
        case kTooManyFailures: error.details["retry_after_seconds"] = 1800.0; break;
        case kLivenessFailed: error.details["confidence"] = 41.7; break;
        case kUserLocked: error.details["locked_until"] = "2026-05-01T12:30:00.000Z"; break;
        case kReEnrollmentRequired: error.details["re_enrollment_token"] = "8fQz1LrW5kXn3VbT7mYc2JdH9sGp4E"; break;
        case kLowFaceQuality:
            error.details["codes"] = std::vector<std::string>{"TOO_DARK"};
            error.details["reasons"] = std::vector<std::string>{"The face is too dark"};
            break;
        default: break;
    }
    if (is_about_a_photo(code) && takes_several_photos(route)) error.details["photo"] = 1.0;
    return error;
}

}  // namespace facegate::api
