#pragma once

#include <optional>
#include <string>
#include <variant>

#include "api/answers.h"
#include "api/endpoint.h"
#include "api/services.h"

namespace facegate::api {

/// Who a person says they are: a search over everyone becomes a comparison with one.
struct Claim {
    std::optional<std::string> user_id;
    std::optional<std::string> external_id;
    std::optional<std::string> email;

    static const Schema<Claim>& schema();
};

struct VerifyRequest {
    std::optional<std::string> liveness_session_id;
    std::optional<std::string> continuation_token;
    std::optional<Claim> claim;

    static const Schema<VerifyRequest>& schema();
};

/// The sign-in itself, for every route that offers one. Order: network (429), session (404, not ready, expired),
/// consumption (once), live (403), match, locks and the user's state (403), risk (403), the enrollment's age (403),
/// tokens. Whatever happens after consumption is in the audit
/// record. With a continuation token instead of a session it goes on where `claim_required` ended.
///
/// Without a claim the users of the device are looked at first, then the whole collection.
Result<VerifyAnswer> sign_in(Services& services, CallContext& call, const VerifyRequest& request);

/// The device headers, checked: a malformed one is a validation error. Empty where the header was not sent.
struct DeviceHeaders {
    std::optional<std::string> id;
    std::optional<std::string> fingerprint;
};
Result<DeviceHeaders> device_headers(const http::Request& request);

/// An id out of a path or body as a liveness session's: kNotFound if it has not even the form of one.
Result<LivenessSessionId> liveness_session_id(const std::string& text);

/// kLivenessFailed with the confidence as this caller may see it.
Error liveness_failed(double confidence);

}  // namespace facegate::api
