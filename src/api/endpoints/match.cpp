#include <cmath>

#include "api/answers.h"
#include "api/image_field.h"
#include "api/services.h"

namespace facegate::api {

namespace {

struct MatchRequest {
    std::string image;

    static const Schema<MatchRequest>& schema() {
        static const Schema<MatchRequest> kSchema(
            "MatchRequest", {image_field("image", &MatchRequest::image, "The photo; its largest face is matched.")});
        return kSchema;
    }
};

struct MatchAnswer {
    bool matched = false;
    double confidence = 0;
    std::optional<UserSummary> user;

    static const Schema<MatchAnswer>& schema() {
        static const Schema<MatchAnswer> kSchema(
            "MatchAnswer",
            {field("matched", &MatchAnswer::matched, "Whether the person was recognised."),
             field("confidence", &MatchAnswer::confidence, "0-100; without a match floored to a multiple of 10.")
                 .min(0)
                 .max(100),
             field("user", &MatchAnswer::user, "Who was recognised; null without a match.").nullable()});
        return kSchema;
    }
};

double hundredths(double milliseconds) {
    return std::round(milliseconds * 100) / 100;
}

/// Milliseconds of each stage, for the log line; `networks_ms` is a part of the stages before it.
void log_times(CallContext& call, const provider::PhotoFace& face, double search_ms) {
    call.log["decode_ms"] = hundredths(face.decode_ms);
    call.log["detect_ms"] = hundredths(face.times.detect);
    call.log["landmarks_ms"] = hundredths(face.times.landmarks);
    call.log["align_ms"] = hundredths(face.times.align);
    call.log["embed_ms"] = hundredths(face.times.embed);
    call.log["networks_ms"] = hundredths(face.times.networks);
    call.log["search_ms"] = hundredths(search_ms);
}

Result<MatchAnswer> match(Services& services, Call<MatchRequest>& call) {
    Result<Bytes> image = decode_image_field(call.body.image);
    if (!image) return std::unexpected(std::move(image.error()));
    const Result<provider::PhotoFace> face = services.photos.largest_face(*image);
    if (!face) return std::unexpected(face.error());

    const auto start = std::chrono::steady_clock::now();
    const domain::MatchPolicy policy =
        services.database.read(call.caller.scope, [](sql::TenantTx& tx) { return domain::match_policy(tx); });
    const provider::MatchResult found = services.matcher.identify(call.caller.scope, face->vectors, policy);
    log_times(call, *face, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());

    const std::optional<domain::User> user =
        found.matched() ? services.database.read(call.caller.scope,
                                                 [&](sql::TenantTx& tx) { return domain::find_user(tx, *found.user); })
                        : std::nullopt;
    MatchAnswer answer;
    answer.matched = user.has_value();
    // A person deleted since the search counts as never found.
    const double confidence = found.matched() && !user ? 0 : found.confidence;
    answer.confidence = domain::displayed_confidence(confidence, answer.matched, !call.caller.publishable);
    if (user) {
        if (const Result<void> may = domain::check_may_sign_in(*user); !may) return std::unexpected(may.error());
        answer.user = UserSummary::of(*user);
    }
    return answer;
}

}  // namespace

void add_match_route(RouteTable& routes, Services& services) {
    routes.add<MatchRequest, MatchAnswer>(
        {.method = "POST",
         .path = "/v1/match",
         .summary = "Match a photo, without liveness",
         .doc = "For low-stakes lookups: a photo proves nothing about who is in front of the camera. No session, no "
                "token.",
         .tag = "Authentication",
         .auth = Auth::kSecretKey,
         .body_limit = kImageRequestLimit,
         .errors = {ErrorCode::kInvalidImageFormat, ErrorCode::kImageTooLarge, ErrorCode::kNoFaceDetected,
                    ErrorCode::kUserSuspended, ErrorCode::kUserLocked, ErrorCode::kOverloaded,
                    ErrorCode::kProviderError}},
        [&services](Call<MatchRequest>& call) { return match(services, call); });
}

}  // namespace facegate::api
