#include "domain/liveness_sessions/liveness_session.h"
#include "api/answers.h"
#include "api/endpoints/liveness_start.h"
#include "api/endpoints/sign_in.h"
#include "domain/policies/liveness_policy.h"
#include "liveness/credentials.h"

namespace facegate::api {

namespace {

constexpr const char* kRegion = "us-east-1";

std::vector<std::string> challenge_names() {
    std::vector<std::string> names;
    for (const domain::LivenessChallenge challenge : domain::kLivenessChallenges) {
        names.emplace_back(domain::name_of(challenge));
    }
    return names;
}

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

const Schema<LivenessSessionRequest>& LivenessSessionRequest::schema() {
    static const Schema<LivenessSessionRequest> kSchema(
        "LivenessSessionRequest",
        {field("challenge", &LivenessSessionRequest::challenge,
               "`movement` is for a person who cannot take flashing light: it proves less, and only a tenant who "
               "allows it gets it.")
             .one_of(challenge_names())
             .default_value(boost::json::string(domain::name_of(domain::LivenessChallenge::kMovementAndLight)))});
    return kSchema;
}

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
             .one_of(challenge_names()),
         field("assets", &LivenessSessionAnswer::assets, "Files the widget loads from this server.")});
    return kSchema;
}

Result<LivenessSessionAnswer> start_liveness_session(Services& services, const Scope& scope,
                                                     const LivenessSessionRequest& request) {
    const TimeMs now = services.clock.now();
    const domain::LivenessChallenge challenge = domain::liveness_challenge(request.challenge).value();
    const Result<domain::LivenessSession> created =
        services.database.write(scope, [&](sql::TenantTx& tx) -> Result<domain::LivenessSession> {
            if (!domain::liveness_policy(tx).allows(challenge)) {
                return fail(ErrorCode::kChallengeNotAllowed,
                            "The tenant does not allow this liveness challenge; leave `challenge` out");
            }
            return domain::create_liveness_session(tx, services.random, challenge, now);
        });
    if (!created) return std::unexpected(created.error());
    const domain::LivenessSession& session = *created;
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
    answer.challenge = domain::name_of(session.challenge);
    answer.assets = {services.public_url + "/assets/wasm/",
                     services.public_url + "/assets/face-model/facemesh-detection-short.json"};
    return answer;
}

void add_liveness_session_routes(RouteTable& routes, Services& services) {
    routes.add<LivenessSessionRequest, LivenessSessionAnswer>(
        {.method = "POST",
         .path = "/v1/liveness/session",
         .summary = "Create a face liveness session",
         .doc =
             "The first step of every verify and enroll. The stream has to start within 3 minutes and to end within 3 "
             "minutes of starting; the result can be used once, within 5 minutes. The body may be left out.",
         .tag = "Authentication",
         .errors = {ErrorCode::kChallengeNotAllowed},
         .answers_credential = true},
        [&services](Call<LivenessSessionRequest>& call) {
            return start_liveness_session(services, call.caller.scope, call.body);
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
