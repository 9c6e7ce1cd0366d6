#include "api/error_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace facegate::api {
namespace {

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

TEST(ErrorMap, EveryCodeHasAnErrorStatusAndItsOwnName) {
    std::set<std::string_view> names;
    for (const ErrorRow& row : error_table()) {
        EXPECT_GE(row.status, 400U) << row.name;
        EXPECT_LT(row.status, 600U) << row.name;
        EXPECT_TRUE(row.doc.ends_with('.')) << row.name;
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(&error_row(row.code), &row);
    }
}

TEST(ErrorMap, ContractNamesAndStatuses) {
    const std::vector<std::tuple<ErrorCode, unsigned, std::string_view>> contract = {
        {ErrorCode::kValidationFailed, 400, "Validation failed"},
        {ErrorCode::kConsentRequired, 400, "CONSENT_REQUIRED"},
        {ErrorCode::kConsentInvalid, 400, "CONSENT_INVALID"},
        {ErrorCode::kNoFaceDetected, 422, "NO_FACE_DETECTED"},
        {ErrorCode::kNoFaceInImage, 400, "No face detected in image"},
        {ErrorCode::kInvalidImageFormat, 400, "INVALID_IMAGE_FORMAT"},
        {ErrorCode::kImageTooLarge, 413, "IMAGE_TOO_LARGE"},
        {ErrorCode::kUserAlreadyEnrolled, 409, "USER_ALREADY_ENROLLED"},
        {ErrorCode::kLivenessFailed, 403, "LIVENESS_FAILED"},
        {ErrorCode::kLivenessSessionConsumed, 400, "LIVENESS_SESSION_CONSUMED"},
        {ErrorCode::kTenantSuspended, 403, "TENANT_SUSPENDED"},
        {ErrorCode::kDatabaseError, 500, "DATABASE_ERROR"},
        {ErrorCode::kProviderError, 500, "PROVIDER_ERROR"},
    };
    for (const auto& [code, status, name] : contract) {
        EXPECT_EQ(error_row(code).status, status) << name;
        EXPECT_EQ(error_row(code).name, name);
    }
}

TEST(ErrorMap, ValidationDetailsAreZodIssues) {
    Error error{ErrorCode::kValidationFailed, "m", {}, {}};
    error.issues.push_back({"invalid_type", {"signals", "3", "type"}, "Required", "string", "undefined"});
    error.issues.push_back({"custom", {"left"}, "One of", "", ""});
    EXPECT_EQ(
        to_response(error, "r-1").body,
        R"({"error":"Validation failed","message":"m","request_id":"r-1","details":[)"
        R"({"code":"invalid_type","path":["signals",3,"type"],"message":"Required","expected":"string","received":"undefined"},)"
        R"({"code":"custom","path":["left"],"message":"One of"}]})");
}

TEST(ErrorMap, OtherDetailsAreAnObject) {
    Error error{ErrorCode::kLowFaceQuality, "", {}, {}};
    EXPECT_EQ(
        to_response(error, "r").body,
        R"({"error":"LOW_FACE_QUALITY","message":"The face is not clear enough to enroll; `details.codes` and `details.reasons` say why.",)"
        R"("request_id":"r"})");
    error.message = "m";
    error.details = {{"confidence", 12.5},
                     {"reasons", std::vector<std::string>{"blur", "pose"}},
                     {"final", true},
                     {"until", std::string("noon")}};
    EXPECT_EQ(to_response(error, "r").body,
              R"({"error":"LOW_FACE_QUALITY","message":"m","request_id":"r","details":)"
              R"({"confidence":12.5,"final":true,"reasons":["blur","pose"],"until":"noon"}})");
}

TEST(ErrorMap, TellsWhenToComeBack) {
    EXPECT_EQ(header_of(to_response({ErrorCode::kOverloaded, "", {}, {}}, "r"), "Retry-After"), "1");
    EXPECT_EQ(
        header_of(to_response({ErrorCode::kRateLimited, "", {}, {{"retry_after_seconds", 2.2}}}, "r"), "Retry-After"),
        "3");
    EXPECT_EQ(header_of(to_response({ErrorCode::kNotFound, "", {}, {}}, "r"), "Retry-After"), "");
    EXPECT_EQ(header_of(to_response({ErrorCode::kUnauthorized, "", {}, {}}, "r"), "WWW-Authenticate"), "Bearer");
}

TEST(ErrorMap, ReferenceHasARowForEachCode) {
    const std::string text = error_reference_markdown();
    for (const ErrorRow& row : error_table()) {
        EXPECT_NE(text.find("| `" + std::string(row.name) + "` | " + std::string(row.doc)), std::string::npos)
            << row.name;
    }
}

}  // namespace
}  // namespace facegate::api
