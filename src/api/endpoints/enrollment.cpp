#include "api/endpoints/enrollment.h"

#include "api/endpoints/sign_in.h"
#include "api/image_field.h"
#include "domain/consents/consent.h"
#include "domain/faces/face.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/match_policy.h"
#include "domain/users/user_removal.h"
#include "provider/local/enrollment_templates.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

/// What to store, and where it came from.
struct NewFaces {
    std::vector<provider::EnrolledTemplate> templates;   ///< at least one
    std::optional<domain::LivenessChallenge> challenge;  ///< of the liveness session; nothing: from photos
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

Result<NewFaces> faces_of_photos(Services& services, const std::vector<std::string>& photos) {
    std::vector<provider::PhotoFace> faces;
    for (std::size_t i = 0; i < photos.size(); ++i) {
        const Result<Bytes> image = decode_image_field(photos[i]);
        Result<provider::PhotoFace> face =
            image ? services.photos.face_to_enroll(*image) : std::unexpected(image.error());
        if (!face) {
            if (photos.size() > 1) face.error().details["photo"] = static_cast<double>(i);
            return std::unexpected(std::move(face.error()));
        }
        faces.push_back(std::move(*face));
    }
    Result<std::vector<provider::EnrolledTemplate>> templates = provider::templates_of(services.engines, faces);
    if (!templates) return std::unexpected(std::move(templates.error()));
    return NewFaces{std::move(*templates), std::nullopt};
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
        services.audit.refer(tx, call.request_id());
        if (session) services.audit.refer(tx, session->value);
        return {};
    });
    return std::unexpected(taken ? std::move(error) : taken.error());
}

/// The faces to enroll; the session is not consumed yet.
Result<NewFaces> take_faces(Services& services, const CallContext& call, const NewEnrollment& enrollment) {
    if (!enrollment.liveness_session) return faces_of_photos(services, enrollment.photos);
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
    if (!outcome.probes.contains(services.engines.current().pack_id())) {
        return refuse(services, call, id, "enroll.no_face",
                      {ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be enrolled", {}, {}});
    }
    // Frames of one clip count as one photo: how independent they are was not measured.
    return NewFaces{{{std::move(outcome.probes), outcome.confidence, 1, "front"}}, finished->challenge};
}

/// Everything in one transaction: either all rows of the new user are there, or none.
Result<EnrollAnswer> store(Services& services, sql::TenantTx& tx, const CallContext& call,
                           const NewEnrollment& enrollment, const NewFaces& faces,
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
    EnrollAnswer answer;
    answer.user_id = *user;
    const std::string& pack = services.engines.current().pack_id();
    int photos = 0;
    for (const provider::EnrolledTemplate& made : faces.templates) {
        domain::Face row;
        row.user = *user;
        row.pack_id = pack;
        row.photos = made.photos;
        row.angle = made.angle;
        row.confidence = made.confidence;
        const auto& vector = made.vectors.at(pack);
        const domain::Face stored = domain::add_face(tx, services.vault, services.random, row, vector, now);
        answer.enrollments.push_back({stored.id, stored.angle, one_decimal(stored.confidence)});
        photos += made.photos;
    }
    json::object details{{"source", faces.challenge ? "liveness" : "photos"},
                         {"photos", photos},
                         {"faces", faces.templates.size()},
                         {"replaced", replaces.has_value()}};
    if (faces.challenge) details["challenge"] = domain::name_of(*faces.challenge);
    services.audit.append(tx, {call.caller.key.value, "user.enrolled", user->value, json::serialize(details)}, now);
    return answer;
}

}  // namespace

Result<EnrollAnswer> enroll_user(Services& services, const CallContext& call, const NewEnrollment& enrollment) {
    const Scope& scope = call.caller.scope;
    if (const Result<void> ok = check_before_consuming(services, scope, enrollment); !ok)
        return std::unexpected(ok.error());
    const Result<NewFaces> faces = take_faces(services, call, enrollment);
    if (!faces) return std::unexpected(faces.error());
    const auto policy = services.database.read(scope, [](sql::TenantTx& tx) { return domain::match_policy(tx); });

    const std::unique_lock enrolling = services.gallery.enrolling(scope);
    services.gallery.catch_up(scope);
    std::optional<UserId> duplicate;
    for (const provider::EnrolledTemplate& made : faces->templates) {
        if (!duplicate) duplicate = services.matcher.find_duplicate(scope, made.vectors, policy);
    }
    if (duplicate && !enrollment.replace_own_face) {
        return refuse(services, call, enrollment.liveness_session, "enroll.duplicate",
                      {ErrorCode::kUserAlreadyEnrolled, "This person is enrolled already", {}, {}}, duplicate->value);
    }
    Result<EnrollAnswer> answer = services.database.write(
        scope, [&](sql::TenantTx& tx) { return store(services, tx, call, enrollment, *faces, duplicate); });
    if (answer) services.gallery.catch_up(scope);
    return answer;
}

}  // namespace facegate::api
