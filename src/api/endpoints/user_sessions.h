#pragma once

#include <optional>
#include <string>

#include "api/schema.h"
#include "base/clock.h"
#include "base/ids.h"
#include "domain/sessions/session.h"

namespace facegate::api {

/// A sign-in session as it is listed.
struct SessionItem {
    SessionId session_id;
    std::string status;
    DeviceId device_id;
    double confidence = 0;
    double risk_score = 0;
    std::string challenge;
    bool step_up_required = false;
    TimeMs created_at;
    TimeMs expires_at;
    std::optional<TimeMs> revoked_at;

    static const Schema<SessionItem>& schema();
    static SessionItem of(const domain::Session& session, TimeMs now);
};

}  // namespace facegate::api
