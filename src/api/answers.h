#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/schema.h"
#include "domain/users/user.h"

namespace facegate::api {

/// The person in an answer to verify and match.
struct UserSummary {
    UserId id;
    std::string name;
    std::string role;
    boost::json::object metadata;

    static const Schema<UserSummary>& schema();
    static UserSummary of(const domain::User& user);
};

/// One stored face in an answer.
struct EnrolledFace {
    FaceId face_id;
    std::string angle;
    double confidence = 0;

    static const Schema<EnrolledFace>& schema();
};

struct EnrollAnswer {
    UserId user_id;
    std::vector<EnrolledFace> enrollments;

    static const Schema<EnrollAnswer>& schema();
};

struct RiskSummary {
    double score = 0;
    std::string level;
    std::vector<std::string> factors;
    bool step_up_required = false;
    std::optional<std::string> step_up_type;

    static const Schema<RiskSummary>& schema();
};

/// Answer of verify: with a match everything is there, without one only `matched`, `confidence` and `device_id`.
struct VerifyAnswer {
    bool matched = false;
    double confidence = 0;
    std::optional<std::string> verification_token;
    std::optional<std::string> refresh_token;
    std::optional<SessionId> session_id;
    DeviceId device_id;
    std::optional<UserSummary> user;
    std::optional<RiskSummary> risk;
    bool re_enrollment_required = false;
    std::optional<TimeMs> re_enrollment_due_at;
    std::optional<bool> claim_required;
    std::optional<std::string> continuation_token;

    static const Schema<VerifyAnswer>& schema();
};

/// 0-100 with one decimal, as answers show confidences.
double one_decimal(double value);

/// A JSON object from stored text; empty if it is none.
boost::json::object stored_object(const std::string& text);

}  // namespace facegate::api
