#include <cmath>

#include "api/dispatcher.h"
#include "api/endpoints/consent_text.h"
#include "api/endpoints/enrollment.h"
#include "api/endpoints/liveness_start.h"
#include "api/endpoints/sign_in.h"
#include "api/services.h"
#include "api/visit_limit.h"
#include "domain/consents/consent.h"
#include "domain/consents/consent_texts.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/liveness_policy.h"
#include "domain/users/user_removal.h"

namespace facegate::api {

namespace {

constexpr std::chrono::hours kDemoFaceLife{1};
constexpr std::size_t kDemoGalleryLimit = 200;
constexpr std::size_t kDemoSessionsPerHour = 10;

struct DemoEnrollRequest {
    std::string name;
    std::string liveness_session_id;
    bool consent = false;

    static const Schema<DemoEnrollRequest>& schema() {
        static const Schema<DemoEnrollRequest> kSchema =
            Schema<DemoEnrollRequest>(
                "DemoEnrollRequest",
                {field("name", &DemoEnrollRequest::name, "What the demo shall call the person.")
                     .min_length(1)
                     .max_length(100),
                 field("liveness_session_id", &DemoEnrollRequest::liveness_session_id, "A finished liveness session.")
                     .min_length(1)
                     .max_length(128),
                 field("consent", &DemoEnrollRequest::consent, "The person agreed to the consent text; must be true.")})
                .refine([](const DemoEnrollRequest& request, Issues& issues) {
                    if (!request.consent) issues.add_at("consent", "The demo needs the person's consent");
                });
        return kSchema;
    }
};

struct DemoVerifyRequest {
    std::string liveness_session_id;

    static const Schema<DemoVerifyRequest>& schema() {
        static const Schema<DemoVerifyRequest> kSchema(
            "DemoVerifyRequest",
            {field("liveness_session_id", &DemoVerifyRequest::liveness_session_id, "A finished liveness session.")
                 .min_length(1)
                 .max_length(128)});
        return kSchema;
    }
};

struct PreflightChecks {
    bool camera_origin_secure = false;
    bool provider = false;
    bool assets = false;

    static const Schema<PreflightChecks>& schema() {
        static const Schema<PreflightChecks> kSchema(
            "DemoPreflightChecks", {field("camera_origin_secure", &PreflightChecks::camera_origin_secure,
                                          "Browsers give the camera to https and localhost only."),
                                    field("provider", &PreflightChecks::provider, "The face provider works."),
                                    field("assets", &PreflightChecks::assets, "The page's files are there.")});
        return kSchema;
    }
};

struct Preflight {
    bool ok = false;
    PreflightChecks checks;
    std::vector<std::string> challenges;

    static const Schema<Preflight>& schema() {
        static const Schema<Preflight> kSchema(
            "DemoPreflight",
            {field("ok", &Preflight::ok, "All of the checks."), field("checks", &Preflight::checks, "One by one."),
             field("challenges", &Preflight::challenges,
                   "The liveness challenges that may be asked for, the usual one first.")});
        return kSchema;
    }
};

struct DemoDeleteAnswer {
    bool deleted = true;
    UserId user_id;
    std::int64_t faces_deleted = 0;

    static const Schema<DemoDeleteAnswer>& schema() {
        static const Schema<DemoDeleteAnswer> kSchema(
            "DemoDeleteAnswer",
            {field("deleted", &DemoDeleteAnswer::deleted, "Always true."),
             field("user_id", &DemoDeleteAnswer::user_id, "Who it was."),
             field("faces_deleted", &DemoDeleteAnswer::faces_deleted, "Stored faces that were destroyed.")});
        return kSchema;
    }
};

/// On this machine itself; not somebody whom a proxy on this machine passes on.
bool is_local_visit(const CallContext& call) {
    const std::string& address = call.client_address;
    const bool loopback = address.starts_with("127.") || address == "::1";
    return loopback && call.request.header("x-forwarded-for").empty() && call.request.header("forwarded").empty();
}

Result<EnrollAnswer> enroll(Services& services, Call<DemoEnrollRequest>& call) {
    const Result<LivenessSessionId> id = liveness_session_id(call.body.liveness_session_id);
    if (!id) return std::unexpected(id.error());
    const TimeMs now = services.clock.now();
    const domain::ConsentText& text = domain::consent_texts().front();
    const domain::NewConsent consent{std::nullopt,
                                     {call.client_address, std::string(call.request.header("user-agent"))}};
    // Anyone may call this: a consent is only kept of someone who can be enrolled with it.
    const Result<domain::Consent> recorded =
        services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<domain::Consent> {
            if (const Result<void> usable = domain::check_consumable(tx, *id, now); !usable)
                return std::unexpected(usable.error());
            return domain::record_consent(tx, services.vault, services.random, text, consent, now);
        });
    if (!recorded) return std::unexpected(recorded.error());

