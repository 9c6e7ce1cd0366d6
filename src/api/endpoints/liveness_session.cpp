#include "domain/liveness_sessions/liveness_session.h"
#include "api/answers.h"
#include "api/endpoints/liveness_start.h"
#include "api/endpoints/sign_in.h"
#include "liveness/credentials.h"

namespace facegate::api {

namespace {

constexpr const char* kRegion = "us-east-1";
constexpr const char* kChallenge = "movement_and_light";

struct LivenessResult {
    bool is_live = false;
    double confidence = 0;
    std::string status;

    static const Schema<LivenessResult>& schema() {
        static const Schema<LivenessResult> kSchema(
            "LivenessResult",
            {field("is_live", &LivenessResult::is_live, "Whether a live person was seen; false before the end."),
             field("confidence", &LivenessResult::confidence, "0-100; 0 before the end.").min(0).max(100),
             field("status", &LivenessResult::status, "How far the session is.")
                 .one_of({"CREATED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "EXPIRED"})});
        return kSchema;
    }
};

Result<LivenessResult> read_result(Services& services, const CallContext& call) {
    const Result<LivenessSessionId> id = liveness_session_id(call.param("sessionId"));
    if (!id) return std::unexpected(id.error());
    const Result<domain::LivenessSession> session = services.database.read(call.caller.scope, [&](sql::TenantTx& tx) {
        return domain::find_liveness_session(tx, *id, services.clock.now());
    });
    if (!session) return std::unexpected(session.error());
    LivenessResult result;
    result.is_live = session->live;
    result.confidence = session->confidence;
    if (!session->live && call.caller.publishable) {
        result.confidence = domain::displayed_confidence(session->confidence, false, true);
    }
    result.status = domain::name_of(session->status);
    return result;
}

}  // namespace

const Schema<WidgetCredentials>& WidgetCredentials::schema() {
    static const Schema<WidgetCredentials> kSchema(
        "WidgetCredentials", {field("accessKeyId", &WidgetCredentials::access_key_id, "For this one session."),
                              field("secretAccessKey", &WidgetCredentials::secret_access_key, "For this one session."),
                              field("sessionToken", &WidgetCredentials::session_token, "For this one session."),
                              field("expiration", &WidgetCredentials::expiration,
                                    "Until when they open the stream; cache them until then.")});
    return kSchema;
}

const Schema<WidgetAssets>& WidgetAssets::schema() {
    static const Schema<WidgetAssets> kSchema(
        "WidgetAssets",
        {field("wasm_path", &WidgetAssets::wasm_path, "The widget's `config.binaryPath`."),
         field("face_model_url", &WidgetAssets::face_model_url, "The widget's `config.faceModelUrl`.")});
    return kSchema;
}

const Schema<LivenessSessionAnswer>& LivenessSessionAnswer::schema() {
    static const Schema<LivenessSessionAnswer> kSchema(
        "LivenessSession",
        {field("session_id", &LivenessSessionAnswer::session_id, "Hand it to the widget, then to verify or enroll."),
         field("credentials", &LivenessSessionAnswer::credentials, "The widget signs its stream with these."),
         field("region", &LivenessSessionAnswer::region, "The widget's region."),
         field("endpoint", &LivenessSessionAnswer::endpoint, "The widget's `config.endpointOverride`."),
         field("expires_at", &LivenessSessionAnswer::expires_at, "By then the stream must have started."),
         field("server_time", &LivenessSessionAnswer::server_time,
               "Now; minus the client's now it is the widget's `config.systemClockOffset`."),
         field("challenge", &LivenessSessionAnswer::challenge, "What the person will be asked to do.")
             .one_of({kChallenge}),
         field("assets", &LivenessSessionAnswer::assets, "Files the widget loads from this server.")});
    return kSchema;
}

LivenessSessionAnswer start_liveness_session(Services& services, const Scope& scope) {
    const TimeMs now = services.clock.now();
    const domain::LivenessSession session = services.database.write(scope, [&](sql::TenantTx& tx) {
        return domain::create_liveness_session(tx, services.random, kChallenge, now);
    });
    const liveness::StreamCredentials credentials = liveness::derive_credentials(
        services.vault.server_key(domain::ServerKey::kStreamCredentials), scope, session.id, now, services.random);
    LivenessSessionAnswer answer;
    answer.session_id = session.id;
    answer.credentials = {credentials.access_key_id, credentials.secret_key.text(), credentials.session_token,
                          credentials.expiration};
    answer.region = kRegion;
    answer.endpoint = services.public_url + kStreamPrefix;
    answer.expires_at = session.expires_at;
    answer.server_time = now;
    answer.challenge = kChallenge;
    answer.assets = {services.public_url + "/assets/wasm/",
                     services.public_url + "/assets/face-model/facemesh-detection-short.json"};
    return answer;
}

void add_liveness_session_routes(RouteTable& routes, Services& services) {
    routes.add<Nothing, LivenessSessionAnswer>(
        {.method = "POST",
         .path = "/v1/liveness/session",
         .summary = "Create a face liveness session",
         .doc =
             "The first step of every verify and enroll. The stream has to start within 3 minutes and to end within 3 "
             "minutes of starting; the result can be used once, within 5 minutes.",
         .tag = "Authentication"},
        [&services](Call<Nothing>& call) -> Result<LivenessSessionAnswer> {
            return start_liveness_session(services, call.caller.scope);
        });
    routes.add<Nothing, LivenessResult>(
        {.method = "GET",
         .path = "/v1/liveness/result/:sessionId",
         .summary = "Read a liveness result",
         .doc = "For debugging: verify and enroll read it themselves. Reading does not consume the session.",
         .tag = "Authentication",
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<Nothing>& call) -> Result<LivenessResult> { return read_result(services, call); });
}

}  // namespace facegate::api
