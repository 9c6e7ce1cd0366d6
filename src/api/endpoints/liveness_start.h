#pragma once

#include <string>

#include "api/endpoint.h"
#include "api/services.h"

namespace facegate::api {

/// Path under which browsers stream: the widget appends liveness::kStreamPath to it.
inline constexpr const char* kStreamPrefix = "/liveness";

/// The body may be left out altogether.
struct LivenessSessionRequest {
    std::string challenge;

    static const Schema<LivenessSessionRequest>& schema();
};

struct WidgetCredentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;
    TimeMs expiration;

    static const Schema<WidgetCredentials>& schema();
};

struct WidgetAssets {
    std::string wasm_path;
    std::string face_model_url;

    static const Schema<WidgetAssets>& schema();
};

struct LivenessSessionAnswer {
    LivenessSessionId session_id;
    WidgetCredentials credentials;
    std::string region;
    std::string endpoint;
    TimeMs expires_at;
    TimeMs server_time;
    std::string challenge;
    WidgetAssets assets;

    static const Schema<LivenessSessionAnswer>& schema();
};

/// Creates a liveness session in the caller's scope, with everything the widget needs to stream to this server.
/// kChallengeNotAllowed for a challenge that the tenant does not let clients ask for: then there is no session.
Result<LivenessSessionAnswer> start_liveness_session(Services& services, const Scope& scope,
                                                     const LivenessSessionRequest& request);

}  // namespace facegate::api
