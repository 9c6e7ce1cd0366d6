#include "api/endpoints/enrollment.h"

#include "api/endpoints/sign_in.h"
#include "api/image_field.h"
#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/users/user_removal.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

/// The face to store, and where it came from.
struct NewFace {
    vision::FaceVector vector;
    double confidence = 0;
    int photos = 1;
    const char* source = "photo";
};

Result<void> check_before_consuming(Services& services, const Scope& scope, const NewEnrollment& enrollment) {
    return services.database.read(scope, [&](sql::TenantTx& tx) -> Result<void> {
        if (const auto consent = domain::check_consent(tx, enrollment.consent); !consent) {
            return std::unexpected(consent.error());
        }
        const auto& external_id = enrollment.profile.external_id;
        if (external_id && domain::find_user_by_external_id(tx, *external_id)) {
            return fail(ErrorCode::kUserAlreadyEnrolled, "This external_id is enrolled already");
        }
        if (!enrollment.liveness_session) return {};
        return domain::check_consumable(tx, *enrollment.liveness_session, services.clock.now());
    });
}

Result<NewFace> face_of_photo(Services& services, const std::string& face_image) {
    const Result<Bytes> image = decode_image_field(face_image);
    if (!image) return std::unexpected(image.error());
    Result<provider::PhotoFace> face = services.photos.face_to_enroll(*image);
    if (!face) return std::unexpected(std::move(face.error()));
    return NewFace{std::move(face->vector), static_cast<double>(face->detection_score) * 100, 1, "photo"};
}

/// Consumes the liveness session, records why nothing came of it, and gives `error`; or that it was consumed meanwhile.
std::unexpected<Error> refuse(Services& services, const CallContext& call,
                              const std::optional<LivenessSessionId>& session, const char* action, Error error,
                              const std::string& subject = {}) {
    const Result<void> taken = services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<void> {
        const TimeMs now = services.clock.now();
        if (session) {
            if (Result<void> consumed = domain::consume_liveness_session(tx, *session, now); !consumed) return consumed;
        }
        services.audit.append(
            tx, {call.caller.key.value, action, subject.empty() && session ? session->value : subject, "{}"}, now);
        return {};
    });
    return std::unexpected(taken ? std::move(error) : taken.error());
}

/// The face to enroll; the session is not consumed yet.
Result<NewFace> take_face(Services& services, const CallContext& call, const NewEnrollment& enrollment) {
    if (!enrollment.liveness_session) return face_of_photo(services, enrollment.face_image);
    const LivenessSessionId& id = *enrollment.liveness_session;
    const Scope& scope = call.caller.scope;
    Result<domain::FinishedLiveness> finished = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::read_finished_liveness(tx, services.vault, id, services.clock.now());
    });
    if (!finished) return std::unexpected(std::move(finished.error()));
    domain::LivenessOutcome& outcome = finished->outcome;
    if (!outcome.live) {
        return refuse(services, call, id, "enroll.not_live", liveness_failed(call.caller, outcome.confidence));
    }
    if (!outcome.probe || outcome.pack_id != services.engine.pack_id()) {
        return refuse(services, call, id, "enroll.no_face",
                      {ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be enrolled", {}, {}});
    }
    return NewFace{std::move(*outcome.probe), outcome.confidence, outcome.photos, "liveness"};
}

/// Everything in one transaction: either all rows of the new user are there, or none.
Result<EnrollAnswer> store(Services& services, sql::TenantTx& tx, const CallContext& call,
                           const NewEnrollment& enrollment, const NewFace& face,
                           const std::optional<UserId>& replaces) {
    const TimeMs now = services.clock.now();
    if (enrollment.liveness_session) {
        if (const auto taken = domain::consume_liveness_session(tx, *enrollment.liveness_session, now); !taken) {
            return std::unexpected(taken.error());
        }
    }
    if (replaces) {
        if (const auto removed = domain::remove_user(tx, *replaces, now); !removed)
            return std::unexpected(removed.error());
    }
    if (enrollment.gallery_limit != 0 &&
        domain::count_users(tx) >= static_cast<std::int64_t>(enrollment.gallery_limit)) {
        return fail(ErrorCode::kGalleryFull, "No more people can be enrolled here at the moment");
    }
    const Result<UserId> user =
        domain::create_user(tx, services.random, enrollment.profile, enrollment.expires_at, now);
    if (!user) return std::unexpected(user.error());
    if (const Result<void> linked = domain::link_consent(tx, enrollment.consent, *user); !linked) {
        return std::unexpected(linked.error());
    }
    services.vault.create_user_key(tx, *user);
    domain::Face row;
    row.user = *user;
    row.pack_id = services.engine.pack_id();
    row.photos = face.photos;
    row.confidence = face.confidence;
    const domain::Face stored = domain::add_face(tx, services.vault, services.random, row, face.vector, now);

    json::object details{{"source", face.source}, {"confidence", face.confidence}, {"replaced", replaces.has_value()}};
    services.audit.append(tx, {call.caller.key.value, "user.enrolled", user->value, json::serialize(details)}, now);
    EnrollAnswer answer;
    answer.user_id = *user;
    answer.enrollments.push_back({stored.id, stored.angle, one_decimal(stored.confidence)});
    return answer;
}

}  // namespace

Result<EnrollAnswer> enroll_user(Services& services, const CallContext& call, const NewEnrollment& enrollment) {
    const Scope& scope = call.caller.scope;
    if (const Result<void> ok = check_before_consuming(services, scope, enrollment); !ok)
        return std::unexpected(ok.error());
    const Result<NewFace> face = take_face(services, call, enrollment);
    if (!face) return std::unexpected(face.error());

    const std::unique_lock enrolling = services.gallery.enrolling(scope);
    services.gallery.catch_up(scope);
    const std::optional<UserId> duplicate = services.matcher.find_duplicate(scope, face->vector);
    if (duplicate && !enrollment.replace_own_face) {
        return refuse(services, call, enrollment.liveness_session, "enroll.duplicate",
                      {ErrorCode::kUserAlreadyEnrolled, "This person is enrolled already", {}, {}}, duplicate->value);
    }
    Result<EnrollAnswer> answer = services.database.write(
        scope, [&](sql::TenantTx& tx) { return store(services, tx, call, enrollment, *face, duplicate); });
    if (answer) services.gallery.catch_up(scope);
    return answer;
}

}  // namespace facegate::api