    NewEnrollment enrollment;
    enrollment.profile.name = call.body.name;
    enrollment.profile.role = "demo";
    enrollment.consent = recorded->id;
    enrollment.faces.liveness_session = *id;
    enrollment.expires_at = now + kDemoFaceLife;
    enrollment.replace_own_face = true;
    enrollment.gallery_limit = kDemoGalleryLimit;
    return enroll_user(services, call, enrollment);
}

Preflight preflight(Services& services, const Scope& scope) {
    Preflight answer;
    const std::string& url = services.public_url;
    answer.checks.camera_origin_secure = url.starts_with("https://") || url.starts_with("http://localhost:") ||
                                         url.starts_with("http://127.0.0.1:") || url == "http://localhost";
    answer.checks.provider = services.health.provider_ok;
    answer.checks.assets = services.web.contains("/demo.html") && services.web.contains("/demo.js") &&
                           services.web.contains("/face-model/facemesh-detection-short.json");
    answer.ok = answer.checks.camera_origin_secure && answer.checks.provider && answer.checks.assets;
    const auto policy = services.database.read(scope, [](sql::TenantTx& tx) { return domain::liveness_policy(tx); });
    for (const domain::LivenessChallenge challenge : domain::kLivenessChallenges) {
        if (policy.allows(challenge)) answer.challenges.emplace_back(domain::name_of(challenge));
    }
    return answer;
}

std::unexpected<Error> too_many_sessions(Milliseconds wait) {
    Error error{ErrorCode::kRateLimited, "The demo allows 10 liveness checks an hour; try again later", {}, {}};
    error.details["retry_after_seconds"] = std::ceil(static_cast<double>(wait.count()) / 1000);
    return std::unexpected(std::move(error));
}

/// Whoever holds a token of the demo may delete the face it was issued for.
Result<DemoDeleteAnswer> delete_me(Services& services, const CallContext& call) {
    const Result<std::string_view> token = presented_key(call.request);
    if (!token) return fail(ErrorCode::kUnauthorized, "Send the verification token as a bearer token");
    const TimeMs now = services.clock.now();
    const Result<domain::AccessClaims> claims = services.issuers.verify_access_token(*token, call.caller.scope, now);
    if (!claims) return fail(ErrorCode::kUnauthorized, claims.error().message);
    Result<DemoDeleteAnswer> answer =
        services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<DemoDeleteAnswer> {
            const Result<domain::UserRemoval> removal = domain::remove_user(tx, claims->user, now);
            if (!removal) return std::unexpected(removal.error());
            services.audit.append(tx, {"demo", "user.deleted", claims->user.value, R"({"reason":"user_request"})"},
                                  now);
            return DemoDeleteAnswer{true, claims->user, static_cast<std::int64_t>(removal->faces.size())};
        });
    if (answer) services.gallery.catch_up(call.caller.scope);
    return answer;
}

}  // namespace

void add_demo_routes(RouteTable& routes, Services& services) {
    const auto visits = std::make_shared<VisitLimit>(kDemoSessionsPerHour, std::chrono::hours(1));
    routes.add<LivenessSessionRequest, LivenessSessionAnswer>(
        {.method = "POST",
         .path = "/demo/liveness-session",
         .summary = "Create a liveness session of the demo",
         .doc = "At most 10 an hour from one address.",
         .tag = "Demo",
         .auth = Auth::kDemo,
         .errors = {ErrorCode::kChallengeNotAllowed, ErrorCode::kRateLimited},
         .answers_credential = true},
        [&services, visits](Call<LivenessSessionRequest>& call) -> Result<LivenessSessionAnswer> {
            if (!is_local_visit(call)) {
                const Milliseconds wait = visits->try_visit(network_of(call.client_address), services.clock.now());
                if (wait > Milliseconds(0)) return too_many_sessions(wait);
            }
            return start_liveness_session(services, call.caller.scope, call.body);
        });
    routes.add<DemoEnrollRequest, EnrollAnswer>(
        {.method = "POST",
         .path = "/demo/enroll",
         .summary = "Enroll into the demo",
         .doc = "The face lives for one hour. Enrolling again replaces one's own face.",
         .tag = "Demo",
         .auth = Auth::kDemo,
         .success_status = 201,
         .errors = {ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kNoFaceDetected,
                    ErrorCode::kGalleryFull}},
        [&services](Call<DemoEnrollRequest>& call) { return enroll(services, call); });
    routes.add<DemoVerifyRequest, VerifyAnswer>(
        {.method = "POST",
         .path = "/demo/verify",
         .summary = "Verify against the demo",
         .doc = "Answers like POST /v1/verify, with tokens of the demo's own issuer.",
         .tag = "Demo",
         .auth = Auth::kDemo,
         .errors = {ErrorCode::kNotFound, ErrorCode::kLivenessSessionNotReady, ErrorCode::kLivenessSessionExpired,
                    ErrorCode::kLivenessSessionConsumed, ErrorCode::kLivenessFailed, ErrorCode::kNoFaceDetected,
                    ErrorCode::kTooManyFailures, ErrorCode::kRiskBlocked, ErrorCode::kInvalidKeyProof},
         .answers_credential = true,
         .reads_sender = true},
        [&services](Call<DemoVerifyRequest>& call) {
            return sign_in(services, call, {call.body.liveness_session_id, std::nullopt, std::nullopt});
        });
    routes.add<Nothing, DemoDeleteAnswer>({.method = "DELETE",
                                           .path = "/demo/me",
                                           .summary = "Delete one's own demo face",
                                           .doc = "With the verification token of /demo/verify as a bearer token.",
                                           .tag = "Demo",
                                           .auth = Auth::kDemo,
                                           .errors = {ErrorCode::kUnauthorized, ErrorCode::kNotFound},
                                           .takes_demo_token = true},
                                          [&services](Call<Nothing>& call) { return delete_me(services, call); });
    routes.add<Nothing, ConsentTextItem>(
        {.method = "GET",
         .path = "/demo/consent",
         .summary = "The text that consenting in the demo agrees to",
         .tag = "Demo",
         .auth = Auth::kDemo},
        [](Call<Nothing>&) -> Result<ConsentTextItem> { return ConsentTextItem::of(domain::consent_texts().front()); });
    routes.add<Nothing, Preflight>(
        {.method = "GET",
         .path = "/demo/preflight",
         .summary = "Whether the demo can work here",
         .tag = "Demo",
         .auth = Auth::kDemo},
        [&services](Call<Nothing>& call) -> Result<Preflight> { return preflight(services, call.caller.scope); });
}

}  // namespace facegate::api
